"""The rooms of this process: who is in them, and what the feed brings them.

Owns opening, healing and dropping rooms. What goes on inside one is `LiveRoom`'s, what is done
for all now and then `Upkeep`'s.
"""

import asyncio
import random
from collections.abc import Iterator

import structlog

from infrastructure.cancelling import cancel
from infrastructure.observability.metrics import ROOM_MEMBERS, ROOMS
from infrastructure.realtime.feed import RoomFeed
from interfaces.realtime import server_messages
from interfaces.realtime.counts import Counts
from interfaces.realtime.joining import greet, let_in
from interfaces.realtime.member import Member
from interfaces.realtime.reader import RoomReader
from interfaces.realtime.room import LiveRoom, RoomLimits
from projections.chat.frames import FeedBatch, RoomFrame

RESTART = 1012
_KEPT_EMPTY_SECONDS = 30.0  # who comes back meanwhile costs the database nothing
_DRAIN_STEP_SECONDS = 0.05
_log = structlog.get_logger("live.room")


class Draining(Exception):
    """This process is about to stop; another one lets them in."""


class Hub:
    """One a process."""

    def __init__(
        self, feed: RoomFeed, reader: RoomReader, counts: Counts, limits: RoomLimits
    ) -> None:
        self._feed = feed
        self._reader = reader
        self._counts = counts
        self.limits = limits
        self._rooms: dict[str, LiveRoom] = {}
        self._opening: dict[str, asyncio.Task[None]] = {}
        self._healing: dict[str, asyncio.Task[None]] = {}
        self.draining = False

    async def start(self) -> None:
        """Raises `LogUnavailable`."""
        self._feed.hear = self.hear
        await self._feed.start()

    async def stop(self) -> None:
        await self._feed.stop()
        await cancel(*self._opening.values(), *self._healing.values())

    @property
    def rooms(self) -> Iterator[LiveRoom]:
        """Those that are open. The hub may be changed meanwhile."""
        yield from [
            room for stream_id, room in self._rooms.items() if stream_id not in self._opening
        ]

    # What the feed brings

    def hear(self, batch: FeedBatch) -> None:
        if batch.incomplete:
            for room in self._rooms.values():
                room.miss(batch.after, batch.upto)
                self._heal(room)
        for frame in batch.frames:
            listening = self._rooms.get(frame.room)
            if listening is not None:
                _tell(listening, frame)
        if batch.erased:
            for room in self.rooms:
                room.forget(batch.erased)

    def _heal(self, room: LiveRoom) -> None:
        if room.stream_id not in self._opening and room.stream_id not in self._healing:
            task = asyncio.create_task(self._healed(room))
            self._healing[room.stream_id] = task
            task.add_done_callback(lambda _: self._healing.pop(room.stream_id, None))

    async def _healed(self, room: LiveRoom) -> None:
        if not await self._reader.heal(room):
            for member in tuple(room.members):
                greet(room, member, None)

    # Who comes and goes

    async def join(self, stream_id: str, member: Member, after: int | None) -> LiveRoom:
        """Raises `Draining`, `RoomNotFoundError`, `BannedError`, or that the log is away."""
        if self.draining:
            raise Draining
        room = await self._opened(stream_id)
        room.expected += 1
        try:
            await let_in(self._reader, room, member, after)
        finally:
            room.expected -= 1
        if self.draining:
            self._send_away(room, member, 0.0)
        return room

    def leave(self, room: LiveRoom, member: Member) -> None:
        """Repeating it changes nothing."""
        room.remove(member)

    async def _opened(self, stream_id: str) -> LiveRoom:
        if stream_id not in self._rooms:
            room = LiveRoom(stream_id, self.limits, lambda: self._feed.position)
            self._rooms[stream_id] = room
            opening = self._opening[stream_id] = asyncio.create_task(self._open(room))
            opening.add_done_callback(_look_at)
        opening_still = self._opening.get(stream_id)
        if opening_still is not None:
            await asyncio.shield(opening_still)
        return self._rooms[stream_id]

    async def _open(self, room: LiveRoom) -> None:
        try:
            await self._reader.open(room)
            await self._counts.begin(room)
        except BaseException:
            del self._rooms[room.stream_id]
            raise
        finally:
            del self._opening[room.stream_id]

    def drop_empty(self, now: float) -> None:
        """`now` is the loop's time. Counts the others."""
        for room in self.rooms:
            in_use = room.members or room.expected or room.stream_id in self._healing
            if not in_use and now - room.empty_since > _KEPT_EMPTY_SECONDS:
                del self._rooms[room.stream_id]
        ROOMS.set(len(self._rooms))
        ROOM_MEMBERS.set(sum(len(room.members) for room in self._rooms.values()))

    # The end

    async def drain(self, seconds: float) -> None:
        """Sends everybody elsewhere, at random over so many seconds, and lets nobody in."""
        self.draining = True
        leaving = [(random.random() * seconds, room, member)  # noqa: S311 - it spreads a crowd
                   for room in self.rooms for member in room.members]  # fmt: skip
        leaving.sort(key=lambda one: one[0], reverse=True)
        for wait, _, member in leaving:
            member.tell(server_messages.reconnect(wait))
        loop = asyncio.get_running_loop()
        began = loop.time()
        while leaving:
            while leaving and leaving[-1][0] <= loop.time() - began:
                _, room, member = leaving.pop()
                room.end(member, RESTART, "restarting")
            await asyncio.sleep(_DRAIN_STEP_SECONDS)

    def _send_away(self, room: LiveRoom, member: Member, wait: float) -> None:
        member.tell(server_messages.reconnect(wait))
        room.end(member, RESTART, "restarting")


def _tell(room: LiveRoom, frame: RoomFrame) -> None:
    """A fault in one room must not keep the others from hearing."""
    try:
        room.hear(frame)
    except Exception:  # noqa: BLE001 - see above
        _log.exception("room_frame_not_taken", room=room.stream_id, position=frame.position)


def _look_at(opening: "asyncio.Task[None]") -> None:
    """Whoever waited for it may have left: nobody else would look at its error."""
    if not opening.cancelled():
        opening.exception()
