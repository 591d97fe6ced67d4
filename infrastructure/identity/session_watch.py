"""Whether a session goes on, as a process knows it without asking for every request.

It asks when a session first shows here, and every minute after that; of ends it is told. So an
access token is of no use once its session has ended, though its own time is not over. Whoever asks
while an answer is awaited is answered by the next, together: thousands come back at once when a
process that served them dies.
"""

import asyncio
import time
from collections.abc import Callable

import structlog
from redis.asyncio import Redis
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from infrastructure.identity.sessions import SqlSessions
from infrastructure.news import News

_log = structlog.get_logger(__name__)
_SECONDS = 60.0
_MOST = 50_000


class SessionWatch:
    """`ended` is told of every end this process hears of, wherever it happened."""

    def __init__(self, sessions: SqlSessions, redis: Redis | None, *, prefix: str) -> None:
        self._sessions = sessions
        self._news = News(redis, f"{prefix}session-ended", self._ended)
        self._going_on: dict[str, float] = {}
        self._ends_heard = 0
        self.ended: Callable[[str], None] = _nobody
        self._wanted: set[str] = set()
        self._next: asyncio.Task[frozenset[str] | None] | None = None
        self._under_way: asyncio.Task[frozenset[str] | None] | None = None

    async def start(self) -> None:
        self._sessions.tell_ended = self._news.tell
        await self._news.start()

    async def stop(self) -> None:
        await self._news.stop()

    def knows(self, session_id: str) -> bool:
        """Whether the session went on when this process last looked, not long ago."""
        return self._going_on.get(session_id, 0.0) > time.monotonic()

    async def goes_on(self, session_id: str) -> bool:
        """Whether it does, asking only where that is not known here."""
        return self.knows(session_id) or await self.look(session_id)

    async def look(self, session_id: str) -> bool:
        """Whether the session goes on. While the database is away it is taken to: that lasts as
        long as the access token at most."""
        self._wanted.add(session_id)
        if self._next is None:
            self._next = asyncio.create_task(self._ask(self._under_way))
        living = await asyncio.shield(self._next)
        return living is None or session_id in living

    async def _ask(
        self, before: "asyncio.Task[frozenset[str] | None] | None"
    ) -> frozenset[str] | None:
        """Which of all that are wanted by then go on; None: the database is away."""
        if before is not None:
            await asyncio.wait([before])
        self._under_way, self._next = self._next, None
        wanted, self._wanted = self._wanted, set()
        heard = self._ends_heard
        try:
            living = await self._sessions.living(wanted)
        except (DBAPIError, PoolTimeout, OSError) as error:
            _log.warning("session_not_looked_up", cause=type(error).__name__)
            return None
        if heard == self._ends_heard:  # else it may have been the end of one of them
            self._remember(living)
        return living

    def _remember(self, living: frozenset[str]) -> None:
        if len(self._going_on) + len(living) > _MOST:
            self._going_on.clear()
        self._going_on.update(dict.fromkeys(living, time.monotonic() + _SECONDS))

    def _ended(self, session_id: str) -> None:
        self._ends_heard += 1
        self._going_on.pop(session_id, None)
        self.ended(session_id)


def _nobody(_session_id: str) -> None:
    return None
