"""What a room is to be told at its next tick."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from infrastructure.observability.metrics import ROOM_LEFT_OUT
from interfaces.realtime.fan_out import Delivery
from interfaces.realtime.member import Member
from interfaces.realtime.packet import Packet
from interfaces.realtime.sampling import FairSample
from interfaces.realtime.server_messages import refused
from interfaces.realtime.tail import is_message, removed_id, said_by
from projections.chat.frames import RoomFrame
from projections.ordering.frames import REFUSED

_MOST_BYTES = 64 * 1024  # in one frame
_SHARE = 4  # of what may wait for a client, one frame takes at most so much
_MOST_WAITING = 16  # frames' worth: who lags behind by more than that is better off beginning anew


class _Due(NamedTuple):
    """To all, or to the person it concerns alone."""

    frame: RoomFrame
    to_all: bool


class Outbox:
    """Durable frames in order, and states of which only the newest counts."""

    __slots__ = ("_due", "_heard", "_most_bytes", "_sample", "_states")

    def __init__(self, shown_per_second: int, buffer_bytes: int) -> None:
        self._most_bytes = min(_MOST_BYTES, buffer_bytes // _SHARE)
        self._heard: list[RoomFrame] = []
        self._due: list[_Due] = []
        self._states: dict[str, bytes] = {}
        self._sample = FairSample(shown_per_second)

    def __bool__(self) -> bool:
        return bool(self._due or self._heard or self._states)

    @property
    def oldest(self) -> int | None:
        """The position of the first durable frame that waits."""
        if self._due:
            return self._due[0].frame.position
        return self._heard[0].position if self._heard else None

    @property
    def hot(self) -> bool:
        """Whether more was said lately than is shown: the next sample needs a choice."""
        return self._sample.hot

    @property
    def is_overfull(self) -> bool:
        """More is left of what is to be shown than will be told in time."""
        waiting = sum(len(bytes(one.frame.body)) for one in self._due if one.to_all)
        return waiting > _MOST_WAITING * self._most_bytes

    def add(self, frame: RoomFrame) -> None:
        if frame.kind == "message_removed":
            gone = removed_id(frame)
            self._drop(lambda one: is_message(one, gone))
        self._heard.append(frame)

    def put(self, key: str, body: bytes) -> None:
        self._states[key] = body

    def forget(self, persons: Collection[str]) -> None:
        self._drop(lambda one: said_by(one, persons))

    def clear(self) -> None:
        self._due.clear()
        self._heard.clear()

    def take(self, now: float, members_of: Mapping[str, Sequence[Member]]) -> Delivery:
        """What is due. A person's own messages and private frames go to them beside the rest, in
        order of position."""
        self._choose(now)
        due = self._next()
        shown = [one.frame for one in due if one.to_all]
        own: dict[str, list[RoomFrame]] = {}
        for frame, to_all in due:
            if not to_all and frame.user_id in members_of:
                own.setdefault(frame.user_id, []).append(frame)
        states = list(self._states.values())
        self._states.clear()
        reached = due[-1].frame.position if due else 0
        instead = {
            member: packet
            for user_id, more in own.items()
            for member in members_of[user_id]
            if (packet := _packet([*shown, *_worded(more, member)], states, reached))
        }
        return Delivery(_packet(shown, states, reached), instead)

    def _choose(self, now: float) -> None:
        """Before anything is put off: what is not shown anyway must not hold up what is."""
        heard, self._heard = self._heard, []
        chosen = self._sample.choose([frame for frame in heard if not frame.hidden], now)
        ROOM_LEFT_OUT.inc(len(chosen.left_out))
        shown = {frame.position for frame in chosen.shown}
        self._due += [_Due(frame, frame.position in shown) for frame in heard]

    def _next(self) -> list[_Due]:
        size = count = 0
        for frame, to_all in self._due:
            size += len(bytes(frame.body)) if to_all else 0
            if size > self._most_bytes and count:
                break
            count += 1
        due, self._due = self._due[:count], self._due[count:]
        return due

    def _drop(self, gone: Callable[[RoomFrame], bool]) -> None:
        self._heard = [frame for frame in self._heard if not gone(frame)]
        self._due = [one for one in self._due if not gone(one.frame)]


def _worded(frames: list[RoomFrame], member: Member) -> list[RoomFrame]:
    """Why a claim was refused is told in the language of whoever made it."""
    return [
        replace(frame, body=msgspec.Raw(refused(bytes(frame.body), member.language)))
        if frame.kind == REFUSED
        else frame
        for frame in frames
    ]


def _packet(frames: list[RoomFrame], states: list[bytes], reached: int) -> Packet | None:
    if not frames and not states:
        return None
    frames.sort(key=lambda frame: frame.position)
    return Packet([*(bytes(frame.body) for frame in frames), *states], reached)
