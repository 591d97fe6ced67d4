"""The last that a room heard: who comes in, or comes back soon, costs the database nothing."""

from collections import deque
from collections.abc import Collection, Iterable

import msgspec

from projections.chat.frames import RoomFrame

KEPT = 500


class _Identified(msgspec.Struct, gc=False):
    id: str


_id_of = msgspec.json.Decoder(_Identified).decode


class Tail:
    """Frames in ascending order, all there were beyond position `begins_after`.

    What was removed, or said by somebody erased, is not among them.
    """

    __slots__ = ("_frames", "begins_after")

    def __init__(self, frames: Iterable[RoomFrame], upto: int) -> None:
        """`upto`: where a feed stands that hears what comes after them."""
        self._frames = deque(frames)
        self.begins_after = self._frames[0].position - 1 if self._frames else upto
        self._cut()

    def append(self, frame: RoomFrame) -> None:
        if frame.kind == "message_removed":
            self._drop(_id_of(frame.body).id, frame.user_id)
        self._frames.append(frame)
        self._cut()

    def beyond(self, after: int, upto: int) -> list[RoomFrame]:
        return [frame for frame in self._frames if after < frame.position <= upto]

    def newest(self, count: int, upto: int) -> list[RoomFrame]:
        """Of those that everybody is shown."""
        shown = [frame for frame in self._frames if not frame.hidden and frame.position <= upto]
        return shown[-count:]

    def message(self, message_id: str) -> bytes | None:
        for frame in reversed(self._frames):
            if is_message(frame, message_id):
                return bytes(frame.body)
        return None

    def forget(self, persons: Collection[str]) -> list[str]:
        """Ids of the messages that are gone with them."""
        gone = [one for one in self._frames if said_by(one, persons)]
        self._frames = deque(one for one in self._frames if not said_by(one, persons))
        return [_id_of(frame.body).id for frame in gone]

    def _drop(self, message_id: str, author: str) -> None:
        for frame in self._frames:
            if frame.user_id == author and is_message(frame, message_id):
                self._frames.remove(frame)
                return

    def _cut(self) -> None:
        while len(self._frames) > KEPT:
            self.begins_after = self._frames.popleft().position


def is_message(frame: RoomFrame, message_id: str) -> bool:
    """A reply holds the id of what it answers as well: it is read, where it is found at all."""
    return (
        frame.kind == "message"
        and message_id.encode() in bytes(frame.body)
        and _id_of(frame.body).id == message_id
    )


def said_by(frame: RoomFrame, persons: Collection[str]) -> bool:
    return frame.kind == "message" and frame.user_id in persons


def removed_id(frame: RoomFrame) -> str:
    return _id_of(frame.body).id
