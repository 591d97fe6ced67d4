"""What every answer carries, cross-origin rules, tracing."""

import pytest

from tests.support.http import BASE, ORIGIN, Api

pytestmark = pytest.mark.asyncio(loop_scope="module")

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize("path", ["/", f"{BASE}/streams", f"{BASE}/nope", "/metrics"])
async def test_every_answer_carries_a_request_id_and_security_headers(api: Api, path: str) -> None:
    answer = await api.client.get(path)
    assert len(answer.headers["request-id"]) == 36
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "server" not in answer.headers


async def test_sane_request_id_of_the_client_is_kept(api: Api) -> None:
    answer = await api.client.get(f"{BASE}/streams", headers={"Request-Id": "mine-1.2_3"})
    assert answer.headers["request-id"] == "mine-1.2_3"


async def test_preflight_is_answered_for_our_origins(api: Api) -> None:
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    answer = await api.client.options(f"{BASE}/streams", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "idempotency-key" in answer.headers["access-control-allow-headers"]


async def test_preflight_of_another_origin_is_allowed_nothing(api: Api) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = await api.client.options(f"{BASE}/streams", headers=asked)
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_problems_can_be_read_across_origins_too(api: Api) -> None:
    answer = await api.client.get(f"{BASE}/nope", headers={"Origin": ORIGIN})
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "Event-Position" in answer.headers["access-control-expose-headers"]
    assert "Origin" in answer.headers.get_list("vary", split_commas=True)


@pytest.mark.parametrize(("sent", "kept"), [(TRACE, TRACE), ("00-xyz", None), ("", None)])
async def test_traceparent_goes_into_the_log(api: Api, sent: str, kept: str | None) -> None:
    host = await api.headers("Traced", "host", traceparent=sent)
    _, position = await api.announced(host)
    recorded = (await api.platform.log.read(position - 1, limit=1))[0]
    assert recorded.trace_id == kept


async def test_command_is_recorded_with_its_actor_and_ids(api: Api) -> None:
    host = await api.headers("Recorded", "host")
    stream_id, position = await api.announced(host)
    recorded = (await api.platform.log.read(position - 1, limit=1))[0]
    shown = (await api.client.get(f"{BASE}/streams/{stream_id}?min_position={position}")).json()
    assert recorded.actor == f"user:{shown['host']['id']}"
    assert recorded.correlation_id == recorded.command_id


async def test_requests_are_timed_by_route_and_not_by_id(api: Api) -> None:
    await api.client.get(f"{BASE}/streams/019a1c0e-7c1f-7b5e-9d3a-2f4b6c8d0e1f")
    await api.client.get("/any/thing/019a1c0e")
    metrics = (await api.client.get("/metrics")).text
    wanted = f'method="GET",route="{BASE}/streams/{{stream_id}}",status="404"'
    assert wanted in metrics
    assert "019a1c0e" not in metrics
