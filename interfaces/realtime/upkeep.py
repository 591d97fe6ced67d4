"""What is done for all rooms now and then: who is still there, who may stay, and the counts."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import structlog

from application.audience.ports import PresenceUnavailable
from application.chat.ports import ReactionsUnavailable
from infrastructure.cancelling import cancel
from infrastructure.faults import fault_text
from infrastructure.identity.session_watch import SessionWatch
from infrastructure.observability.sparing import Sparing
from interfaces.realtime.counts import Counts
from interfaces.realtime.hub import Hub
from interfaces.realtime.member import Member
from interfaces.realtime.reader import RoomReader
from interfaces.realtime.room import LiveRoom

SESSION_OVER = 4401
_SWEEP_SECONDS = 5.0
_COUNT_SECONDS = 2.0
_REACTION_SECONDS = 0.5
_QUIET_SECONDS = 60.0  # what cannot be done at one turn cannot be done at the next dozens either
_AT_ONCE = 1000  # members looked at in one turn of the loop
_log = structlog.get_logger("live.room")


class Patience(NamedTuple):
    """Silent for `ping_seconds`: asked for a sign of life; `pong_seconds` later: cut off."""

    ping_seconds: float
    pong_seconds: float


class Upkeep:
    def __init__(
        self,
        hub: Hub,
        reader: RoomReader,
        counts: Counts,
        sessions: SessionWatch,
        patience: Patience,
    ) -> None:
        self._hub = hub
        self._reader = reader
        self._counts = counts
        self._sessions = sessions
        self._patience = patience
        self._sparing = Sparing(_QUIET_SECONDS)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._sessions.ended = self._end_session
        patience = min(_SWEEP_SECONDS, self._patience.ping_seconds / 2)
        self._tasks = [
            asyncio.create_task(self._every(patience, self._sweep)),
            asyncio.create_task(self._every(_SWEEP_SECONDS, self._end_sessions)),
            asyncio.create_task(self._every(self._counts.refresh_seconds, self._tell)),
            asyncio.create_task(self._every(_COUNT_SECONDS, self._show)),
            asyncio.create_task(self._every(_REACTION_SECONDS, self._react)),
            asyncio.create_task(self._every(_COUNT_SECONDS, self._complete)),
        ]

    async def stop(self) -> None:
        tasks, self._tasks = self._tasks, []
        await cancel(*tasks)

    async def _every(self, seconds: float, do: Callable[[], Awaitable[None]]) -> None:
        """What cannot be done now is done at its next turn."""
        while True:
            try:
                await do()
            except Exception as error:  # noqa: BLE001 - whatever it was, rooms must go on
                self._report(do.__name__, error)
            await asyncio.sleep(seconds)

    def _report(self, work: str, error: Exception) -> None:
        if not self._sparing.may_tell(f"{work} {type(error).__name__}"):
            return
        if isinstance(error, PresenceUnavailable | ReactionsUnavailable):
            _log.warning("rooms_are_not_counted", error=type(error).__name__)
        else:
            _log.warning("room_upkeep_failed", work=work, error=fault_text(error))

    # Who is still there

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        for room in self._hub.rooms:
            for number, member in enumerate(tuple(room.members)):
                self._look_after(room, member, loop.time())
                if number % _AT_ONCE == _AT_ONCE - 1:
                    await asyncio.sleep(0)
        self._hub.drop_empty(loop.time())

    def _look_after(self, room: LiveRoom, member: Member, now: float) -> None:
        if not member.busy:
            self._look_for_life(room, member, now)
        if member.caller.expires_at <= time.time():
            self._end(room, member, "token expired")

    def _look_for_life(self, room: LiveRoom, member: Member, now: float) -> None:
        heard, pinged = member.sink.heard_at, member.pinged_at
        if pinged > heard:
            if now - pinged >= self._patience.pong_seconds:
                room.remove(member)
                member.sink.abort()
        elif now - heard >= self._patience.ping_seconds:
            member.pinged_at = now
            member.sink.ping()

    # Who may stay

    async def _end_sessions(self) -> None:
        """Sessions that are not known to go on are looked up, all of them together."""
        doubtful = [
            (room, member)
            for room in self._hub.rooms
            for member in room.members
            if (session := member.caller.session_id) and not self._sessions.knows(session)
        ]
        asked = sorted({member.caller.session_id for _, member in doubtful})
        answers = await asyncio.gather(*map(self._sessions.look, asked))
        going_on = dict(zip(asked, answers, strict=True))
        for room, member in doubtful:
            if not going_on[member.caller.session_id]:
                self._end(room, member, "session ended")

    def _end_session(self, session_id: str) -> None:
        """At once: whoever signed out, or was erased, says nothing more."""
        for room in self._hub.rooms:
            for member in tuple(room.members):
                if member.caller.session_id == session_id:
                    self._end(room, member, "session ended")

    def _end(self, room: LiveRoom, member: Member, reason: str) -> None:
        room.end(member, SESSION_OVER, reason)

    # The counts, and what is missing

    async def _tell(self) -> None:
        await self._counts.tell(self._occupied())

    async def _show(self) -> None:
        rooms = self._occupied()
        await self._counts.show_viewers(rooms)
        await self._counts.show_reactions(rooms)

    async def _react(self) -> None:
        await self._counts.add_reactions([room for room in self._hub.rooms if room.reactions])

    def _occupied(self) -> list[LiveRoom]:
        return [room for room in self._hub.rooms if room.members]

    async def _complete(self) -> None:
        for room in self._hub.rooms:
            wanted = room.rules.pinned
            if wanted is not None and room.lacks_pinned:
                message = await self._reader.pinned(wanted)
                if message is not None:
                    room.complete_pin(wanted, message)
            for level in await self._reader.stock(room.unknown_stock):
                room.know_stock(level)
