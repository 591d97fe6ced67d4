"""Has every process drop the key of a person as soon as it is destroyed."""

import asyncio
import contextlib
from functools import partial

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from infrastructure.cancelling import cancel
from infrastructure.event_store.keyring import Keyring

_log = structlog.get_logger(__name__)
_RETRY_SECONDS = 0.5


class ErasureNews:
    """Told through Redis. A process that misses it drops the key when it reads of the erasure in
    the log, or at the latest when the keyring's `ttl` is over. Without Redis nothing is told."""

    def __init__(self, redis: "Redis | None", keyring: Keyring, *, prefix: str = "live:") -> None:
        self._redis = redis
        self._keyring = keyring
        self._channel = f"{prefix}erased"
        self._listening: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        if self._redis is not None:
            self._keyring.tell = partial(self._tell, self._redis)
            self._listening = [asyncio.create_task(self._listen(self._redis))]

    async def stop(self) -> None:
        listening, self._listening = self._listening, []
        await cancel(*listening)

    async def _tell(self, redis: "Redis", person: str) -> None:
        with contextlib.suppress(RedisError, OSError):
            await redis.publish(self._channel, person)

    async def _listen(self, redis: "Redis") -> None:
        while True:
            try:
                async with redis.pubsub(ignore_subscribe_messages=True) as pubsub:
                    await pubsub.subscribe(self._channel)
                    async for message in pubsub.listen():
                        self._keyring.drop(message["data"].decode())
            except (RedisError, OSError):
                _log.warning("erasure_news_lost", retry_seconds=_RETRY_SECONDS)
            await asyncio.sleep(_RETRY_SECONDS)
