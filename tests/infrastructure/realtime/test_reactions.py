import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from application.chat.ports import ReactionsUnavailable
from infrastructure.realtime.reactions import RedisReactionTotals


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as opened:
        yield opened


async def test_reactions_of_all_processes_add_up(redis: Redis) -> None:
    several = [RedisReactionTotals(redis, prefix="t:") for _ in range(4)]
    await asyncio.gather(*(each.add("s1", {"like": 5, "fire": 1}, {}) for each in several))
    assert await several[0].totals("s1") == {"like": 20, "fire": 4}
    assert await several[0].totals("s2") == {}


async def test_answer_has_every_kind(redis: Redis) -> None:
    totals = RedisReactionTotals(redis, prefix="t:")
    await totals.add("s1", {"heart": 2}, {})
    assert await totals.add("s1", {"like": 1}, {}) == {"heart": 2, "like": 1}


async def test_totals_begin_with_what_is_recorded(redis: Redis) -> None:
    totals = RedisReactionTotals(redis, prefix="t:")
    assert await totals.add("s1", {"like": 1}, {"like": 40, "wow": 7}) == {"like": 41, "wow": 7}
    assert await totals.add("s1", {"like": 1}, {"like": 40, "wow": 7}) == {"like": 42, "wow": 7}


async def test_totals_go_on_above_what_is_recorded_after_a_flush(redis: Redis) -> None:
    totals = RedisReactionTotals(redis, prefix="t:")
    await totals.add("s1", {"like": 100}, {})
    await redis.flushdb()
    assert await totals.add("s1", {"like": 1}, {"like": 90}) == {"like": 91}


async def test_totals_are_not_kept_for_ever(redis: Redis) -> None:
    await RedisReactionTotals(redis, prefix="t:").add("s1", {"like": 1}, {})
    assert [0 < await redis.ttl(key) <= 86_400 for key in await redis.keys()] == [True]


async def test_redis_away_is_told_as_such() -> None:
    async with Redis.from_url("redis://127.0.0.1:9/0", retry_on_timeout=False) as redis:
        with pytest.raises(ReactionsUnavailable):
            await RedisReactionTotals(redis, prefix="t:").totals("s1")
