import asyncio
from collections.abc import Callable

import pytest
from redis.asyncio import Redis

from infrastructure.settings import Settings
from infrastructure.tokens import Caller
from interfaces.http.exchange import Exchange
from interfaces.http.limits import RateLimiter, network
from interfaces.http.refusals import RateLimited
from tests.support.http import BASE, problem, running_api


def exchange(user_id: str | None = "somebody") -> Exchange:
    made = Exchange("/", {})
    if user_id:
        made.caller = Caller(
            user_id=user_id,
            name="x",
            roles=frozenset(),
            market="TW",
            language="en",
            expires_at=0,
        )
    return made


async def allowed(limiter: RateLimiter, calls: int, user_id: str = "somebody") -> int:
    count = 0
    for _ in range(calls):
        try:
            await limiter.count(exchange(user_id), ("10.0.0.1", 1))
            count += 1
        except RateLimited:
            pass
    return count


async def test_exactly_the_limit_is_let_through(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        limiter = RateLimiter(redis, prefix="t:", per_minute=20)
        assert await allowed(limiter, 40) == 20
        assert await allowed(limiter, 5, "another") == 5


async def test_processes_share_one_limit(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        limiters = [RateLimiter(redis, prefix="t:", per_minute=60) for _ in range(3)]
        counts = await asyncio.gather(*(allowed(limiter, 60) for limiter in limiters))
    assert 60 <= sum(counts) <= 62  # a call a second grows back meanwhile


async def test_busy_caller_gets_the_whole_large_limit_but_for_a_loan(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        limiter = RateLimiter(redis, prefix="t:", per_minute=3000)
        counted = await allowed(limiter, 3400)
    assert 2950 <= counted <= 3300


async def test_everybody_is_let_through_while_redis_is_away() -> None:
    async with Redis.from_url("redis://127.0.0.1:9/0", retry_on_timeout=False) as redis:
        limiter = RateLimiter(redis, prefix="t:", per_minute=1)
        async with asyncio.timeout(2):
            assert await allowed(limiter, 50) == 50


async def test_no_limit_asks_no_redis() -> None:
    async with Redis.from_url("redis://127.0.0.1:9/0") as redis:
        assert await allowed(RateLimiter(redis, prefix="t:", per_minute=0), 100) == 100


@pytest.mark.parametrize(
    ("address", "shared"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("nonsense", "unknown"),
    ],
)
def test_addresses_of_one_household_are_one(address: str, shared: str) -> None:
    assert network((address, 1)) == shared


async def test_caller_over_the_limit_gets_429_with_the_time_to_wait(
    settings: Callable[..., Settings],
) -> None:
    async with running_api(settings(LIVE_RATE_LIMIT_PER_MINUTE="3"), projecting=False) as api:
        answers = [await api.client.get(f"{BASE}/i18n/en") for _ in range(4)]
        untouched = await api.client.get("/health/live")
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["ratelimit-policy"] == '"default";q=3;w=60'
    assert answers[0].headers["ratelimit"].startswith('"default";r=2;t=')
    refused = answers[-1]
    assert problem(refused)["code"] == "rate_limited"
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert refused.headers["ratelimit"].startswith('"default";r=0;t=')
    assert untouched.status_code == 200
