import msgspec
import pytest

from application.ports import (
    IngestCredentials,
    RtmpsCredentials,
    SrtCredentials,
    WhipCredentials,
)
from application.streaming.outputs import output_ref
from application.streaming.provisioning import credentials_ref
from domain.streaming.commands import RecordLiveInput
from tests.support.http import BASE, Api, problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = "planted-stream-key-4711"


async def provisioned(api: Api, headers: dict[str, str]) -> str:
    stream_id, _ = await api.announced(headers)
    credentials = IngestCredentials(
        rtmps=RtmpsCredentials("rtmps://live.example:443/live/", KEY),
        srt=SrtCredentials("srt://live.example:778", "an id", "a passphrase"),
        whip=WhipCredentials("https://play.example/secret/webRTC/publish"),
    )
    vault = api.platform.vault
    await vault.put(credentials_ref(stream_id), msgspec.json.encode(credentials))
    await api.reported(
        RecordLiveInput(stream_id=stream_id, input_uid="d" * 32, customer_host="play.example")
    )
    return stream_id


async def test_ingest_keys_go_to_the_show_s_host_uncached(api: Api) -> None:
    host = await api.headers("Mei", "host")
    stream_id = await provisioned(api, host)
    answer = await api.client.get(f"{BASE}/streams/{stream_id}/ingest", headers=host)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "rtmps": {"url": "rtmps://live.example:443/live/", "stream_key": KEY},
        "srt": {
            "url": "srt://live.example:778",
            "stream_id": "an id",
            "passphrase": "a passphrase",
        },
        "whip": {"url": "https://play.example/secret/webRTC/publish"},
    }


@pytest.mark.parametrize("roles", [("host",), ("host", "admin")])
async def test_ingest_keys_go_to_nobody_else(api: Api, roles: tuple[str, ...]) -> None:
    stream_id = await provisioned(api, await api.headers("Mei", "host"))
    other = await api.headers("Other", *roles)  # type: ignore[arg-type]  # literals in a tuple
    answer = await api.client.get(f"{BASE}/streams/{stream_id}/ingest", headers=other)
    assert answer.status_code == 403
    assert KEY not in answer.text


async def test_ingest_keys_that_are_not_made_yet_are_a_conflict(api: Api) -> None:
    host = await api.headers("Mei", "host")
    stream_id, _ = await api.announced(host)
    answer = await api.client.get(f"{BASE}/streams/{stream_id}/ingest", headers=host)
    assert problem(answer)["code"] == "live_input_not_ready"


async def test_output_is_added_listed_and_removed_without_showing_its_key(api: Api) -> None:
    host = await api.headers("Mei", "host")
    path = f"{BASE}/streams/{(await api.announced(host))[0]}/outputs"
    body = {"url": "rtmps://other.example/app?token=pw", "stream_key": KEY}
    added = await api.client.post(path, json=body, headers=host)
    assert added.status_code == 201, added.text
    output = added.json()
    listed = await api.client.get(f"{path}?min_position={output['position']}", headers=host)
    assert [item["url"] for item in listed.json()["items"]] == ["rtmps://other.example/app"]
    assert KEY not in listed.text + added.text
    removed = await api.client.delete(f"{path}/{output['id']}", headers=host)
    assert removed.json()["status"] == "removed"
    position = removed.json()["position"]
    listed = await api.client.get(f"{path}?min_position={position}", headers=host)
    assert listed.json()["items"] == []


async def test_repeated_output_keeps_one_key_in_the_vault(api: Api) -> None:
    host = await api.headers("Mei", "host", **{"Idempotency-Key": "one output"})
    path = f"{BASE}/streams/{(await api.announced(await api.headers('Mei', 'host')))[0]}/outputs"
    body = {"url": "rtmps://other.example/app", "stream_key": KEY}
    first = await api.client.post(path, json=body, headers=host)
    again = await api.client.post(path, json=body, headers=host)
    assert again.json() == first.json()
    assert await api.platform.vault.get(output_ref(first.json()["id"])) is not None


@pytest.mark.parametrize("url", ["http://x.example/a", "rtmps://", "not a url", "rtmp://u:pw@x/y"])
async def test_output_address_that_cannot_be_used_gets_422(api: Api, url: str) -> None:
    host = await api.headers("Mei", "host")
    path = f"{BASE}/streams/{(await api.announced(host))[0]}/outputs"
    answer = await api.client.post(path, json={"url": url, "stream_key": KEY}, headers=host)
    assert answer.status_code == 422
    assert problem(answer)["code"] == "invalid_output_url"
    assert KEY not in answer.text


async def test_outputs_are_shown_to_the_show_s_host_only(api: Api) -> None:
    stream_id, position = await api.announced(await api.headers("Mei", "host"))
    other = await api.headers("Other", "host")
    path = f"{BASE}/streams/{stream_id}/outputs?min_position={position}"
    assert (await api.client.get(path, headers=other)).status_code == 403
