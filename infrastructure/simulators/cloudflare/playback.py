"""The playback host: manifests, segments, thumbnails, lifecycle, views; signed when asked for."""

import asyncio
import ipaddress
import time
from asyncio.subprocess import DEVNULL, PIPE
from typing import Annotated, Any

import msgspec
from litestar import MediaType, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import File

from infrastructure.simulators.cloudflare.encoder import QUIET, ffmpeg_program
from infrastructure.simulators.cloudflare.media import master_playlist, media_playlist
from infrastructure.simulators.cloudflare.simulator import CloudflareSimulator, Simulated
from infrastructure.simulators.cloudflare.state import LiveInputRecord, VideoRecord
from infrastructure.simulators.cloudflare.tokens import TokenRefused, Visitor

_M3U8 = "application/vnd.apple.mpegurl"
_VIEW_SECONDS = 30
_NO_WEBRTC = "WebRTC is not simulated: publish by RTMP and play HLS.\n"
_NO_DASH = "DASH is not simulated: play HLS.\n"
_MOST_THUMBNAILS = asyncio.Semaphore(2)

AnyRequest = Request[Any, Any, Any]
Plain = Response[str]


class PlaybackRefused(Exception):
    """A plain-text refusal with an HTTP status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What an address stands for. By input uid there may be no broadcast at the moment."""

    record: LiveInputRecord | None
    video: VideoRecord | None


class Views:
    """Who fetched a manifest lately, by input: the approximate viewer count."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[str, float]] = {}

    def note(self, input_uid: str, viewer: str) -> None:
        self._seen.setdefault(input_uid, {})[viewer] = time.monotonic()

    def count(self, input_uid: str) -> int:
        since = time.monotonic() - _VIEW_SECONDS
        viewers = self._seen.get(input_uid, {})
        recent = {viewer: seen for viewer, seen in viewers.items() if seen > since}
        self._seen[input_uid] = recent
        return len(recent)


@get("/{name:str}/manifest/video.m3u8")
async def master(
    name: FromPath[str], request: AnyRequest, simulator: Simulated, views: NamedDependency[Views]
) -> Plain:
    asked = admitted(simulator, name, request)
    if asked.video is None or not simulator.media.segments(asked.video.uid):
        return Response(content="", status_code=204)
    video = asked.video
    views.note(video.input_uid, _viewer(request))
    measured = simulator.media.measure(video.uid)
    bandwidth = max(64_000, int(measured.size * 8 / max(measured.seconds, 0.1)))
    text = master_playlist(
        bandwidth, (video.width, video.height), request.scope["query_string"].decode()
    )
    return _playlist(text)


@get("/{name:str}/manifest/stream.m3u8")
async def playlist(
    name: FromPath[str],
    request: AnyRequest,
    simulator: Simulated,
    views: NamedDependency[Views],
    dvr: Annotated[bool, QueryParameter(name="dvrEnabled")] = False,  # noqa: FBT002 - a query
) -> Plain:
    asked = admitted(simulator, name, request)
    if asked.video is None:
        return Response(content="", status_code=204)
    video = asked.video
    views.note(video.input_uid, _viewer(request))
    live = video.state == "live-inprogress"
    segments = simulator.media.segments(video.uid)
    return _playlist(media_playlist(video.uid, segments, live=live, dvr=dvr))


@get("/{name:str}/manifest/media/{path:path}")
async def segment(
    name: FromPath[str],
    path: FromPath[str],
    request: AnyRequest,
    simulator: Simulated,
) -> File:
    asked = admitted(simulator, name, request)
    video_uid, _, file = path.strip("/").partition("/")
    video = simulator.state.videos.get(video_uid)
    found = simulator.media.file(video_uid, file)
    if found is None or video is None or not _belongs(video, asked):
        raise PlaybackRefused(404, "No such segment.\n")
    return File(found, media_type="video/mp2t", content_disposition_type="inline")


@get("/{name:str}/manifest/video.mpd")
async def dash(name: FromPath[str], request: AnyRequest, simulator: Simulated) -> Plain:
    admitted(simulator, name, request)
    raise PlaybackRefused(501, _NO_DASH)


@get("/{name:str}/lifecycle")
async def lifecycle(
    name: FromPath[str], request: AnyRequest, simulator: Simulated
) -> dict[str, Any]:
    asked = admitted(simulator, name, request)
    if asked.record is None:
        return {
            "isInput": False,
            "videoUID": asked.video.uid if asked.video else None,
            "live": False,
        }
    video = asked.video
    return {
        "isInput": True,
        "videoUID": video.uid if video else None,
        "live": video is not None,
    }


@get("/{name:str}/views")
async def viewers(
    name: FromPath[str], request: AnyRequest, simulator: Simulated, views: NamedDependency[Views]
) -> dict[str, int]:
    asked = admitted(simulator, name, request)
    uid = asked.record.uid if asked.record else asked.video.input_uid if asked.video else ""
    record = simulator.state.inputs.get(uid)
    if record is not None and record.recording.hide_live_viewer_count:
        raise PlaybackRefused(403, "The viewer count is hidden.\n")
    return {"liveViewers": views.count(uid)}


@get("/{name:str}/thumbnails/thumbnail.jpg")
async def thumbnail(
    name: FromPath[str],
    request: AnyRequest,
    simulator: Simulated,
    height: Annotated[int, QueryParameter(name="height", ge=16, le=2000)] = 360,
    moment: Annotated[str, QueryParameter(name="time", pattern=r"^\d+(\.\d+)?s?$")] = "0s",
) -> Response[bytes]:
    asked = admitted(simulator, name, request)
    segments = simulator.media.segments(asked.video.uid) if asked.video else []
    left = float(moment.rstrip("s"))
    for one in segments:
        if left < one.seconds or one is segments[-1]:
            break
        left -= one.seconds
    path = simulator.media.file(asked.video.uid, one.name) if asked.video and segments else None
    if path is None:
        raise PlaybackRefused(404, "There is no picture yet.\n")
    async with _MOST_THUMBNAILS:
        picture = await _frame(str(path), left, height)
    return Response(content=picture, media_type="image/jpeg")


@get(["/{name:str}/watch", "/{name:str}/iframe"], media_type=MediaType.HTML)
async def watch(name: FromPath[str], request: AnyRequest, simulator: Simulated) -> Plain:
    """A bare player for browsers that play HLS by themselves."""
    admitted(simulator, name, request)
    page = (
        "<!doctype html><title>Simulated player</title>"
        '<video controls autoplay muted playsinline style="width:100%" '
        'src="manifest/video.m3u8"></video>'
    )
    return Response(content=page, media_type=MediaType.HTML)


@post("/{secret:str}/webRTC/publish")
async def whip(secret: FromPath[str]) -> Plain:
    raise PlaybackRefused(501, _NO_WEBRTC)


@post("/{name:str}/webRTC/play")
async def whep(name: FromPath[str]) -> Plain:
    raise PlaybackRefused(501, _NO_WEBRTC)


def admitted(simulator: CloudflareSimulator, name: str, request: AnyRequest) -> Asked:
    """What `name`, a uid or a token, may play. Raises `PlaybackRefused`."""
    uid, signed = name, "." in name
    if signed:
        try:
            uid = simulator.tokens.admit(name, _visitor(request))
        except TokenRefused as problem:
            raise PlaybackRefused(401, f"{problem}\n") from None
    asked = _find(simulator, uid)
    if not signed and _needs_token(asked):
        raise PlaybackRefused(401, "A signed URL is required.\n")
    if asked.video is not None and asked.video.state == "error":
        raise PlaybackRefused(424, f"{asked.video.error_code}\n")
    return asked


def _find(simulator: CloudflareSimulator, uid: str) -> Asked:
    record = simulator.state.inputs.get(uid)
    if record is not None:
        return Asked(record=record, video=simulator.state.videos.get(record.current_video or ""))
    video = simulator.state.videos.get(uid)
    if video is None:
        raise PlaybackRefused(404, "Nothing has this address.\n")
    return Asked(record=None, video=video)


def _needs_token(asked: Asked) -> bool:
    if asked.record is not None:
        return asked.record.recording.require_signed_urls
    return asked.video is not None and asked.video.require_signed_urls


def _belongs(video: VideoRecord, asked: Asked) -> bool:
    if asked.record is not None:
        return video.input_uid == asked.record.uid
    return asked.video is not None and asked.video.uid == video.uid


def _visitor(request: AnyRequest) -> Visitor:
    """`cf-ipcountry` stands in for the place a real edge would find out."""
    return Visitor(ip=_viewer(request), country=request.headers.get("cf-ipcountry", ""))


def _viewer(request: AnyRequest) -> str:
    host = request.client.host if request.client else ""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return "127.0.0.1"


def _playlist(text: str) -> Plain:
    return Response(content=text, media_type=_M3U8, headers={"cache-control": "no-store"})


async def _frame(path: str, seconds: float, height: int) -> bytes:
    process = await asyncio.create_subprocess_exec(
        ffmpeg_program(),
        *QUIET,
        "-ss",
        f"{seconds:.3f}",
        "-i",
        path,
        *f"-frames:v 1 -vf scale=-2:{height // 2 * 2} -f mjpeg pipe:1".split(),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=DEVNULL,
    )
    picture, _ = await process.communicate()
    if not picture:
        raise PlaybackRefused(404, "There is no picture at this time.\n")
    return picture


playback_handlers = [
    master,
    playlist,
    segment,
    dash,
    lifecycle,
    viewers,
    thumbnail,
    watch,
    whip,
    whep,
]
