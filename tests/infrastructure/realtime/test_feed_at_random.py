"""Whatever fails in whatever order, every feed hands on every frame once and in order."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from infrastructure.realtime.relay import Relay
from projections.chat.frames import FeedBatch
from tests.support.cut import Relay as Line
from tests.support.cut import relayed
from tests.support.eventually import eventually
from tests.support.rooms import Heard, Talk, talk

pytestmark = pytest.mark.services
TEXTS = [f"message {number}" for number in range(120)]


class Mishaps:
    """What may happen between two messages."""

    def __init__(self, there: Talk, line: Line, chance: random.Random) -> None:
        self._there = there
        self._line = line
        self._chance = chance
        self._relays: list[Relay] = []
        self._kinds: list[Callable[[], Awaitable[object]]] = [
            self._flush,
            self._trim,
            self._cut_off,
            self._one_relay_more,
            self._one_relay_less,
            self._another_log_s_batch,
        ]

    async def one(self) -> None:
        if self._chance.random() < 0.3:
            await self._chance.choice(self._kinds)()

    async def end(self) -> None:
        for relay in self._relays:
            await relay.stop()

    async def _flush(self) -> None:
        await self._there.redis.flushdb()

    async def _trim(self) -> None:
        await self._there.batches().empty()

    async def _cut_off(self) -> None:
        await self._line.cut()
        await self._line.join()

    async def _one_relay_more(self) -> None:
        self._relays.append(self._there.relay())
        await self._relays[-1].start()

    async def _one_relay_less(self) -> None:
        if self._relays:
            await self._relays.pop(self._chance.randrange(len(self._relays))).stop()

    async def _another_log_s_batch(self) -> None:
        beyond = await self._there.log.head() + 40_000
        await self._there.batches().add(FeedBatch(after=beyond, upto=beyond + 1))


@pytest.mark.parametrize("seed", range(3))
async def test_everything_is_heard_once_and_in_order(
    seed: int, mysql_url: str, redis_url: str, redis_prefix: str
) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same mishaps for the same seed
    async with (
        talk(mysql_url, redis_url, redis_prefix) as here,
        relayed(redis_url) as (line, through),
        talk(mysql_url, through, redis_prefix, create=False) as there,
        here.hearing() as near,
        there.hearing() as far,
    ):
        mishaps = Mishaps(here, line, chance)
        for text in TEXTS:
            await here.say(text)
            await mishaps.one()
            await asyncio.sleep(chance.choice((0, 0, 0.01, 0.05)))
        await heard_all(near)
        await heard_all(far)
        await mishaps.end()


async def heard_all(heard: Heard) -> None:
    await eventually(lambda: heard.has(TEXTS[-1]), timeout=20)
    assert heard.texts == TEXTS
    heard.assert_seamless()
