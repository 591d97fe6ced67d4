"""What is taken once: sign-ins under way, one-time codes, used proofs."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from cryptography.fernet import Fernet
from redis.asyncio import Redis

from application.identity.ports import Arrival, Attempt
from infrastructure.identity.one_time import RedisOneTimeStore
from tests.support.eventually import eventually

pytestmark = pytest.mark.services
OLD, NEW = Fernet(Fernet.generate_key()), Fernet(Fernet.generate_key())
ATTEMPT = Attempt(
    provider="line",
    platform="web",
    nonce="planted-nonce",
    code_verifier="planted-verifier",
    redirect_uri="https://shop.example/planted",
    market="TW",
    language="zh-TW",
    user_id="planted-user",
)
ARRIVAL = Arrival(user_id="planted-user", provider="line", platform="web")


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    redis = Redis.from_url(redis_url)
    yield redis
    await redis.aclose()


def store(redis: Redis, *master: Fernet) -> RedisOneTimeStore:
    return RedisOneTimeStore(redis, master or (NEW,), prefix="t:")


async def test_attempt_is_taken_once(redis: Redis) -> None:
    await store(redis).keep_attempt("state", ATTEMPT, seconds=60)
    assert await store(redis).take_attempt("another") is None
    assert await store(redis).take_attempt("state") == ATTEMPT
    assert await store(redis).take_attempt("state") is None


async def test_of_several_who_take_at_once_one_gets_it(redis: Redis) -> None:
    await store(redis).keep_arrival("code", ARRIVAL, seconds=60)
    taken = await asyncio.gather(*(store(redis).take_arrival("code") for _ in range(8)))
    assert [each for each in taken if each is not None] == [ARRIVAL]


async def test_state_is_no_code(redis: Redis) -> None:
    await store(redis).keep_arrival("text", ARRIVAL, seconds=60)
    assert await store(redis).take_attempt("text") is None
    assert await store(redis).take_arrival("text") == ARRIVAL


async def test_what_is_not_taken_runs_out(redis: Redis) -> None:
    await store(redis).keep_attempt("state", ATTEMPT, seconds=1)

    async def gone() -> bool:
        return not await redis.keys("t:*")

    await eventually(gone)
    assert await store(redis).take_attempt("state") is None


async def test_first_use_is_told_once(redis: Redis) -> None:
    told = await asyncio.gather(*(store(redis).first_use("jti", seconds=60) for _ in range(8)))
    assert sorted(told) == [False] * 7 + [True]
    assert await store(redis).first_use("another", seconds=60)


async def test_what_is_given_back_can_be_used_again(redis: Redis) -> None:
    await store(redis).first_use("jti", seconds=60)
    await store(redis).give_back("jti")
    assert await store(redis).first_use("jti", seconds=60)
    assert not await store(redis).first_use("jti", seconds=60)
    assert all([await redis.ttl(key) > 0 for key in await redis.keys("t:*")])


async def test_attempt_is_taken_after_a_change_of_the_master_key(redis: Redis) -> None:
    for number in range(2):
        await store(redis, OLD).keep_attempt(f"state-{number}", ATTEMPT, seconds=60)
    assert await store(redis, NEW, OLD).take_attempt("state-0") == ATTEMPT
    assert await store(redis, NEW).take_attempt("state-1") is None


async def test_value_that_was_moved_is_not_taken(redis: Redis) -> None:
    await store(redis).keep_attempt("state", ATTEMPT, seconds=60)
    [key] = await redis.keys("t:*")
    await store(redis).keep_attempt("another", ATTEMPT, seconds=60)
    [other] = [each for each in await redis.keys("t:*") if each != key]
    await redis.rename(key, other)
    assert await store(redis).take_attempt("another") is None


async def test_nothing_stands_in_redis_in_clear(redis: Redis) -> None:
    await store(redis).keep_attempt("planted-state", ATTEMPT, seconds=60)
    await store(redis).keep_arrival("planted-code", ARRIVAL, seconds=60)
    await store(redis).first_use("planted-token", seconds=60)
    keys = await redis.keys("*")
    values = [await redis.get(key) for key in keys]
    assert len(keys) == 3
    assert "planted" not in repr([*keys, *values])
