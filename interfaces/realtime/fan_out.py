"""Writes to many, and says how soon the next may be written."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

import structlog

from infrastructure.observability.metrics import ROOM_BYTES, ROOM_DELIVERIES, ROOM_FANOUT_SECONDS
from interfaces.realtime.member import Member
from interfaces.realtime.packet import Packet

LONGEST_GAP = 0.25
_SHORT_GAP = 0.1  # what people take for at once
_SLICE = 200  # a turn of the loop: 1-2 ms of system calls
_REST = 3.0  # times as long as the writing took nothing is written, while that is short
_log = structlog.get_logger("live.room")


class Mail(Protocol):
    def of(self, member: Member) -> Iterable[Packet]:
        """What they get, in this order."""
        ...


class Delivery(NamedTuple):
    """What goes out in one tick: to all, but to some something else in its place."""

    to_all: Packet | None
    instead: Mapping[Member, Packet]

    def of(self, member: Member) -> tuple[Packet, ...]:
        packet = self.instead.get(member, self.to_all) if self.instead else self.to_all
        return () if packet is None else (packet,)


class FanOut:
    """One a room. `next_at` is the loop's time before which nothing is to be written.

    `on_lost` is told of a member who did not get all of it: they are too slow, or, with an error,
    something is wrong with them.
    """

    __slots__ = ("_least_gap", "_loop", "_on_done", "_on_lost", "at_work", "next_at")

    def __init__(
        self, on_lost: Callable[[Member, Exception | None], None], on_done: Callable[[], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_lost = on_lost
        self._on_done = on_done
        self._least_gap = 0.0
        self.at_work = False
        self.next_at = 0.0

    def write(self, mail: Mail, members: Sequence[Member], least_gap: float) -> None:
        """To each of them in slices that let the loop breathe; `on_done` comes after the last.
        Nothing is due for `least_gap` seconds then, or longer where this took long."""
        self.at_work = True
        self._least_gap = least_gap
        self._write(mail, members, 0, self._loop.time())

    def _write(self, mail: Mail, members: Sequence[Member], start: int, began: float) -> None:
        end = start + _SLICE
        try:
            self._write_slice(mail, members[start:end])
        finally:
            if end < len(members):
                self._loop.call_soon(self._write, mail, members, end, began)
            else:
                # What the loop put off until the end of this turn shows in the next one.
                self._loop.call_soon(self._finish, began)

    def _write_slice(self, mail: Mail, members: Sequence[Member]) -> None:
        size = count = 0
        for member in members:
            try:
                for packet in mail.of(member):
                    if not member.sink.push(packet):
                        self._on_lost(member, None)
                        break
                    size += len(packet.json)
                    count += packet.count
            except Exception as error:  # noqa: BLE001 - one connection's fault is not the others'
                _log.exception("room_member_not_written_to")
                self._on_lost(member, error)
        ROOM_DELIVERIES.inc(count)
        ROOM_BYTES.inc(size)

    def _finish(self, began: float) -> None:
        now = self._loop.time()
        took = now - began
        ROOM_FANOUT_SECONDS.observe(took)
        self.next_at = now + max(self._least_gap, _rest(took))
        self.at_work = False
        self._on_done()


def _rest(took: float) -> float:
    """A quarter of the time at most goes into writing to a room, and half of it for one so large
    that it would have to wait noticeably otherwise."""
    return min(max(took, min(_REST * took, _SHORT_GAP)), LONGEST_GAP)
