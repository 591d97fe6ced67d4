"""Tells everybody, through Redis, which position a projection has reached."""

import asyncio

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

_log = structlog.get_logger(__name__)
_RETRY_SECONDS = 0.5


def projected_channel(prefix: str) -> str:
    """Carries JSON objects: projection name → position its readers see."""
    return f"{prefix}projected"


class Announcer:
    """One publisher a process: positions reached while it sends go together in its next message.

    A wake-up is a hint: whoever misses one looks for himself.
    """

    def __init__(self, redis: "Redis", prefix: str) -> None:
        self._redis = redis
        self._channel = projected_channel(prefix)
        self._unsent: dict[str, int] = {}
        self._some = asyncio.Event()

    def reached(self, projection: str, position: int) -> None:
        self._unsent[projection] = position
        self._some.set()

    async def run(self) -> None:
        reachable = True
        while True:
            await self._some.wait()
            self._some.clear()
            positions, self._unsent = self._unsent, {}
            try:
                await self._redis.publish(self._channel, msgspec.json.encode(positions))
                reachable = True
            except (RedisError, OSError) as error:
                if reachable:
                    _log.warning("announcing_positions_failed", error=type(error).__name__)
                reachable = False
                self._unsent = positions | self._unsent
                await asyncio.sleep(_RETRY_SECONDS)
                self._some.set()
