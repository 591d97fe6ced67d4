import asyncio
import json
from collections.abc import AsyncGenerator

import httpx
import pytest

from interfaces.envelopes import WITHHELD
from interfaces.http.log import while_allowed
from tests.support.http import BASE, Api, problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCHEDULED = "streaming.LiveStreamScheduled"


def lines(answer: httpx.Response) -> list[dict[str, object]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_events_come_in_order_with_their_whole_envelope(api: Api) -> None:
    host = await api.headers("Mei", "host")
    made = [await api.announced(host) for _ in range(3)]
    auditor = await api.headers("Ann", "auditor")
    found = lines(await api.client.get(f"{BASE}/events?after={made[0][1] - 1}", headers=auditor))
    positions = [envelope["position"] for envelope in found]
    assert positions == list(range(made[0][1], made[0][1] + len(found)))
    first = found[0]
    assert first["stream"] == f"live_stream-{made[0][0]}"
    assert (first["type"], first["version"], first["schema_version"]) == (SCHEDULED, 1, 1)
    assert str(first["recorded_at"]).endswith("Z")
    assert len(str(first["hash"])) == 64
    assert first.keys() >= {"event_id", "command_id", "correlation_id", "causation_id", "actor"}


@pytest.mark.parametrize(
    ("role", "name"),
    [("analyst", WITHHELD), ("auditor", "Planted Name"), ("admin", "Planted Name")],
)
async def test_personal_data_is_shown_only_to_who_may_see_it(
    api: Api, role: str, name: str
) -> None:
    stream_id, _ = await api.announced(await api.headers("Planted Name", "host"))
    reader = await api.headers("Reader", role)  # type: ignore[arg-type]  # a literal in a table
    path = f"{BASE}/events?stream=live_stream-{stream_id}"
    payload = lines(await api.client.get(path, headers=reader))[0]["payload"]
    assert isinstance(payload, dict)
    assert payload["host_name"] == name


async def test_events_can_be_narrowed_to_types_and_cut_to_a_limit(api: Api) -> None:
    host = await api.headers("Mei", "host")
    for _ in range(3):
        stream_id, _ = await api.announced(host)
        await api.client.post(f"{BASE}/streams/{stream_id}/cancel", headers=host)
    reader = await api.headers("Ann", "analyst")
    path = f"{BASE}/events?types=streaming.LiveStreamCancelled&limit=2"
    found = lines(await api.client.get(path, headers=reader))
    assert [envelope["type"] for envelope in found] == ["streaming.LiveStreamCancelled"] * 2


@pytest.mark.parametrize(
    "query", ["after=x", "after=-1", "limit=0", "limit=1000001", "stream=%00", "stream=%E4%B8%AD"]
)
async def test_bad_query_gets_422(api: Api, query: str) -> None:
    reader = await api.headers("Ann", "analyst")
    answer = await api.client.get(f"{BASE}/events?{query}", headers=reader)
    assert problem(answer)["code"] == "invalid_input"


async def frames(api: Api, headers: dict[str, str], query: str, wanted: int) -> list[str]:
    found: list[str] = []
    async with api.client.stream("GET", f"{BASE}/events/feed{query}", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for line in answer.aiter_lines():
            if line.startswith("id: "):
                found.append(line.removeprefix("id: "))
            if len(found) == wanted:
                return found
    return found


async def test_feed_catches_up_and_then_follows(api: Api) -> None:
    host = await api.headers("Mei", "host")
    reader = await api.headers("Ann", "analyst")
    _, first = await api.announced(host)
    following = asyncio.create_task(frames(api, reader, f"?after={first - 1}", 3))
    await api.announced(host)
    _, last = await api.announced(host)
    async with asyncio.timeout(5):
        found = await following
    assert found == [str(position) for position in range(first, last + 1)]


async def test_feed_goes_on_from_the_last_event_id(api: Api) -> None:
    host = await api.headers("Mei", "host")
    _, first = await api.announced(host)
    _, second = await api.announced(host)
    reader = await api.headers("Ann", "analyst", **{"Last-Event-ID": str(first)})
    async with asyncio.timeout(5):
        assert await frames(api, reader, "?after=0", 1) == [str(second)]


async def test_feed_of_one_stream_stays_quiet_while_others_grow(api: Api) -> None:
    host = await api.headers("Mei", "host")
    stream_id, position = await api.announced(host)
    reader = await api.headers("Ann", "analyst")
    query = f"?stream=live_stream-{stream_id}&after={position}"
    following = asyncio.create_task(frames(api, reader, query, 1))
    await api.announced(host)
    cancelled = await api.client.post(f"{BASE}/streams/{stream_id}/cancel", headers=host)
    async with asyncio.timeout(5):
        assert await following == [str(cancelled.json()["position"])]


async def test_feed_ends_with_the_session_of_who_reads_it(api: Api) -> None:
    host = await api.headers("Mei", "host")
    body = {"name": "Leaving Reader", "roles": ["analyst"]}
    tokens = (await api.client.post(f"{BASE}/auth/dev", json=body)).json()
    reader = {"Authorization": f"Bearer {tokens['access_token']}"}
    _, seen = await api.announced(host)
    following = asyncio.create_task(frames(api, reader, f"?after={seen - 1}", 1000))
    leaving = {"refresh_token": tokens["refresh_token"]}
    assert (await api.client.post(f"{BASE}/auth/logout", json=leaving)).status_code == 204
    _, unseen = await api.announced(host)
    async with asyncio.timeout(5):
        found = await following
    assert str(unseen) not in found


async def test_feed_that_is_read_slowly_ends_with_the_session_too(api: Api) -> None:
    body = {"name": "Slow Reader", "roles": ["analyst"]}
    tokens = (await api.client.post(f"{BASE}/auth/dev", json=body)).json()
    reader = api.platform.tokens.verify(tokens["access_token"])

    async def backlog() -> AsyncGenerator[bytes, None]:
        yield b"one"
        await api.client.post(
            f"{BASE}/auth/logout", json={"refresh_token": tokens["refresh_token"]}
        )
        yield b"two"

    found = [frame async for frame in while_allowed(reader, api.platform.session_watch, backlog())]
    assert found == [b"one"]


async def test_verify_finds_the_log_intact(api: Api) -> None:
    _, position = await api.announced(await api.headers("Mei", "host"))
    auditor = await api.headers("Ann", "auditor")
    found = (await api.client.get(f"{BASE}/audit/verify", headers=auditor)).json()
    assert (found["from"], found["intact"], found["first_broken"]) == (1, True, None)
    assert found["to"] == found["events"] >= position
    part = await api.client.get(f"{BASE}/audit/verify?from=2&to=2", headers=auditor)
    assert part.json()["events"] == 1


@pytest.mark.parametrize("query", ["from=0", "from=x", "to=-1", "from=5&to=4"])
async def test_verify_of_a_bad_range_gets_422(api: Api, query: str) -> None:
    auditor = await api.headers("Ann", "auditor")
    answer = await api.client.get(f"{BASE}/audit/verify?{query}", headers=auditor)
    assert problem(answer)["code"] == "invalid_input"
