"""The playback host: who may play what, and what playlists say."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from infrastructure.simulators.cloudflare.courier import tls
from infrastructure.simulators.cloudflare.media import Segment, media_playlist
from infrastructure.simulators.cloudflare.tokens import sign
from infrastructure.simulators.serving import Simulators

VIDEO = "6b9e68b07dfee8cc2d116e4c51d6a957"
PLAYLIST = "#EXTM3U\n#EXTINF:2.000000,\n00000.ts\n#EXTINF:1.500000,\n00001.ts\n"


@pytest.fixture
async def host(simulators: Simulators) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=simulators.url, trust_env=False, verify=tls()) as client:
        yield client


@pytest.fixture
async def key(api: httpx.AsyncClient) -> dict[str, str]:
    made: dict[str, str] = (await api.post("/keys")).json()["result"]
    return made


async def live_input(
    api: httpx.AsyncClient, control: httpx.AsyncClient, **recording: Any
) -> tuple[str, str]:
    """A connected input and its video."""
    body = {"recording": {"mode": "automatic"} | recording}
    uid = (await api.post("/live_inputs", json=body)).json()["result"]["uid"]
    video = (await control.post(f"/inputs/{uid}/connect")).json()["result"]["video"]
    return uid, video


def put_media(simulators: Simulators, video_uid: str) -> None:
    """Two segments, as a segmenter would leave them."""
    folder: Path = simulators.cloudflare.media.part(video_uid, 0)
    (folder / "list.m3u8").write_text(PLAYLIST)
    for name in ("00000.ts", "00001.ts"):
        (folder / name).write_bytes(b"G" * 188)


def token(key: dict[str, str], uid: str, **claims: Any) -> str:
    body = {"sub": uid, "kid": key["id"], "exp": int(time.time()) + 60} | claims
    return sign(body, key["id"], key["pem"])


async def test_idle_input_answers_no_content(
    api: httpx.AsyncClient, host: httpx.AsyncClient
) -> None:
    body = {"recording": {"mode": "automatic"}}
    uid = (await api.post("/live_inputs", json=body)).json()["result"]["uid"]

    assert (await host.get(f"/{uid}/manifest/video.m3u8")).status_code == 204
    assert (await host.get(f"/{uid}/lifecycle")).json() == {
        "isInput": True,
        "videoUID": None,
        "live": False,
    }


async def test_live_input_plays_its_current_broadcast(
    simulators: Simulators,
    api: httpx.AsyncClient,
    control: httpx.AsyncClient,
    host: httpx.AsyncClient,
) -> None:
    uid, video = await live_input(api, control)
    put_media(simulators, video)

    master = await host.get(f"/{uid}/manifest/video.m3u8")
    playlist = await host.get(f"/{uid}/manifest/stream.m3u8")
    segment = await host.get(f"/{uid}/manifest/media/{video}/0/00001.ts")

    assert master.headers["content-type"].startswith("application/vnd.apple.mpegurl")
    assert master.text.splitlines()[-1] == "stream.m3u8"
    assert f"media/{video}/0/00001.ts" in playlist.text
    assert "#EXT-X-ENDLIST" not in playlist.text
    assert segment.content == b"G" * 188
    assert (await host.get(f"/{uid}/lifecycle")).json()["videoUID"] == video
    assert (await host.get(f"/{uid}/views")).json() == {"liveViewers": 1}


async def test_browser_of_any_origin_may_play(host: httpx.AsyncClient) -> None:
    answer = await host.get(f"/{VIDEO}/lifecycle", headers={"origin": "https://shop.example"})

    assert answer.status_code == 404
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_segment_of_another_video_is_not_found(
    simulators: Simulators,
    api: httpx.AsyncClient,
    control: httpx.AsyncClient,
    host: httpx.AsyncClient,
) -> None:
    mine, _ = await live_input(api, control)
    _, other = await live_input(api, control)
    put_media(simulators, other)

    for path in (f"{other}/0/00000.ts", f"{other}/../../simulators.sqlite3", f"{other}/0/%2e%2e/x"):
        assert (await host.get(f"/{mine}/manifest/media/{path}")).status_code == 404


async def test_signed_playback_needs_a_token(
    api: httpx.AsyncClient,
    control: httpx.AsyncClient,
    host: httpx.AsyncClient,
    key: dict[str, str],
) -> None:
    uid, video = await live_input(api, control, requireSignedURLs=True)

    for name in (uid, video):
        assert (await host.get(f"/{name}/lifecycle")).status_code == 401
        assert (await host.get(f"/{name}/manifest/video.m3u8")).status_code == 401
        assert (await host.get(f"/{token(key, name)}/lifecycle")).status_code == 200
    made = (await api.post(f"/{uid}/token")).json()["result"]["token"]
    assert (await host.get(f"/{made}/lifecycle")).json()["videoUID"] == video


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1_000_000_000},
        {"nbf": 4_000_000_000},
        {"exp": 4_000_000_000},
        {"kid": "another"},
        {"accessRules": [{"type": "any", "action": "block"}]},
        {"accessRules": [{"type": "ip.src", "action": "block", "ip": ["127.0.0.0/8"]}]},
        {"accessRules": [{"type": "any", "action": "allow"}] * 6},
        {"sub": None},
    ],
    ids=["expired", "early", "too long", "other kid", "blocked", "ip", "many rules", "no sub"],
)
async def test_token_is_refused_when_a_claim_is_wrong(
    api: httpx.AsyncClient,
    control: httpx.AsyncClient,
    host: httpx.AsyncClient,
    key: dict[str, str],
    claims: dict[str, Any],
) -> None:
    uid, _ = await live_input(api, control, requireSignedURLs=True)

    answer = await host.get(f"/{token(key, uid, **claims)}/lifecycle")

    assert answer.status_code == 401


async def test_token_is_refused_when_signed_by_a_stranger(
    api: httpx.AsyncClient,
    control: httpx.AsyncClient,
    host: httpx.AsyncClient,
    key: dict[str, str],
) -> None:
    uid, _ = await live_input(api, control, requireSignedURLs=True)
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    claims = {"sub": uid, "kid": key["id"], "exp": int(time.time()) + 60}
    forged = jwt.encode(claims, stranger, algorithm="RS256", headers={"kid": key["id"]})

    assert (await host.get(f"/{forged}/lifecycle")).status_code == 401


async def test_tokens_die_with_their_key(
    api: httpx.AsyncClient,
    control: httpx.AsyncClient,
    host: httpx.AsyncClient,
    key: dict[str, str],
) -> None:
    uid, _ = await live_input(api, control, requireSignedURLs=True)
    await api.delete(f"/keys/{key['id']}")

    assert (await host.get(f"/{token(key, uid)}/lifecycle")).status_code == 401


async def test_failed_video_answers_failed_dependency(
    api: httpx.AsyncClient, control: httpx.AsyncClient, host: httpx.AsyncClient
) -> None:
    _, video = await live_input(api, control)
    await control.post(f"/videos/{video}/error")

    assert (await host.get(f"/{video}/manifest/video.m3u8")).status_code == 424


async def test_hidden_viewer_count_is_not_told(
    api: httpx.AsyncClient, control: httpx.AsyncClient, host: httpx.AsyncClient
) -> None:
    uid, _ = await live_input(api, control, hideLiveViewerCount=True)

    assert (await host.get(f"/{uid}/views")).status_code == 403


async def test_webrtc_says_that_it_is_not_there(
    api: httpx.AsyncClient, host: httpx.AsyncClient
) -> None:
    made = (await api.post("/live_inputs", json={})).json()["result"]

    answer = await host.post(made["webRTC"]["url"], content=b"v=0")

    assert answer.status_code == 501
    assert "not simulated" in answer.text


def segments(count: int, *, part: int = 0) -> list[Segment]:
    return [
        Segment(name=f"{part}/{number:05}.ts", seconds=2.0, starts_part=number == 0)
        for number in range(count)
    ]


def test_live_playlist_shows_the_last_segments() -> None:
    lines = media_playlist(VIDEO, segments(10), live=True, dvr=False).splitlines()

    assert "#EXT-X-MEDIA-SEQUENCE:4" in lines
    assert lines[-1] == f"media/{VIDEO}/0/00009.ts"
    assert sum(line.startswith("#EXTINF") for line in lines) == 6


def test_dvr_playlist_shows_all_as_an_event() -> None:
    lines = media_playlist(VIDEO, segments(10), live=True, dvr=True).splitlines()

    assert "#EXT-X-PLAYLIST-TYPE:EVENT" in lines
    assert "#EXT-X-MEDIA-SEQUENCE:0" in lines
    assert sum(line.startswith("#EXTINF") for line in lines) == 10


def test_recording_is_whole_with_a_break_where_the_feed_came_back() -> None:
    both = segments(2) + segments(2, part=1)

    lines = media_playlist(VIDEO, both, live=False, dvr=False).splitlines()

    assert lines[-1] == "#EXT-X-ENDLIST"
    assert "#EXT-X-PLAYLIST-TYPE:VOD" in lines
    at = lines.index("#EXT-X-DISCONTINUITY")
    assert lines[at + 2] == f"media/{VIDEO}/1/00000.ts"


@pytest.mark.parametrize(("shown", "passed"), [(5, 0), (6, 0), (7, 1)])
def test_breaks_that_left_the_window_are_counted(shown: int, passed: int) -> None:
    """RFC 8216 §6.2.2: counted once the discontinuity tag itself is gone."""
    both = segments(3) + segments(shown, part=1)

    lines = media_playlist(VIDEO, both, live=True, dvr=False).splitlines()

    assert f"#EXT-X-DISCONTINUITY-SEQUENCE:{passed}" in lines
    assert ("#EXT-X-DISCONTINUITY" in lines) == (passed == 0)
