import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis
from redis.crc import key_slot

from application.audience.ports import PresenceUnavailable
from application.chat.ports import ReactionsUnavailable
from infrastructure.read_models.redis_store import bytes_of
from infrastructure.realtime.presence import RedisPresence
from infrastructure.realtime.reactions import RedisReactionTotals
from tests.support.eventually import eventually
from tests.support.silence import silent_server


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as opened:
        yield opened


@pytest.fixture
def presence(redis: Redis) -> RedisPresence:
    return RedisPresence(redis, prefix="t:")


@asynccontextmanager
async def somebody_elsewhere(url: str, *users: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Another process with these users in room s1."""
    arguments = ("-m", "tests.support.be_present", url, "t:", "s1", *users)
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    await process.stdout.readline()
    yield process
    if process.returncode is None:
        process.kill()
    await process.communicate()


async def test_everybody_counts_once_wherever_they_are_seen(
    presence: RedisPresence, redis: Redis
) -> None:
    another = RedisPresence(redis, prefix="t:")
    await presence.seen({"s1": {"ann", "bob"}, "s2": {"ann"}})
    await another.seen({"s1": {"bob", "cem"}})
    assert await presence.counts(["s1", "s2", "s3"]) == {"s1": 3, "s2": 1, "s3": 0}
    assert await another.occupied() == {"s1": 3, "s2": 1}


async def test_nobody_seen_is_nobody_present(presence: RedisPresence) -> None:
    await presence.seen({})
    await presence.seen({"s1": set()})
    assert await presence.occupied() == {}
    assert await presence.counts([]) == {}


async def test_a_script_s_keys_are_of_one_cluster_slot(
    presence: RedisPresence, redis: Redis
) -> None:
    await presence.seen({f"s{n}": {"ann"} for n in range(5)})
    assert len({key_slot(bytes_of(key)) for key in await redis.keys()}) == 1


async def test_large_rooms_and_many_rooms_are_counted_whole(presence: RedisPresence) -> None:
    rooms = {f"small {n}": [f"u{n}"] for n in range(1200)}
    await presence.seen({"large": [f"u{n}" for n in range(5001)], **rooms})
    assert await presence.occupied() == {"large": 5001, **dict.fromkeys(rooms, 1)}


async def test_counts_are_right_soon_after_a_process_is_killed(
    presence: RedisPresence, redis: Redis, redis_url: str
) -> None:
    async with somebody_elsewhere(redis_url, "bob", "cem") as process:
        await presence.seen({"s1": ["ann", "bob"]})
        assert await presence.counts(["s1"]) == {"s1": 3}
        process.kill()

        async def only_ours_are_left() -> bool:
            await presence.seen({"s1": ["ann", "bob"]})
            return await presence.counts(["s1"]) == {"s1": 2}

        await eventually(only_ours_are_left, timeout=8)
    assert await redis.zcard("t:{present}:s1") == 2


async def test_room_that_emptied_is_not_occupied_and_leaves_nothing_behind(
    presence: RedisPresence, redis: Redis
) -> None:
    await presence.seen({"s1": ["ann"]})
    assert all([0 < await redis.ttl(key) <= 60 for key in await redis.keys()])
    await eventually(lambda: _is_empty(presence), timeout=8)
    await presence.seen({"s2": ["ann"]})
    assert await redis.zrange("t:{present}", 0, -1) == [b"s2"]


async def _is_empty(presence: RedisPresence) -> bool:
    return await presence.occupied() == {}


async def test_flushed_it_is_right_again_once_everybody_was_told_anew(
    presence: RedisPresence, redis: Redis, redis_url: str
) -> None:
    async with somebody_elsewhere(redis_url, "bob", "cem"):
        await presence.seen({"s1": ["ann"]})
        await redis.flushdb()
        await presence.seen({"s1": ["ann"]})

        async def all_are_back() -> bool:
            return await presence.counts(["s1"]) == {"s1": 3}

        await eventually(all_are_back, timeout=4)


async def test_redis_away_is_told_as_such() -> None:
    async with Redis.from_url("redis://127.0.0.1:9/0", retry_on_timeout=False) as redis:
        presence = RedisPresence(redis, prefix="t:")
        for asked in (presence.seen({"s1": ["ann"]}), presence.counts(["s1"])):
            with pytest.raises(PresenceUnavailable):
                await asked
        with pytest.raises(PresenceUnavailable):
            await presence.occupied()


async def test_a_silent_redis_is_not_waited_for_long() -> None:
    """Somebody comes in, or looks at a room, meanwhile."""
    async with silent_server() as port, Redis.from_url(f"redis://127.0.0.1:{port}") as silent:
        presence, reactions = (
            RedisPresence(silent, prefix="t:"),
            RedisReactionTotals(silent, prefix="t:"),
        )
        began = time.monotonic()
        for _ in range(20):
            with pytest.raises(PresenceUnavailable):
                await presence.counts(["s1"])
            with pytest.raises(ReactionsUnavailable):
                await reactions.totals("s1")
        assert time.monotonic() - began < 1.0
