"""The rooms of this process: who is in them, and what the feed brings them.

Owns opening, healing and dropping rooms. What goes on inside one is `LiveRoom`'s, what is done
for all now and then `Upkeep`'s.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

import structlog

from infrastructure.cancelling import cancel
from infrastructure.observability.metrics import ROOM_MEMBERS, ROOMS
from infrastructure.realtime.feed import RoomFeed
from interfaces.realtime import server_messages
from interfaces.realtime.counts import Counts
from interfaces.realtime.erasures import Erasures
from interfaces.realtime.joining import let_in
from interfaces.realtime.member import Member
from interfaces.realtime.reader import RoomReader
from interfaces.realtime.room import LiveRoom, RoomLimits
from projections.chat.frames import FeedBatch, RoomFrame
from projections.showcase.frames import STOCK

RESTART = 1012
_KEPT_EMPTY_SECONDS = 30.0  # who comes back meanwhile costs the database nothing
_DRAIN_STEP_SECONDS = 0.05
_log = structlog.get_logger("live.room")


class Draining(Exception):
    """This process is about to stop; another one lets them in."""


class OpeningRoom:
    """One that is being read for the first who came. Reading that ends before `wanted` leaves
    a gap."""

    def __init__(self, stream_id: str) -> None:
        self.stream_id = stream_id
        self.wanted = 0
        self.heard: list[RoomFrame] = []

    def hear(self, frame: RoomFrame) -> None:
        self.heard.append(frame)

    def miss(self, _after: int, upto: int) -> None:
        self.wanted = upto


class Hub:
    """One a process."""

    def __init__(
        self, feed: RoomFeed, reader: RoomReader, counts: Counts, limits: RoomLimits
    ) -> None:
        self._feed = feed
        self._reader = reader
        self._counts = counts
        self.limits = limits
        self._erasures = Erasures()
        self._rooms: dict[str, LiveRoom] = {}
        self._opening: dict[str, OpeningRoom] = {}
        self._openers: dict[str, asyncio.Task[LiveRoom]] = {}
        self._healing: dict[str, asyncio.Task[None]] = {}
        self._counting: set[asyncio.Task[None]] = set()
        self._expected: Counter[str] = Counter()
        self.draining = False

    async def start(self) -> None:
        """Raises `LogUnavailable`."""
        self._feed.hear = self.hear
        await self._feed.start()

    async def stop(self) -> None:
        await self._feed.stop()
        await cancel(*self._openers.values(), *self._healing.values(), *self._counting)

    @property
    def rooms(self) -> Iterator[LiveRoom]:
        """Those that are open. The hub may be changed meanwhile."""
        yield from tuple(self._rooms.values())

    # What the feed brings

    def hear(self, batch: FeedBatch) -> None:
        if batch.incomplete:
            self._miss(batch)
        for frame in batch.frames:
            for listening in self._listening(frame):
                listening.hear(frame)
        if batch.erased:
            self._forget(batch.erased)
        for room in self._rooms.values():
            room.move()

    def _listening(self, frame: RoomFrame) -> Iterable[LiveRoom | OpeningRoom]:
        """Stock is no room's: whoever offers it picks it out."""
        if frame.kind == STOCK:
            return (*self._rooms.values(), *self._opening.values())
        room = self._rooms.get(frame.room) or self._opening.get(frame.room)
        return () if room is None else (room,)

    def _miss(self, batch: FeedBatch) -> None:
        for opening in self._opening.values():
            opening.miss(batch.after, batch.upto)
        for room in self._rooms.values():
            room.miss(batch.after, batch.upto)
            if room.stream_id not in self._healing:
                self._healing[room.stream_id] = asyncio.create_task(self._heal(room))

    async def _heal(self, room: LiveRoom) -> None:
        """Between its last look at what is wanted and its end there is no await: a gap that is
        heard of later finds it gone, and one before has been seen to."""
        try:
            await self._reader.heal(room)
        finally:
            del self._healing[room.stream_id]

    def _forget(self, persons: Collection[str]) -> None:
        self._erasures.add(persons)
        for room in self._rooms.values():
            try:
                room.forget(persons)
            except Exception:  # noqa: BLE001 - a fault in one room is not the others'
                _log.exception("room_did_not_forget", room=room.stream_id)

    # Who comes and goes

    async def join(self, stream_id: str, member: Member, after: int | None) -> LiveRoom:
        """Raises `Draining`, `RoomNotFoundError`, `BannedError`, or that the log is away."""
        if self.draining:
            raise Draining
        self._expected[stream_id] += 1
        try:
            room = await self._opened(stream_id)
            await let_in(self._reader, room, member, after)
        finally:
            self._expected[stream_id] -= 1
            self._expected += Counter()  # keeps what is above zero
        if self.draining:
            self._send_away(room, member, 0.0)
        return room

    def leave(self, room: LiveRoom, member: Member) -> None:
        """Repeating it changes nothing."""
        room.remove(member)

    async def _opened(self, stream_id: str) -> LiveRoom:
        room = self._rooms.get(stream_id)
        if room is not None:
            return room
        opener = self._openers.get(stream_id)
        if opener is None:
            opening = self._opening[stream_id] = OpeningRoom(stream_id)
            opener = self._openers[stream_id] = asyncio.create_task(self._open(opening))
            opener.add_done_callback(_look_at)
        return await asyncio.shield(opener)

    async def _open(self, opening: OpeningRoom) -> LiveRoom:
        try:
            beginning = await self._reader.open(opening)
        finally:
            del self._opening[opening.stream_id], self._openers[opening.stream_id]
        room = LiveRoom(
            opening.stream_id, beginning, self.limits, lambda: self._feed.position, self._erasures
        )
        self._rooms[opening.stream_id] = room
        for frame in opening.heard:
            room.hear(frame)
        counting = asyncio.create_task(self._counts.begin(room))
        self._counting.add(counting)
        counting.add_done_callback(self._counting.discard)
        return room

    def drop_empty(self, now: float) -> None:
        """`now` is the loop's time. Counts the others."""
        for room in self.rooms:
            in_use = room.members or self._expected[room.stream_id]
            healing = room.stream_id in self._healing
            if not in_use and not healing and now - room.empty_since > _KEPT_EMPTY_SECONDS:
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


def _look_at(opening: "asyncio.Task[LiveRoom]") -> None:
    """Whoever waited for it may have left: nobody else would look at its error."""
    if not opening.cancelled():
        opening.exception()
