"""Whether a session goes on, as a process knows it without asking for every request.

It asks when a session first shows here, and every minute after that; of ends it is told. So an
access token is of no use once its session has ended, though its own time is not over.
"""

import time

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
    def __init__(self, sessions: SqlSessions, redis: Redis | None, *, prefix: str) -> None:
        self._sessions = sessions
        self._news = News(redis, f"{prefix}session-ended", self._ended)
        self._going_on: dict[str, float] = {}
        self._ends_heard = 0

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
        heard = self._ends_heard
        try:
            goes_on = await self._sessions.goes_on(session_id)
        except (DBAPIError, PoolTimeout, OSError) as error:
            _log.warning("session_not_looked_up", cause=type(error).__name__)
            return True
        if goes_on and heard == self._ends_heard:  # else it may have been its end that was heard
            if len(self._going_on) >= _MOST:
                self._going_on.clear()
            self._going_on[session_id] = time.monotonic() + _SECONDS
        return goes_on

    def _ended(self, session_id: str) -> None:
        self._ends_heard += 1
        self._going_on.pop(session_id, None)
