"""The database goes away and comes back while the API serves."""

from pathlib import Path

import pytest

from tests.support.cut import relayed
from tests.support.eventually import eventually
from tests.support.http import BASE, Api, api_settings, problem, running_api

SHOW = {"title": "Test Stream", "description": "Testing"}


@pytest.mark.parametrize("server", ["mysql", "mariadb"])
async def test_commands_say_503_while_the_database_is_away_and_go_on_after(
    request: pytest.FixtureRequest, tmp_path: Path, redis_url: str, redis_prefix: str, server: str
) -> None:
    async with relayed(request.getfixturevalue(f"{server}_url")) as (relay, url):
        settings = api_settings(
            tmp_path, database_url=url, redis_url=redis_url, prefix=redis_prefix
        )
        async with running_api(settings, projecting=False) as api:
            host = await api.headers("Mei", "host", **{"Idempotency-Key": "through the outage"})
            _, before = await api.announced(await api.headers("Mei", "host"))
            await relay.cut()
            refused = await api.client.post(f"{BASE}/streams", json=SHOW, headers=host, timeout=30)
            assert refused.status_code == 503
            assert problem(refused)["code"] in {"log_unavailable", "unavailable"}
            assert int(refused.headers["retry-after"]) >= 1
            await assert_ready(api, 503)
            await relay.join()
            await eventually_accepted(api, host)
            await assert_ready(api, 200)
            assert await api.platform.log.head() == before + 1


async def assert_ready(api: Api, status: int) -> None:
    answer = await api.client.get("/health/ready", timeout=30)
    assert answer.status_code == status, answer.text


async def eventually_accepted(api: Api, headers: dict[str, str]) -> None:
    async def accepted() -> bool:
        answer = await api.client.post(f"{BASE}/streams", json=SHOW, headers=headers, timeout=30)
        return answer.status_code == 201

    await eventually(accepted, timeout=20)


@pytest.mark.parametrize("server", ["mysql", "mariadb"])
async def test_query_sees_what_was_just_written(
    request: pytest.FixtureRequest, tmp_path: Path, redis_url: str, redis_prefix: str, server: str
) -> None:
    url = request.getfixturevalue(f"{server}_url")
    settings = api_settings(tmp_path, database_url=url, redis_url=redis_url, prefix=redis_prefix)
    async with running_api(settings) as api:
        host = await api.headers("Mei", "host")
        for number in range(50):
            stream_id, position = await api.announced(host, title=f"Show {number}")
            path = f"{BASE}/streams/{stream_id}?min_position={position}"
            shown = await api.client.get(path, headers=host)
            assert shown.status_code == 200, shown.text
            assert shown.json()["problem"] is None
