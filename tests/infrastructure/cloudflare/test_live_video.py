"""The calls on an existing live input, and how odd answers to them are taken."""

from typing import Any

import pytest

from application.ports import (
    OutputTarget,
    ProviderNotFound,
    ProviderUnavailable,
)
from tests.support.cloudflare import STREAM_KEY, UID, input_object, ok, refused, video_of
from tests.support.scripted_http import Reply, Request, replies, scripted_server

INPUT = input_object(
    meta={"name": "Show", "idempotency_key": "key-1"},
    preferLowLatency=True,
    deleteRecordingAfterDays=45,
    recording={"mode": "automatic", "timeoutSeconds": 30, "requireSignedURLs": True},
)
TARGET = OutputTarget(url="rtmps://other.example/app", stream_key="abcd-efgh")
OUTPUT = {"uid": "o1", "url": TARGET.url, "streamKey": TARGET.stream_key, "enabled": True}


async def test_set_input_enabled_sends_all_we_may_write_and_nothing_secret() -> None:
    answer = replies(ok(INPUT), ok({**INPUT, "enabled": False}))
    async with scripted_server(answer) as server, video_of(server) as video:
        await video.set_input_enabled(UID, enabled=False)
    put = server.requests[1]
    assert (put.method, put.path) == ("PUT", f"/client/v4/accounts/a1/stream/live_inputs/{UID}")
    written = ("meta", "preferLowLatency", "deleteRecordingAfterDays", "recording")
    assert put.json == {"enabled": False, **{name: INPUT[name] for name in written}}
    assert STREAM_KEY.encode() not in put.body


async def test_set_input_enabled_writes_nothing_when_it_is_so_already() -> None:
    async with scripted_server(replies(ok(INPUT))) as server, video_of(server) as video:
        await video.set_input_enabled(UID, enabled=True)
    assert [each.method for each in server.requests] == ["GET"]


async def test_set_input_enabled_fails_when_the_echo_says_otherwise() -> None:
    async with scripted_server(replies(ok(INPUT))) as server, video_of(server) as video:
        with pytest.raises(ProviderUnavailable):
            await video.set_input_enabled(UID, enabled=False)


@pytest.mark.parametrize("rotated", [{}, {"uid": UID, "keysRotatedAt": "2026-11-20T05:05:53Z"}])
async def test_rotate_keys_reads_the_input_when_the_answer_has_no_keys(rotated: Any) -> None:
    answer = replies(ok(rotated), ok(INPUT))
    async with scripted_server(answer) as server, video_of(server) as video:
        assert (await video.rotate_keys(UID)).rtmps.stream_key == STREAM_KEY
    assert [each.method for each in server.requests] == ["POST", "GET"]


@pytest.mark.parametrize("reply", [Reply(status=200), Reply(status=204), ok(None), refused(404)])
async def test_delete_input_is_done_whatever_the_body_says(reply: Reply) -> None:
    async with scripted_server(replies(reply)) as server, video_of(server) as video:
        await video.delete_input(UID)
    assert [each.method for each in server.requests] == ["DELETE"]


async def test_input_status_is_not_found_when_the_input_is_gone() -> None:
    async with scripted_server(replies(refused(404, 10003))) as server, video_of(server) as video:
        with pytest.raises(ProviderNotFound):
            await video.input_status(UID)


@pytest.mark.parametrize("result", [[], "text", 1, None])
async def test_input_status_is_unavailable_when_the_answer_is_no_input(result: Any) -> None:
    async with scripted_server(replies(ok(result))) as server, video_of(server) as video:
        with pytest.raises(ProviderUnavailable):
            await video.input_status(UID)


async def test_input_videos_come_oldest_first() -> None:
    rows = [
        {"uid": "v2", "created": "2026-11-20T06:00:00Z", "status": {"state": "live-inprogress"}},
        {"uid": "v1", "created": "2026-11-20T05:00:00Z", "status": {"state": "not-found"}},
        "odd",
        {"no": "uid"},
    ]
    async with scripted_server(replies(ok(rows))) as server, video_of(server) as video:
        videos = await video.input_videos(UID)
    states = [(each.uid, each.state, each.input_uid) for each in videos]
    assert states == [("v1", "processing", UID), ("v2", "live", UID)]


@pytest.mark.parametrize("shape", [list, lambda rows: {"videos": rows}])
async def test_live_videos_takes_one_call(shape: Any) -> None:
    rows = [
        {"uid": "v1", "liveInput": UID, "status": {"state": "live-inprogress"}},
        {"uid": "v2", "liveInput": "i2", "status": {"state": "ready"}, "readyToStream": True},
    ]
    async with scripted_server(replies(ok(shape(rows)))) as server, video_of(server) as video:
        assert [each.input_uid for each in await video.live_videos()] == [UID]
    assert [each.query for each in server.requests] == [
        {"status": "live-inprogress", "limit": "1000"}
    ]


@pytest.mark.parametrize(
    "listed", [OUTPUT, {**OUTPUT, "streamKey": ""}, {"uid": "o1", "url": TARGET.url}]
)
async def test_add_output_reuses_what_sends_there_already(listed: dict[str, Any]) -> None:
    async with scripted_server(replies(ok([listed]))) as server, video_of(server) as video:
        assert await video.add_output(UID, TARGET) == "o1"
    assert [each.method for each in server.requests] == ["GET"]


async def test_add_output_enables_one_that_was_switched_off() -> None:
    answer = replies(ok([{**OUTPUT, "enabled": False}]), ok(OUTPUT))
    async with scripted_server(answer) as server, video_of(server) as video:
        assert await video.add_output(UID, TARGET) == "o1"
    assert [(each.method, each.body) for each in server.requests[1:]] == [
        ("PUT", b'{"enabled":true}')
    ]


async def test_add_output_makes_another_when_the_same_service_has_another_channel() -> None:
    answer = replies(ok([{**OUTPUT, "streamKey": "other"}]), ok({**OUTPUT, "uid": "o2"}))
    async with scripted_server(answer) as server, video_of(server) as video:
        assert await video.add_output(UID, TARGET) == "o2"


async def test_add_output_makes_one_when_the_answer_is_lost_after_success() -> None:
    made: list[dict[str, Any]] = []

    def answer(request: Request) -> Reply:
        if request.method == "GET":
            return ok(made)
        made.append({"uid": f"o{len(made)}", **request.json})
        return Reply(hangs_up=True)

    async with scripted_server(answer) as server, video_of(server) as video:
        assert await video.add_output(UID, TARGET) == "o0"
    assert len(made) == 1


@pytest.mark.parametrize("reply", [Reply(status=204), refused(404)])
async def test_remove_output_is_done_when_it_is_gone(reply: Reply) -> None:
    async with scripted_server(replies(reply)) as server, video_of(server) as video:
        await video.remove_output(UID, "o1")
    assert server.requests[0].path.endswith(f"/live_inputs/{UID}/outputs/o1")
