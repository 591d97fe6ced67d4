from datetime import UTC, datetime, timedelta

import pytest

from domain.streaming.commands import ObserveFeed, RecordLiveInput, ReportIngestError
from tests.support.http import BASE, Api, problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

INPUT = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"


async def went_live(api: Api, stream_id: str) -> int:
    now = datetime.now(UTC)
    made = RecordLiveInput(stream_id=stream_id, input_uid=INPUT, customer_host="play.example")
    await api.reported(made)
    feed = ObserveFeed(stream_id=stream_id, state="connected", since=now, observed_at=now)
    return await api.reported(feed)


async def test_schedule_live_stream_answers_id_status_and_position(api: Api) -> None:
    host = await api.headers("Mei", "host")
    answer = await api.client.post(
        f"{BASE}/streams", json={"title": "Test Stream", "description": "Testing"}, headers=host
    )
    assert answer.status_code == 201
    body = answer.json()
    assert body.keys() == {"id", "status", "position"}
    assert body["status"] == "scheduled"
    assert answer.headers["event-position"] == str(body["position"])
    assert answer.headers["etag"] == '"1"'


async def test_show_is_seen_by_everybody_once_it_is_announced(api: Api) -> None:
    host = await api.headers("Mei", "host")
    stream_id, position = await api.announced(host, title="第一場直播", market="TH")
    shown = await api.client.get(f"{BASE}/streams/{stream_id}?min_position={position}")
    assert shown.status_code == 200
    assert int(shown.headers["projection-position"]) >= position
    body = shown.json()
    assert body["title"] == "第一場直播"
    assert body["market"] == "TH"
    assert body["host"] == {"id": body["host"]["id"], "name": "Mei", "avatar_url": None}
    assert body["playback"] == {
        "hls": None,
        "dash": None,
        "webrtc": None,
        "token_expires_at": None,
    }
    assert "problem" not in body


async def test_show_on_the_air_tells_where_to_watch(api: Api) -> None:
    host = await api.headers("Live", "host")
    stream_id, _ = await api.announced(host)
    position = await went_live(api, stream_id)
    shown = await api.client.get(f"{BASE}/streams/{stream_id}?min_position={position}")
    body = shown.json()
    assert body["status"] == "live"
    assert body["started_at"].endswith("Z")
    assert body["playback"]["hls"] == f"https://play.example/{INPUT}/manifest/video.m3u8"
    assert body["playback"]["webrtc"] is None


async def test_host_is_told_the_problem_in_words_and_nobody_else_is(api: Api) -> None:
    host = await api.headers("Troubled", "host")
    stream_id, _ = await api.announced(host)
    await api.reported(
        RecordLiveInput(stream_id=stream_id, input_uid="b" * 32, customer_host="play.example")
    )
    rejected = ReportIngestError(
        stream_id=stream_id, provider_code="ERR_UNSUPPORTED_VIDEO_CODEC", at=datetime.now(UTC)
    )
    position = await api.reported(rejected)
    path = f"{BASE}/streams/{stream_id}?min_position={position}"
    told = await api.client.get(path, headers={**host, "Accept-Language": "ja"})
    assert told.json()["problem"]["code"] == "unsupported_video_codec"
    assert "H.264" in told.json()["problem"]["message"]
    assert "problem" not in (await api.client.get(path)).json()


@pytest.mark.parametrize(
    ("path", "status"), [("start", "starting"), ("cancel", "cancelled"), ("ingest/rotate", "ready")]
)
async def test_host_command_answers_the_resulting_state(api: Api, path: str, status: str) -> None:
    host = await api.headers("Commanding", "host")
    stream_id, _ = await api.announced(host)
    await api.reported(
        RecordLiveInput(stream_id=stream_id, input_uid="c" * 32, customer_host="play.example")
    )
    answer = await api.client.post(f"{BASE}/streams/{stream_id}/{path}", headers=host)
    assert answer.status_code == 200
    assert (answer.json()["id"], answer.json()["status"]) == (stream_id, status)


async def test_end_is_refused_as_a_conflict_when_the_show_has_not_started(api: Api) -> None:
    host = await api.headers("Hasty", "host")
    stream_id, _ = await api.announced(host)
    answer = await api.client.post(f"{BASE}/streams/{stream_id}/end", headers=host)
    assert answer.status_code == 409
    assert problem(answer)["code"] == "live_stream_not_started"


async def test_another_host_is_refused_and_an_admin_is_not(api: Api) -> None:
    owner = await api.headers("Owner", "host")
    stream_id, _ = await api.announced(owner)
    path = f"{BASE}/streams/{stream_id}/cancel"
    refused = await api.client.post(path, headers=await api.headers("Rival", "host"))
    assert refused.status_code == 403
    assert problem(refused)["code"] == "forbidden"
    accepted = await api.client.post(path, headers=await api.headers("Boss", "admin"))
    assert accepted.json()["status"] == "cancelled"


async def test_command_on_an_unknown_show_gets_404(api: Api) -> None:
    host = await api.headers("Lost", "host")
    path = f"{BASE}/streams/019a1c0e-7c1f-7b5e-9d3a-2f4b6c8d0e1f/start"
    assert problem(await api.client.post(path, headers=host))["code"] == "live_stream_not_found"


async def test_revise_changes_only_what_is_sent(api: Api) -> None:
    host = await api.headers("Editor", "host")
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    stream_id, _ = await api.announced(host, scheduled_at=later)
    path = f"{BASE}/streams/{stream_id}"
    position = (await api.client.patch(path, json={"title": "New"}, headers=host)).json()[
        "position"
    ]
    shown = (await api.client.get(f"{path}?min_position={position}")).json()
    assert (shown["title"], shown["description"]) == ("New", "Testing")
    assert shown["scheduled_at"] is not None
    answer = await api.client.patch(path, json={"scheduled_at": None}, headers=host)
    shown = (await api.client.get(f"{path}?min_position={answer.json()['position']}")).json()
    assert shown["scheduled_at"] is None


async def test_command_with_a_stale_etag_gets_412(api: Api) -> None:
    host = await api.headers("Stale", "host")
    stream_id, _ = await api.announced(host)
    path = f"{BASE}/streams/{stream_id}"
    matching = {**host, "If-Match": '"1"'}
    first = await api.client.patch(path, json={"title": "One"}, headers=matching)
    assert first.headers["etag"] == '"2"'
    second = await api.client.patch(path, json={"title": "Two"}, headers=matching)
    assert second.status_code == 412
    assert problem(second)["code"] == "stale_version"
    unknown = await api.client.patch(path, json={"title": "Two"}, headers={**host, "If-Match": "x"})
    assert unknown.status_code == 412


async def test_list_pages_through_all_shows_of_a_host_the_newest_first(api: Api) -> None:
    host = await api.headers("Prolific", "host")
    made = [await api.announced(host) for _ in range(5)]
    me = (await api.client.get(f"{BASE}/streams/{made[0][0]}?min_position={made[-1][1]}")).json()
    params = {"host": me["host"]["id"], "limit": "2", "min_position": str(made[-1][1])}
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await api.client.get(f"{BASE}/streams", params={**params, "cursor": cursor})).json()
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert found == [stream_id for stream_id, _ in reversed(made)]


async def test_cursor_of_another_list_gets_422(api: Api) -> None:
    host = await api.headers("Cursor", "host")
    for _ in range(2):
        _, position = await api.announced(host)
    page = await api.client.get(f"{BASE}/streams?limit=1&min_position={position}")
    cursor = page.json()["next_cursor"]
    answer = await api.client.get(f"{BASE}/streams", params={"cursor": cursor, "market": "TH"})
    assert problem(answer)["errors"] == [
        {
            "field": "cursor",
            "code": "bad_cursor",
            "message": "This cursor is of no use here; start again from the first page.",
        }
    ]


async def test_every_wrong_field_of_a_body_is_named(api: Api) -> None:
    host = await api.headers("Typist", "host")
    body = {"title": 1, "market": "JP", "titel": "x"}
    answer = await api.client.post(f"{BASE}/streams", json=body, headers=host)
    found = {(error["field"], error["code"]) for error in answer.json()["errors"]}
    assert found == {
        ("title", "wrong_type"),
        ("description", "missing"),
        ("market", "not_one_of"),
        ("titel", "unknown_field"),
    }
