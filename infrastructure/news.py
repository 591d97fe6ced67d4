"""Short messages to every process of an installation, through Redis.

A hint: it may be lost with the connection, and who misses it must come to know otherwise.
"""

import asyncio
import contextlib
from collections.abc import Callable

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from infrastructure.cancelling import cancel

_log = structlog.get_logger(__name__)
_RETRY_SECONDS = 0.5


class News:
    """What is told on a channel is heard in every process, this one first. Without Redis this one
    alone hears it."""

    def __init__(self, redis: Redis | None, channel: str, hear: Callable[[str], None]) -> None:
        self._redis = redis
        self._channel = channel
        self._hear = hear
        self._listening: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        if self._redis is not None:
            self._listening = [asyncio.create_task(self._listen(self._redis))]

    async def stop(self) -> None:
        listening, self._listening = self._listening, []
        await cancel(*listening)

    async def tell(self, text: str) -> None:
        self._hear(text)
        if self._redis is not None:
            with contextlib.suppress(RedisError, OSError):
                await self._redis.publish(self._channel, text)

    async def _listen(self, redis: Redis) -> None:
        while True:
            try:
                async with redis.pubsub(ignore_subscribe_messages=True) as pubsub:
                    await pubsub.subscribe(self._channel)
                    async for message in pubsub.listen():
                        self._hear(message["data"].decode())
            except (RedisError, OSError):
                _log.warning("news_lost", channel=self._channel, retry_seconds=_RETRY_SECONDS)
            await asyncio.sleep(_RETRY_SECONDS)
