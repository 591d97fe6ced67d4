"""The pace and the block of calls, of one process and of several together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from application.ports import ProviderThrottled
from infrastructure.cloudflare.gate import Allowance, CallGate
from tests.support.scripted_http import gathered


@given(st.integers(min_value=2, max_value=5000))
def test_allowance_holds_in_any_window(calls: int) -> None:
    allowance = Allowance(calls, window_seconds=300)
    evenly = 300 / allowance.interval_seconds
    assert allowance.burst + evenly <= calls * (1 + 1e-9)


async def test_enter_refuses_when_the_turn_is_too_far_away() -> None:
    gate = CallGate(Allowance(8, window_seconds=60), longest_wait=0)
    answers = await gathered(*(gate.enter() for _ in range(5)))
    assert [each is None for each in answers] == [True, True, False, False, False]
    assert isinstance(answers[2], ProviderThrottled)
    assert answers[2].retry_after == pytest.approx(10, abs=1)


async def test_enter_waits_when_the_turn_is_near() -> None:
    gate = CallGate(Allowance(8, window_seconds=0.6), longest_wait=5)
    assert await gathered(*(gate.enter() for _ in range(4))) == [None] * 4


async def test_hold_refuses_at_once_for_as_long_as_it_lasts() -> None:
    gate = CallGate(Allowance(1000))
    await gate.hold(300)
    await gate.hold(1)
    with pytest.raises(ProviderThrottled) as refusal:
        await gate.enter()
    assert refusal.value.retry_after == pytest.approx(300, abs=1)


async def test_hold_of_one_process_holds_the_others_when_they_share_redis(
    redis_url: str, redis_prefix: str
) -> None:
    async with Redis.from_url(redis_url) as redis:
        here, there = (CallGate(Allowance(1000), redis=redis, prefix=redis_prefix) for _ in "ab")
        await here.hold(300)
        await here.hold(1)
        with pytest.raises(ProviderThrottled) as refusal:
            await there.enter()
    assert refusal.value.retry_after == pytest.approx(300, abs=1)


async def test_budget_is_one_for_all_when_they_share_redis(
    redis_url: str, redis_prefix: str
) -> None:
    async with Redis.from_url(redis_url) as redis:
        gates = [
            CallGate(
                Allowance(8, window_seconds=60), redis=redis, prefix=redis_prefix, longest_wait=0
            )
            for _ in range(4)
        ]
        answers = await gathered(*(gate.enter() for gate in gates))
    assert answers.count(None) == 2
    assert all(isinstance(each, ProviderThrottled) for each in answers if each is not None)


async def test_calls_go_on_at_the_own_pace_when_redis_is_away() -> None:
    async with Redis.from_url("redis://127.0.0.1:1") as redis:
        gate = CallGate(Allowance(8, window_seconds=60), redis=redis, longest_wait=0)
        answers = await gathered(*(gate.enter() for _ in range(3)))
    assert [each is None for each in answers] == [True, True, False]
