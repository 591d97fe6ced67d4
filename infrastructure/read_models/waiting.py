"""Waits for projections to reach positions, woken by what the projector announces.

One subscription a process serves all who wait. While it is down, those who wait look at the
store now and then instead.
"""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from infrastructure.cancelling import cancel
from infrastructure.read_models.announcer import projected_channel

_RETRY_SECONDS = 0.2
_FIRST_LOOK_SECONDS = 0.1
_LOOK_SECONDS = 0.25

_log = structlog.get_logger(__name__)
_decode = msgspec.json.Decoder(dict[str, int]).decode
_Waiting = dict[asyncio.Future[None], int]

Look = Callable[[], Awaitable[int]]


class Wanted(msgspec.Struct, frozen=True):
    """A position to wait for, and how to ask the store where the projection stands."""

    name: str
    position: int
    look: Look


class PositionFeed:
    """The positions projections have reached, as far as heard."""

    def __init__(self, redis: "Redis", prefix: str) -> None:
        self._redis = redis
        self._channel = projected_channel(prefix)
        self._positions: dict[str, int] = {}
        self.waiting: dict[str, _Waiting] = {}
        self._task: asyncio.Task[None] | None = None
        self.is_connected = False

    def start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._supervise())

    async def stop(self) -> None:
        if self._task is not None:
            await cancel(self._task)
            self._task = None

    async def reach(self, wanted: Wanted, timeout: float) -> bool:
        """Whether the projection reached the position within `timeout` seconds.

        The store is asked when nothing was heard of the projection yet, when the
        announcement does not come soon, in case that was lost, and at the end; while no
        announcements can come it is asked now and then.
        """
        heard = self._positions.get(wanted.name)
        if heard is not None and heard >= wanted.position:
            return True
        woken = asyncio.get_running_loop().create_future()
        self.waiting.setdefault(wanted.name, {})[woken] = wanted.position
        try:
            return await self._wait(woken, wanted, timeout)
        finally:
            del self.waiting[wanted.name][woken]

    async def _wait(self, woken: "asyncio.Future[None]", wanted: Wanted, timeout: float) -> bool:
        deadline = asyncio.get_running_loop().time() + timeout
        pause = _FIRST_LOOK_SECONDS if wanted.name in self._positions else 0.0
        while not await _done_within(woken, pause):
            reached = await wanted.look()
            if reached > self._positions.get(wanted.name, -1):
                self._hear(wanted.name, reached)
            if reached >= wanted.position:
                return True
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                return False
            pause = left if self.is_connected else min(left, _LOOK_SECONDS)
        return True

    def _hear(self, name: str, position: int) -> None:
        self._positions[name] = position
        for woken, wanted in self.waiting.get(name, {}).items():
            if wanted <= position and not woken.done():
                woken.set_result(None)

    async def _supervise(self) -> None:
        reported = False
        while True:
            try:
                await self._listen()
            except (RedisError, OSError) as error:
                if not reported:
                    _log.warning("projected_feed_lost", error=type(error).__name__)
                reported = True
            else:
                reported = False
            finally:
                self.is_connected = False
                self._positions.clear()
            await asyncio.sleep(_RETRY_SECONDS)

    async def _listen(self) -> None:
        async with self._redis.pubsub() as pubsub:
            await pubsub.subscribe(self._channel)
            while True:
                message = await pubsub.get_message(timeout=1.0)
                if message is None:
                    continue
                self.is_connected = True
                if message["type"] == "message":
                    for name, position in _decode(message["data"]).items():
                        self._hear(name, position)


async def _done_within(woken: "asyncio.Future[None]", seconds: float) -> bool:
    if seconds > 0:
        await asyncio.wait((woken,), timeout=seconds)
    return woken.done()
