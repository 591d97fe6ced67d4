"""Wakes whoever waits for the log to grow: at once in this process, through Redis in others.

A wake-up is a hint. Who is woken reads the log; who misses one reads it when the wait times out.
"""

import asyncio
import contextlib

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from infrastructure.cancelling import cancel

_log = structlog.get_logger(__name__)
_RETRY_SECONDS = 0.5
_LEAST_PAUSE_SECONDS = 0.02


class LogSignal:
    """Passes on the log's last position. Without Redis it serves this process alone."""

    def __init__(self, redis: "Redis | None" = None, *, prefix: str = "live:") -> None:
        self._redis = redis
        self._channel = f"{prefix}log"
        self._position = 0
        self._waiting: set[asyncio.Future[None]] = set()
        self._unsent = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def position(self) -> int:
        """The last position heard of; the log may be further."""
        return self._position

    async def start(self) -> None:
        if self._redis is not None and not self._tasks:
            self._tasks = [
                asyncio.create_task(self._publish(self._redis)),
                asyncio.create_task(self._listen(self._redis)),
            ]

    async def stop(self) -> None:
        tasks, self._tasks = self._tasks, []
        await cancel(*tasks)

    def notify(self, position: int) -> None:
        """Call after a commit, from this loop."""
        self._hear(position)
        self._unsent.set()

    async def wait_beyond(self, position: int, timeout: float) -> bool:
        """Whether the log is known to have grown beyond `position` within `timeout` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while self._position <= position:
                    await self._next()
        return self._position > position

    async def _next(self) -> None:
        heard = asyncio.get_running_loop().create_future()
        self._waiting.add(heard)
        try:
            await heard
        finally:
            self._waiting.discard(heard)

    def _hear(self, position: int) -> None:
        if position <= self._position:
            return
        self._position = position
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)

    async def _publish(self, redis: "Redis") -> None:
        """One publisher: commits that come while it sends, or shortly after, are covered by its
        next message. Every process wakes up for each."""
        while True:
            await self._unsent.wait()
            self._unsent.clear()
            try:
                await redis.publish(self._channel, str(self._position))
                await asyncio.sleep(_LEAST_PAUSE_SECONDS)
            except (RedisError, OSError):
                await asyncio.sleep(_RETRY_SECONDS)
                self._unsent.set()

    async def _listen(self, redis: "Redis") -> None:
        while True:
            try:
                async with redis.pubsub(ignore_subscribe_messages=True) as pubsub:
                    await pubsub.subscribe(self._channel)
                    async for message in pubsub.listen():
                        self._hear(int(message["data"]))
            except (RedisError, OSError):
                _log.warning("log_signal_lost", retry_seconds=_RETRY_SECONDS)
            await asyncio.sleep(_RETRY_SECONDS)
