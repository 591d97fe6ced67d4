"""However the answer gets lost, one key makes one live input."""

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis

from application.ports import LiveInput, ProviderRefused, ProviderThrottled, ProviderUnavailable
from infrastructure.cloudflare.inputs import Recording
from infrastructure.cloudflare.live_video import CloudflareLiveVideo
from tests.support.cloudflare import (
    HOST,
    MadeInputs,
    client_of,
    input_object,
    ok,
    refused,
    video_of,
)
from tests.support.scripted_http import Reply, Request, gathered, scripted_server


async def _create(video: CloudflareLiveVideo, key: str = "key-1") -> LiveInput:
    return await video.create_input(
        name="Show", idempotency_key=key, low_latency=True, meta={"stream_id": "s1"}
    )


async def test_create_input_sends_what_a_recorded_broadcast_needs() -> None:
    account = MadeInputs()
    async with scripted_server(account.answer) as server, video_of(server) as video:
        made = await _create(video)
    sent = next(each for each in server.requests if each.method == "POST")
    assert sent.headers["idempotency-key"] == "key-1"
    assert sent.json == {
        "meta": {"stream_id": "s1", "name": "Show", "idempotency_key": "key-1"},
        "enabled": True,
        "preferLowLatency": True,
        "recording": {"mode": "automatic", "timeoutSeconds": 30, "requireSignedURLs": True},
    }
    assert made.customer_host == HOST
    assert made.credentials.rtmps.url == "rtmps://live.cloudflare.com:443/live/"
    assert made.credentials.whip.url.startswith(f"https://{HOST}/")


@pytest.mark.parametrize(
    "lost",
    [
        Reply(hangs=True),
        Reply(hangs_up=True),
        refused(502),
        Reply(status=504, body=b"<html>"),
        Reply(body=b"<html>it works</html>"),
        ok({"uid": "half an answer"}),
    ],
)
async def test_create_input_makes_one_when_the_answer_is_lost_after_success(lost: Reply) -> None:
    account = MadeInputs()

    def answer(request: Request) -> Reply:
        reply = account.answer(request)
        return lost if request.method == "POST" else reply

    async with scripted_server(answer) as server, video_of(server) as video:
        made = await _create(video)
        again = await _create(video)
    assert [*account.inputs] == [made.uid] == [again.uid]
    assert made.credentials == again.credentials


async def test_create_input_tries_again_when_nothing_was_made() -> None:
    account, failures = MadeInputs(), [refused(500), Reply(hangs_up=True)]

    def answer(request: Request) -> Reply:
        return failures.pop() if request.method == "POST" and failures else account.answer(request)

    async with scripted_server(answer) as server, video_of(server) as video:
        made = await _create(video)
    assert [*account.inputs] == [made.uid]
    posts = [each for each in server.requests if each.method == "POST"]
    assert [each.headers["idempotency-key"] for each in posts] == ["key-1"] * 3


async def test_create_input_makes_another_when_the_key_is_another() -> None:
    account = MadeInputs()
    async with scripted_server(account.answer) as server, video_of(server) as video:
        made = [await _create(video, key) for key in ("key-1", "key-2", "key-1")]
    assert [*account.inputs] == [made[0].uid, made[1].uid]
    assert made[2].uid == made[0].uid


@pytest.mark.parametrize(
    ("reply", "error"),
    [(refused(403, 10007), ProviderRefused), (refused(429, 971), ProviderThrottled)],
)
async def test_create_input_asks_once_when_it_is_refused(
    reply: Reply, error: type[Exception]
) -> None:
    account = MadeInputs()

    def answer(request: Request) -> Reply:
        return reply if request.method == "POST" else account.answer(request)

    async with scripted_server(answer) as server, video_of(server) as video:
        with pytest.raises(error):
            await _create(video)
    assert [each.method for each in server.requests] == ["GET", "POST"]


@pytest.mark.parametrize("listing", [[], {"liveInputs": "none"}, {"liveInputs": [{"uid": 1}]}])
async def test_create_input_makes_none_when_the_list_cannot_be_read(listing: Any) -> None:
    async with scripted_server(lambda _: ok(listing)) as server, video_of(server) as video:
        with pytest.raises(ProviderUnavailable):
            await _create(video)
    assert not [each for each in server.requests if each.method == "POST"]


async def test_create_input_passes_over_inputs_that_are_not_ours() -> None:
    account = MadeInputs()
    for number, meta in enumerate([None, "text", {"idempotency_key": 7}, {"name": "key-1"}]):
        account.inputs[f"foreign{number}"] = input_object(f"foreign{number}", meta=meta)
    async with scripted_server(account.answer) as server, video_of(server) as video:
        made = await _create(video)
    assert not made.uid.startswith("foreign")


async def test_create_input_is_made_by_one_process_at_a_time(
    redis_url: str, redis_prefix: str
) -> None:
    account = MadeInputs()
    recording = Recording(timeout_seconds=30, signed=False)
    async with (
        Redis.from_url(redis_url) as redis,
        scripted_server(account.answer) as server,
        client_of(server) as client,
    ):
        videos = [
            CloudflareLiveVideo(client, recording, redis=redis, prefix=redis_prefix) for _ in "abc"
        ]
        answers = await gathered(*(_create(video) for video in videos))
        later = await _create(videos[0])
    made = [each for each in answers if isinstance(each, LiveInput)]
    assert [*account.inputs] == [made[0].uid] == [later.uid]
    assert all(isinstance(each, LiveInput | ProviderUnavailable) for each in answers)


async def test_create_input_keeps_the_turn_of_others_when_it_is_cancelled(
    redis_url: str, redis_prefix: str
) -> None:
    recording = Recording(timeout_seconds=30, signed=False)
    account, hangs = MadeInputs(), [Reply(hangs=True)]

    def answer(request: Request) -> Reply:
        return hangs.pop() if hangs else account.answer(request)

    async with (
        Redis.from_url(redis_url) as redis,
        scripted_server(answer) as server,
        client_of(server) as client,
    ):
        video = CloudflareLiveVideo(client, recording, redis=redis, prefix=redis_prefix)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_create(video), 0.2)
        made = await _create(video)
    assert [*account.inputs] == [made.uid]
