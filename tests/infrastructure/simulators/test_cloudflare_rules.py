"""What the simulated API insists on, and how it misbehaves when ordered to."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from infrastructure.simulators.cloudflare.courier import tls
from infrastructure.simulators.serving import Simulators
from tests.support.simulators import api_client, control_client, running_simulators

AUTOMATIC = {"recording": {"mode": "automatic"}}


async def made(api: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await api.post("/live_inputs", json=AUTOMATIC | body)
    result: dict[str, Any] = answer.json()["result"]
    return result


@pytest.mark.parametrize("header", [{}, {"authorization": "Bearer wrong"}, {"authorization": "x"}])
async def test_call_is_refused_when_the_token_is_not_right(
    simulators: Simulators, header: dict[str, str]
) -> None:
    url = f"{simulators.url}/client/v4/accounts/{simulators.config.account_id}/stream"
    async with httpx.AsyncClient(trust_env=False, verify=tls()) as client:
        answer = await client.get(url, headers=header)

    assert answer.status_code == 401
    assert answer.json() == {
        "result": None,
        "success": False,
        "errors": [{"code": 10000, "message": "Authentication error"}],
        "messages": [],
    }


async def test_call_is_refused_when_the_account_is_another(
    simulators: Simulators, api: httpx.AsyncClient
) -> None:
    answer = await api.get(f"{simulators.url}/client/v4/accounts/{'0' * 32}/stream")

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"deleteRecordingAfterDays": 29}, "/deleteRecordingAfterDays"),
        ({"deleteRecordingAfterDays": 1097}, "/deleteRecordingAfterDays"),
        ({"recording": {"mode": "sometimes"}}, "/recording/mode"),
        ({"recording": {"timeoutSeconds": -1}}, "/recording/timeoutSeconds"),
        ({"enabled": "yes"}, "/enabled"),
        ({"preferLowLatency": True}, "/preferLowLatency"),
    ],
)
async def test_live_input_is_refused_when_a_field_is_wrong(
    api: httpx.AsyncClient, body: dict[str, Any], pointer: str
) -> None:
    answer = await api.post("/live_inputs", json=body)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["source"] == {"pointer": pointer}
    assert (await api.get("/live_inputs")).json()["result"]["total"] == 0


async def test_refused_update_changes_nothing(api: httpx.AsyncClient) -> None:
    record = await made(api, preferLowLatency=True)

    answer = await api.put(
        f"/live_inputs/{record['uid']}", json={"meta": {"name": "no"}, "recording": {"mode": "off"}}
    )

    assert answer.status_code == 400
    after = (await api.get(f"/live_inputs/{record['uid']}")).json()["result"]
    assert after == record


async def test_unreadable_body_is_refused(api: httpx.AsyncClient) -> None:
    answer = await api.post("/live_inputs", content=b"{")

    assert answer.status_code == 400
    assert answer.json()["success"] is False


async def test_unknown_address_is_refused_in_the_envelope(api: httpx.AsyncClient) -> None:
    answer = await api.post("/live_inputs/x/y/z")

    assert answer.status_code == 404
    assert answer.json()["success"] is False


async def test_create_is_done_once_for_an_idempotency_key(api: httpx.AsyncClient) -> None:
    headers = {"idempotency-key": "stream-1"}

    first = await api.post("/live_inputs", json=AUTOMATIC, headers=headers)
    again = await api.post("/live_inputs", json=AUTOMATIC, headers=headers)
    other = await api.post("/live_inputs", json={}, headers=headers)

    assert first.json() == again.json()
    assert other.status_code == 422
    assert (await api.get("/live_inputs")).json()["result"]["total"] == 1


async def test_rotation_gives_new_secrets_to_the_same_input(api: httpx.AsyncClient) -> None:
    before = await made(api)

    after = (await api.post(f"/live_inputs/{before['uid']}/rotate_keys")).json()["result"]

    assert after["uid"] == before["uid"]
    assert after["keysRotatedAt"] == after["modified"]
    assert "keysRotatedAt" not in before
    for place, name in [("rtmps", "streamKey"), ("srt", "passphrase"), ("webRTC", "url")]:
        assert after[place][name] != before[place][name]


async def test_status_comes_as_null_object_or_string(
    api: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    record = await made(api)
    address = f"/live_inputs/{record['uid']}"

    await control.post(f"/inputs/{record['uid']}/connect")
    as_object = (await api.get(address)).json()["result"]["status"]
    await control.put("/switches", json={"status_form": "string"})
    as_string = (await api.get(address)).json()["result"]["status"]

    assert record["status"] is None
    assert as_object["current"]["state"] == "connected"
    assert as_object["current"]["ingestProtocol"] == "rtmp"
    assert as_string == "connected"


async def test_spent_budget_blocks_every_call_for_the_window(tmp_path: Path) -> None:
    async with (
        running_simulators(tmp_path, rate_limit=2, rate_window=120) as simulators,
        api_client(simulators) as api,
        control_client(simulators) as control,
    ):
        answers = [await api.get("/live_inputs") for _ in range(4)]

        assert [one.status_code for one in answers] == [200, 200, 429, 429]
        assert answers[0].headers["ratelimit"] == '"default";r=1;t=120'
        assert answers[0].headers["ratelimit-policy"] == '"default";q=2;w=120'
        assert 110 < int(answers[3].headers["retry-after"]) <= 120
        await control.put("/api/budget", json={"limit": 100})
        assert (await api.get("/live_inputs")).status_code == 200


async def test_ordered_status_is_answered_and_nothing_done(
    api: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    await control.post(
        "/api/faults",
        json={"effect": "status", "status": 503, "method": "POST", "path": "/live_inputs"},
    )

    refused = await api.post("/live_inputs", json={})

    assert refused.status_code == 503
    assert (await api.get("/live_inputs")).json()["result"]["total"] == 0
    assert (await api.post("/live_inputs", json={})).status_code == 200


async def test_timeout_after_success_has_done_its_work(
    api: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    await control.post("/api/faults", json={"effect": "timeout_after_success", "seconds": 0.05})

    answer = await api.post("/live_inputs", json={})

    assert answer.status_code == 504
    assert (await api.get("/live_inputs")).json()["result"]["total"] == 1


async def test_token_is_refused_when_it_would_live_too_long(api: httpx.AsyncClient) -> None:
    record = await made(api)

    answer = await api.post(f"/{record['uid']}/token", json={"exp": 4_000_000_000})

    assert answer.status_code == 400


async def test_state_is_there_after_a_restart(tmp_path: Path) -> None:
    async with running_simulators(tmp_path) as simulators, api_client(simulators) as api:
        before = await made(api, meta={"name": "kept"})
        key = (await api.post("/keys")).json()["result"]["id"]

    async with running_simulators(tmp_path) as simulators, api_client(simulators) as api:
        after = (await api.get(f"/live_inputs/{before['uid']}")).json()["result"]
        keys = (await api.get("/keys")).json()["result"]

    assert after["rtmps"]["streamKey"] == before["rtmps"]["streamKey"]
    assert after["meta"] == {"name": "kept"}
    assert [one["id"] for one in keys] == [key]
