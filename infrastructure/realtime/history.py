"""What has been said in a room, from the log: for who comes in, and for who comes back.

Reads a room's stream from its end by the index of (stream, version), so that a room of a million
messages answers as fast as any.
"""

from collections.abc import Sequence

from application.ports import Loaded
from domain.chat.deciding import ROOM
from domain.chat.events import ChatMessageRemoved, ChatMessageSent
from domain.chat.room import Room
from domain.shared import ERASED_TEXT, Recorded
from infrastructure.event_store.log import SqlEventLog
from projections.chat.frames import PRIVATE_TYPES, SHOWN_TYPES, RoomFrame, frames_of


class RoomHistory:
    """Frames come in ascending order, with the position that they are complete to: whoever goes on
    with the feed drops what is not beyond it.

    A message that was removed by then is not among them; its `message_removed` is. Nor is what
    somebody erased had said. What shows a room's state alone (`stream`, `pinned`,
    `reactions_counted`, `opened`) is not history.
    Methods raise `LogUnavailable`.
    """

    def __init__(self, log: SqlEventLog) -> None:
        self._log = log

    async def tail(
        self, stream_id: str, limit: int, *, private: bool = False
    ) -> tuple[list[RoomFrame], int]:
        """The newest frames that everybody is shown, out of `limit` facts; `private`: with the
        hidden ones that concern single persons."""
        types = SHOWN_TYPES | PRIVATE_TYPES if private else SHOWN_TYPES
        head = await self._log.head()
        newest = await self._log.read_stream_back(ROOM.stream(stream_id), types, limit)
        return _frames(newest), _reached(head, newest)

    async def since(
        self, stream_id: str, after: int, limit: int
    ) -> tuple[list[RoomFrame], int] | None:
        """What came after that position, with the hidden frames that concern single persons.

        None: more than `limit` of them, or the log has never been at `after`.
        """
        head = await self._log.head()
        if after > head:
            return None
        types = SHOWN_TYPES | PRIVATE_TYPES
        newest = await self._log.read_stream_back(ROOM.stream(stream_id), types, limit + 1)
        missed = [recorded for recorded in newest if recorded.position > after]
        if len(missed) > limit:
            return None
        return _frames(missed), _reached(head, newest)

    async def room(self, stream_id: str) -> Loaded[Room]:
        """Its rules as of now; version 0: nobody has opened it."""
        return await self._log.load(ROOM, ROOM.stream(stream_id))


def _reached(head: int, newest: Sequence[Recorded]) -> int:
    """The head was read first: facts may have come since, and one read saw all up to the last."""
    return max(head, newest[0].position) if newest else head


def _frames(newest: Sequence[Recorded]) -> list[RoomFrame]:
    removed = {
        recorded.event.message_id
        for recorded in newest
        if isinstance(recorded.event, ChatMessageRemoved)
    }
    return [
        frame
        for recorded in reversed(newest)
        if not _is_gone(recorded, removed)
        for frame in frames_of(recorded)
    ]


def _is_gone(recorded: Recorded, removed: set[str]) -> bool:
    event = recorded.event
    if not isinstance(event, ChatMessageSent):
        return False
    return event.message_id in removed or is_erased(recorded)


def is_erased(recorded: Recorded) -> bool:
    """A message of which nothing can be read any more."""
    event = recorded.event
    return isinstance(event, ChatMessageSent) and event.name == event.text == ERASED_TEXT
