"""An export costs a look through the whole log: how many are made, and how many at once."""

import asyncio

import pytest

from application.ports import Overloaded
from interfaces.http.identity.personal_data import OneAtATime
from tests.support.http import BASE, Api, problem

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def guest(api: Api) -> dict[str, str]:
    body = {"market": "TW", "language": "zh-TW"}
    tokens = (await api.client.post(f"{BASE}/auth/guest", json=body)).json()
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def test_export_is_to_be_had_a_few_times_a_minute_by_each(api: Api) -> None:
    greedy, other = await guest(api), await guest(api)
    answers = await asyncio.gather(
        *(api.client.get(f"{BASE}/me/export", headers=greedy) for _ in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 429, 429]
    for answer in answers:
        if answer.status_code == 429:
            assert problem(answer)["code"] == "rate_limited"
            assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert (await api.client.get(f"{BASE}/me/export", headers=other)).status_code == 200


async def test_one_export_is_made_at_a_time() -> None:
    desk, at_work, most = OneAtATime(), 0, 0

    async def make() -> None:
        nonlocal at_work, most
        async with desk.turn():
            at_work += 1
            most = max(most, at_work)
            await asyncio.sleep(0)
            at_work -= 1

    await asyncio.gather(*(make() for _ in range(5)))
    assert most == 1


async def test_who_waits_too_long_for_their_turn_is_told_to_come_back() -> None:
    desk = OneAtATime(patience_seconds=0.01)
    async with desk.turn():
        with pytest.raises(Overloaded) as refused:
            async with desk.turn():
                pass
    assert refused.value.retry_after >= 1
    async with desk.turn():
        pass
