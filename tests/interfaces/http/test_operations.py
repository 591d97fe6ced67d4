import asyncio
from collections.abc import Callable
from typing import Any, cast

import httpx
import msgspec
import pytest
from sqlalchemy import delete, insert

from domain.identity.events import PersonalDataErased
from infrastructure.read_models.schema import PARKED_STREAMS
from infrastructure.settings import Settings
from interfaces.roles.probes import create_probes
from tests.support.http import BASE, Api, problem, running_api

NOBODY_THERE = "redis://127.0.0.1:9/0"


class TestOnARunningApi:
    pytestmark = pytest.mark.asyncio(loop_scope="module")

    @pytest.mark.parametrize("path", ["/health/live", f"{BASE}/health/live"])
    async def test_live_answers_as_long_as_the_process_does(self, api: Api, path: str) -> None:
        assert (await api.client.get(path)).json()["status"] == "live"

    async def test_ready_names_what_is_up(self, api: Api) -> None:
        answer = await api.client.get("/health/ready")
        assert answer.json() == {
            "status": "ready",
            "dependencies": {"database": "up", "sequencer": "up", "redis": "up", "jobs": "up"},
        }

    async def test_metrics_are_prometheus_text(self, api: Api) -> None:
        answer = await api.client.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=")
        assert "# TYPE live_http_request_seconds histogram" in answer.text

    @pytest.mark.parametrize("language", ["zh-TW", "zh-CN", "th", "ja", "en"])
    async def test_texts_are_served_with_an_etag(self, api: Api, language: str) -> None:
        path = f"{BASE}/i18n/{language}"
        answer = await api.client.get(path)
        assert answer.json()["@@locale"] == language.replace("-", "_")
        again = await api.client.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")

    async def test_home_page_leads_to_the_reference(self, api: Api) -> None:
        home = await api.client.get("/")
        assert home.headers["content-type"].startswith("text/html")
        assert 'href="/schema"' in home.text
        reference = await api.client.get("/schema")
        assert "/api/v1/streams/{stream_id}/ingest" in reference.text
        assert "<script" not in reference.text
        assert (await api.client.get("/schema/style.css")).status_code == 200

    async def test_projections_are_shown_and_rebuilt(self, api: Api) -> None:
        admin = await api.headers("Boss", "admin")
        listed = (await api.client.get(f"{BASE}/projections", headers=admin)).json()["items"]
        assert {"live_streams", "broadcasts"} <= {item["name"] for item in listed}
        assert listed[0].keys() >= {"position", "lag_events", "lag_seconds", "parked", "state"}
        path = f"{BASE}/projections/live_streams/rebuild"
        answer = await api.client.post(path, headers=admin)
        assert answer.json() == {"name": "live_streams", "requested": "rebuild"}

    @pytest.mark.parametrize(
        ("path", "code"),
        [
            ("/projections/nope/rebuild", "projection_not_found"),
            ("/projections/nope/retry", "projection_not_found"),
            ("/projections/live_streams/retry?stream=nope", "stream_not_parked"),
            ("/projections/live_streams/release", "invalid_input"),
            ("/jobs/dead/019a1c0e-7c1f-7b5e-9d3a-2f4b6c8d0e1f/requeue", "job_not_found"),
            ("/jobs/dead/nope/requeue", "invalid_input"),
        ],
    )
    async def test_operator_s_mistake_gets_a_problem(self, api: Api, path: str, code: str) -> None:
        admin = await api.headers("Boss", "admin")
        answer = await api.client.post(f"{BASE}{path}", headers=admin)
        assert problem(answer)["code"] == code

    async def test_erasure_a_projection_is_parked_at_is_not_released(self, api: Api) -> None:
        parked = {
            "projection": "accounts",
            "generation": 1,
            "stream": "account-ann",
            "version": 2,
            "position": 2,
            "type": PersonalDataErased.tag,
            "error": "ValueError in forget",
            "parked_us": 0,
            "attempts": 1,
        }
        async with api.platform.engine.begin() as connection:
            await connection.execute(insert(PARKED_STREAMS), [parked])
        admin = await api.headers("Boss", "admin")
        path = f"{BASE}/projections/accounts/release?stream=account-ann"
        answer = await api.client.post(path, headers=admin)
        async with api.platform.engine.begin() as connection:
            gone = delete(PARKED_STREAMS).where(PARKED_STREAMS.c.stream == "account-ann")
            await connection.execute(gone)
        assert (answer.status_code, problem(answer)["code"]) == (409, "erasure_not_releasable")

    async def test_dead_jobs_are_listed(self, api: Api) -> None:
        admin = await api.headers("Boss", "admin")
        answer = await api.client.get(f"{BASE}/jobs/dead?limit=10", headers=admin)
        assert answer.json() == {"items": [], "next_cursor": None}


async def test_ready_names_what_is_down(settings: Callable[..., Settings]) -> None:
    async with running_api(settings(), projecting=False) as api:
        await api.platform.redis.aclose()
        await _cut(api)
        answer = await api.client.get("/health/ready", headers={"Accept-Language": "th"})
    assert answer.status_code == 503
    found = problem(answer)
    assert found["code"] == "not_ready"
    assert [error["field"] for error in found["errors"]] == ["redis"]  # type: ignore[attr-defined]


async def test_ready_names_the_sequencer_once_it_has_died(
    settings: Callable[..., Settings],
) -> None:
    async with running_api(settings(), projecting=False) as api:
        [running] = [task for task in asyncio.all_tasks() if task.get_name() == "sequencer"]
        running.cancel()
        await asyncio.wait([running])
        answer = await api.client.get("/health/ready")
        alive = await api.client.get("/health/live")
    assert answer.status_code == 503
    assert [error["field"] for error in problem(answer)["errors"]] == ["sequencer"]  # type: ignore[attr-defined]
    assert alive.status_code == 200


async def test_probes_of_the_other_roles_name_what_is_down(
    settings: Callable[..., Settings],
) -> None:
    async with running_api(settings(), projecting=False) as api:
        await _cut(api)
        transport = httpx.ASGITransport(cast("Any", create_probes(api.platform)))
        async with httpx.AsyncClient(transport=transport, base_url="http://worker") as client:
            answer = await client.get("/health/ready")
            nothing = await client.get("/nope")
    assert answer.status_code == 503
    assert [error["field"] for error in problem(answer)["errors"]] == ["redis"]  # type: ignore[attr-defined]
    assert problem(nothing)["code"] == "not_found"


async def test_commands_go_on_while_redis_is_away_and_queries_say_503(
    settings: Callable[..., Settings],
) -> None:
    async with running_api(settings(), projecting=False) as api:
        host = await api.headers("Mei", "host")
        await _cut(api)
        await api.announced(host)
        answer = await api.client.get(f"{BASE}/streams")
    assert answer.status_code == 503
    assert problem(answer)["code"] in {"projection_behind", "unavailable"}
    assert answer.headers["retry-after"]


async def _cut(api: Api) -> None:
    """Points the platform's Redis pool at a port where nobody listens. Its connections too: the
    room's readers have theirs back at once."""
    pool: Any = api.platform.redis.connection_pool
    pool.connection_kwargs["port"] = 9
    for connection in (*pool._available_connections, *pool._in_use_connections):
        connection.port = 9
    await pool.disconnect()


async def test_development_sign_in_does_not_exist_in_production(
    settings: Callable[..., Settings],
) -> None:
    production = msgspec.structs.replace(settings(), env="production")
    async with running_api(production, projecting=False) as api:
        answer = await api.client.post(f"{BASE}/auth/dev", json={"name": "Mei", "roles": ["admin"]})
    assert problem(answer)["code"] == "not_found"
