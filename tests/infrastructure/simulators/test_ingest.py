"""Real encoders push RTMP; what comes out plays. Every push ends within seconds."""

import asyncio
import signal
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from infrastructure.simulators.cloudflare.encoder import ffmpeg_program
from infrastructure.simulators.config import WebhookTarget
from infrastructure.simulators.serving import Simulators
from tests.support.eventually import eventually
from tests.support.simulators import (
    WebhookCatcher,
    api_client,
    control_client,
    encoder,
    running_simulators,
)

PICTURE = ["-f", "lavfi", "-i", "testsrc=size=320x180:rate=12"]
TONE = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100"]
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "baseline", "-pix_fmt", "yuv420p"]
AAC = ["-c:a", "aac", "-b:a", "48k"]


@pytest.fixture
async def simulators(tmp_path: Path, catcher: WebhookCatcher) -> AsyncIterator[Simulators]:
    target = WebhookTarget(url=catcher.url, secret="shared-live")
    async with running_simulators(
        tmp_path, live_webhook=target, feed_silence=0.5, strict_gop=True
    ) as running:
        yield running


async def live_input(api: httpx.AsyncClient, **recording: Any) -> dict[str, Any]:
    body = {"recording": {"mode": "automatic", "timeoutSeconds": 2} | recording}
    made: dict[str, Any] = (await api.post("/live_inputs", json=body)).json()["result"]
    return made


def target(made: dict[str, Any]) -> str:
    return str(made["rtmps"]["url"] + made["rtmps"]["streamKey"])


def clip(address: str, *codecs: str, seconds: int = 4, gop: int = 12) -> list[str]:
    """Pushed as fast as it goes, not in real time."""
    chosen = list(codecs) or [*H264, *AAC]
    whole = ["-loglevel", "error", *PICTURE, *TONE, "-t", str(seconds), "-g", str(gop), *chosen]
    return [*whole, "-f", "flv", address]


async def push(address: str, *codecs: str, **choices: int) -> int:
    """The encoder's exit status: 0 when all was taken."""
    async with encoder(address, arguments=clip(address, *codecs, **choices)) as process:
        return await asyncio.wait_for(process.wait(), 10)


async def videos(api: httpx.AsyncClient, made: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.get(f"/live_inputs/{made['uid']}/videos")).json()[
        "result"
    ]
    return found


async def feed(api: httpx.AsyncClient, made: dict[str, Any]) -> str | None:
    status = (await api.get(f"/live_inputs/{made['uid']}")).json()["result"]["status"]
    return status and str(status["current"]["state"])


async def until_feed(api: httpx.AsyncClient, made: dict[str, Any], state: str) -> None:
    async def reached() -> bool:
        return await feed(api, made) == state

    _: bool = await eventually(reached)


async def playlist(client: httpx.AsyncClient, address: str) -> httpx.Response:
    """Of the one quality, by way of the master playlist."""
    master = await client.get(address)
    if master.status_code != 200:
        return master
    variant = master.text.splitlines()[-1]
    return await client.get(httpx.URL(address).join(variant))


async def frames(address: str) -> int:
    """How many pictures a player gets to see; 0 when it cannot play."""
    process = await asyncio.create_subprocess_exec(
        ffmpeg_program(),
        *["-loglevel", "error", "-i", address, "-an", "-f", "framecrc", "pipe:1"],
        stdin=DEVNULL,
        stdout=PIPE,
    )
    seen, _ = await asyncio.wait_for(process.communicate(), 10)
    return sum(not line.startswith(b"#") for line in seen.splitlines())


async def test_pushed_picture_plays_until_the_encoder_is_killed(
    api: httpx.AsyncClient, catcher: WebhookCatcher
) -> None:
    made = await live_input(api)

    async with encoder(target(made)) as process:

        async def playable() -> httpx.Response | None:
            answer = await playlist(api, made["playback"]["hls"])
            return answer if answer.status_code == 200 else None

        shown: httpx.Response | None = await eventually(playable)
        assert shown is not None
        segment = await api.get(shown.url.join(shown.text.splitlines()[-1]))
        thumbnail = await api.get((await videos(api, made))[0]["thumbnail"])
        assert await feed(api, made) == "connected"
        process.kill()

    await until_feed(api, made, "disconnected")
    assert segment.headers["content-type"] == "video/mp2t"
    assert segment.content[::188][:3] == b"GGG"
    assert thumbnail.content.startswith(b"\xff\xd8")
    await eventually(lambda: catcher.events() == ["connected", "disconnected"])


async def test_feed_back_in_time_continues_and_late_starts_anew(api: httpx.AsyncClient) -> None:
    made = await live_input(api)

    assert await push(target(made)) == 0
    await until_feed(api, made, "disconnected")
    assert await push(target(made)) == 0

    async def ready() -> list[dict[str, Any]] | None:
        found = await videos(api, made)
        return found if found[0]["status"]["state"] == "ready" else None

    recorded: list[dict[str, Any]] | None = await eventually(ready)
    assert recorded is not None
    assert len(recorded) == 1
    assert recorded[0]["duration"] == pytest.approx(8, abs=0.5)
    assert recorded[0]["input"] == {"width": 320, "height": 180}
    assert recorded[0]["size"] > 10_000
    whole = (await playlist(api, recorded[0]["playback"]["hls"])).text
    assert whole.count("#EXT-X-DISCONTINUITY\n") == 1
    assert whole.endswith("#EXT-X-ENDLIST\n")
    assert await frames(recorded[0]["playback"]["hls"]) == 2 * 4 * 12

    assert await push(target(made)) == 0
    assert len(await videos(api, made)) == 2


async def test_unknown_key_is_refused(api: httpx.AsyncClient) -> None:
    made = await live_input(api)

    assert await push(made["rtmps"]["url"] + "0" * 32 + "k" + made["uid"]) != 0

    assert await feed(api, made) is None


async def test_old_key_is_refused_after_rotation(api: httpx.AsyncClient) -> None:
    made = await live_input(api)
    rotated = (await api.post(f"/live_inputs/{made['uid']}/rotate_keys")).json()["result"]

    assert await push(target(made)) != 0
    assert await push(target(rotated)) == 0


async def test_disabling_ends_a_running_feed(api: httpx.AsyncClient) -> None:
    made = await live_input(api, timeoutSeconds=3600)

    async with encoder(target(made)) as process:
        await until_feed(api, made, "connected")
        await api.put(f"/live_inputs/{made['uid']}", json={"enabled": False})

        assert await asyncio.wait_for(process.wait(), 5) != 0

    async def ready() -> bool:
        return bool((await videos(api, made))[0]["status"]["state"] == "ready")

    _: bool = await eventually(ready)
    assert await push(target(made)) != 0


async def test_newer_feed_takes_over_from_the_older(
    api: httpx.AsyncClient, catcher: WebhookCatcher
) -> None:
    made = await live_input(api)

    async with encoder(target(made)) as older:
        await until_feed(api, made, "connected")
        async with encoder(target(made)):
            assert await asyncio.wait_for(older.wait(), 5) != 0
            assert await feed(api, made) == "connected"

    await until_feed(api, made, "disconnected")
    await eventually(lambda: catcher.events() == ["connected", "connected", "disconnected"])


async def test_feed_that_falls_silent_is_lost(api: httpx.AsyncClient) -> None:
    made = await live_input(api)

    async with encoder(target(made)) as process:
        await until_feed(api, made, "connected")
        process.send_signal(signal.SIGSTOP)
        await until_feed(api, made, "disconnected")


@pytest.mark.parametrize(
    ("codecs", "gop", "expected"),
    [
        (["-c:v", "flv1", *AAC], 12, ("ERR_UNSUPPORTED_VIDEO_CODEC", "h263", "aac")),
        ([*H264, "-c:a", "libmp3lame"], 12, ("ERR_UNSUPPORTED_AUDIO_CODEC", "h264", "mp3")),
        ([*H264, *AAC], 600, ("ERR_GOP_OUT_OF_RANGE", "h264", "aac")),
    ],
    ids=["video codec", "audio codec", "keyframes"],
)
async def test_unusable_feed_is_errored(
    api: httpx.AsyncClient,
    catcher: WebhookCatcher,
    codecs: list[str],
    gop: int,
    expected: tuple[str, str, str],
) -> None:
    made = await live_input(api)

    await push(target(made), *codecs, seconds=15, gop=gop)

    await eventually(lambda: catcher.events()[-1:] == ["errored"])
    told = catcher.caught[-1].json["data"]["live_input_errored"]
    code, video, audio = expected
    assert told["error"]["code"] == code
    assert (told["video_codec"] or video, told["audio_codec"] or audio) == (video, audio)
    assert await feed(api, made) == "errored"


async def test_full_storage_refuses_the_feed(
    simulators: Simulators, api: httpx.AsyncClient
) -> None:
    made = await live_input(api)
    async with control_client(simulators) as control:
        await control.put("/switches", json={"storage_exhausted": True})

    assert await push(target(made)) != 0

    assert await feed(api, made) == "errored"


async def test_other_protocols_are_hung_up_on(simulators: Simulators) -> None:
    host, port = simulators.rtmp_url.removeprefix("rtmp://").removesuffix("/live/").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET / HTTP/1.1\r\n\r\n")

    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()


async def test_ordered_test_encoder_goes_live(
    simulators: Simulators, api: httpx.AsyncClient
) -> None:
    made = await live_input(api)

    async with control_client(simulators) as control:
        await control.post(f"/inputs/{made['uid']}/encoder")
        await until_feed(api, made, "connected")
        await control.delete(f"/inputs/{made['uid']}/encoder")

    await until_feed(api, made, "disconnected")


async def test_ffmpeg_from_the_package_serves_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine without ffmpeg: imageio-ffmpeg's build encodes and cuts."""
    monkeypatch.setenv("PATH", str(tmp_path))
    async with running_simulators(tmp_path) as simulators, api_client(simulators) as api:
        made = await live_input(api, timeoutSeconds=1)

        assert await push(target(made)) == 0

        async def ready() -> bool:
            return bool((await videos(api, made))[0]["status"]["state"] == "ready")

        _: bool = await eventually(ready)
        assert (await videos(api, made))[0]["duration"] == pytest.approx(4, abs=0.5)
