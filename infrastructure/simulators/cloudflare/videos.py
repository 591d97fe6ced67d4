"""The API of videos: list, read, edit, delete, tokens, keys, storage."""

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.params import FromPath, QueryParameter

from infrastructure.simulators.cloudflare import shapes
from infrastructure.simulators.cloudflare.envelope import (
    LIVE_IN_PROGRESS,
    ApiRefusal,
    bad_request,
    done,
    not_found,
    ok,
    read_body,
)
from infrastructure.simulators.cloudflare.simulator import CloudflareSimulator, Simulated
from infrastructure.simulators.cloudflare.state import VideoRecord, VideoState, utc_now
from infrastructure.simulators.cloudflare.tokens import (
    LONGEST_LIFE,
    AccessRule,
    new_signing_key,
    sign,
)

_HOUR = 3600
_STORAGE_LIMIT_MINUTES = 10_000
_MOST_KEYS = 1000

AnyRequest = Request[Any, Any, Any]


class VideoQuery(msgspec.Struct, kw_only=True):
    """The list's query, as the SDK spells it; `after` and `before` are other names of
    `start` and `end`."""

    status: VideoState | None = None
    live_input_id: str | None = None
    type: str | None = None
    id: str | None = None
    creator: str | None = None
    name: str | None = None
    search: str | None = None
    video_name: str | None = None
    start: datetime | None = None
    after: datetime | None = None
    end: datetime | None = None
    before: datetime | None = None
    asc: bool = False
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1000
    include_counts: bool = False


class VideoEdit(msgspec.Struct, kw_only=True, rename="camel"):
    uid: str | msgspec.UnsetType = msgspec.UNSET
    meta: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    creator: str | msgspec.UnsetType | None = msgspec.UNSET
    require_signed_urls: bool | msgspec.UnsetType = msgspec.field(
        default=msgspec.UNSET, name="requireSignedURLs"
    )
    allowed_origins: list[str] | msgspec.UnsetType = msgspec.UNSET
    scheduled_deletion: datetime | msgspec.UnsetType | None = msgspec.UNSET
    thumbnail_timestamp_pct: Annotated[float, msgspec.Meta(ge=0, le=1)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    public_details: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class TokenBody(msgspec.Struct, kw_only=True, rename="camel"):
    id: str | None = None
    pem: str | None = None
    exp: int | None = None
    nbf: int | None = None
    downloadable: bool = False
    access_rules: Annotated[list[AccessRule], msgspec.Meta(max_length=5)] = []

    def __repr__(self) -> str:
        return f"TokenBody({self.id!r}, …)"


def find_video(simulator: CloudflareSimulator, uid: str) -> VideoRecord:
    record = simulator.state.videos.get(uid)
    if record is None:
        raise not_found("Video")
    return record


@get("/")
async def list_videos(request: AnyRequest, simulator: Simulated) -> Response[bytes]:
    try:
        query = msgspec.convert(dict(request.query_params), VideoQuery, strict=False)
    except msgspec.ValidationError as problem:
        raise bad_request(str(problem)) from None
    found = _select(simulator.state.videos, query)
    listed = [simulator.shapes.video(video) for video in found[: query.limit]]
    if query.include_counts:
        return ok(listed, range=len(found), total=len(found))
    return ok(listed)


@get("/{uid:str}")
async def get_video(uid: FromPath[str], simulator: Simulated) -> Response[bytes]:
    return ok(simulator.shapes.video(find_video(simulator, uid)))


@post("/{uid:str}", status_code=200)
async def edit_video(
    uid: FromPath[str], request: AnyRequest, simulator: Simulated
) -> Response[bytes]:
    video = find_video(simulator, uid)
    body = await read_body(request, VideoEdit)
    for field in msgspec.structs.fields(VideoEdit):
        value = getattr(body, field.name)
        if value is not msgspec.UNSET and field.name != "uid":
            setattr(video, field.name, value)
    simulator.state.save_video(video)
    return ok(simulator.shapes.video(video))


@delete("/{uid:str}", status_code=200)
async def delete_video(uid: FromPath[str], simulator: Simulated) -> Response[bytes]:
    video = find_video(simulator, uid)
    if video.state == "live-inprogress":
        raise ApiRefusal(
            409, LIVE_IN_PROGRESS, "Cannot delete a video while its live stream is in progress"
        )
    simulator.broadcasts.discard(video)
    simulator.media.remove(uid)
    return done()


@post("/{uid:str}/token", status_code=200)
async def create_token(
    uid: FromPath[str], request: AnyRequest, simulator: Simulated
) -> Response[bytes]:
    if simulator.state.inputs.get(uid) is None:
        find_video(simulator, uid)
    body = await read_body(request, TokenBody)
    key_id, pem = _signing_key(simulator, body)
    try:
        token = sign(_claims(uid, body, key_id), key_id, pem)
    except ValueError as problem:
        raise bad_request(str(problem), "/pem") from None
    return ok({"token": token})


@post("/keys", status_code=200)
async def create_key(simulator: Simulated) -> Response[bytes]:
    if len(simulator.state.keys) >= _MOST_KEYS:
        raise bad_request(f"an account has {_MOST_KEYS} signing keys at most")
    key = new_signing_key()
    simulator.state.keys.save(key.id, key)
    return ok({"id": key.id, "pem": key.pem, "jwk": key.jwk, "created": key.created})


@get("/keys")
async def list_keys(simulator: Simulated) -> Response[bytes]:
    return ok([shapes.listed_key(key) for key in simulator.state.keys])


@delete("/keys/{key_id:str}", status_code=200)
async def delete_key(key_id: FromPath[str], simulator: Simulated) -> Response[bytes]:
    if simulator.state.keys.remove(key_id) is None:
        raise not_found("Signing key")
    return ok("Revoked")


@get("/storage-usage")
async def storage_usage(
    simulator: Simulated,
    creator: Annotated[str | None, QueryParameter(name="creator")] = None,
) -> Response[bytes]:
    videos = [one for one in simulator.state.videos if creator in {None, one.creator}]
    minutes = sum(max(0.0, video.duration) for video in videos) / 60
    full = simulator.broadcasts.storage_exhausted
    return ok(
        {
            "creator": creator,
            "totalStorageMinutes": minutes,
            "totalStorageMinutesLimit": int(minutes) if full else _STORAGE_LIMIT_MINUTES,
            "videoCount": len(videos),
        }
    )


def _signing_key(simulator: CloudflareSimulator, body: TokenBody) -> tuple[str, str]:
    if (body.id is None) != (body.pem is None):
        raise bad_request("id and pem go together")
    if body.id is not None and body.pem is not None:
        return body.id, body.pem
    key = next(iter(simulator.state.keys), None) or new_signing_key()
    simulator.state.keys.save(key.id, key)
    return key.id, key.pem


def _claims(uid: str, body: TokenBody, key_id: str) -> dict[str, Any]:
    now = int(time.time())
    exp = now + _HOUR if body.exp is None else body.exp
    if exp > now + LONGEST_LIFE:
        raise bad_request("exp may lie 24 hours ahead at most", "/exp")
    nbf = now - _HOUR if body.nbf is None else body.nbf
    claims: dict[str, Any] = {"sub": uid, "kid": key_id, "exp": exp, "nbf": nbf}
    if body.downloadable:
        claims["downloadable"] = True
    if body.access_rules:
        claims["accessRules"] = msgspec.to_builtins(body.access_rules)
    return claims


def _select(videos: Iterable[VideoRecord], query: VideoQuery) -> list[VideoRecord]:
    """Newest first unless asked otherwise."""
    tests = _tests(query)
    found = [video for video in videos if all(test(video) for test in tests)]
    found.sort(key=lambda video: video.created, reverse=not query.asc)
    return found


def _tests(query: VideoQuery) -> list[Callable[[VideoRecord], bool]]:
    ids = set((query.id or "").split(","))
    names = set((query.name or "").split(","))
    start, end = query.start or query.after, query.end or query.before
    possible: list[tuple[object, Callable[[VideoRecord], bool]]] = [
        (query.status, lambda one: one.state == query.status),
        (query.live_input_id, lambda one: one.input_uid == query.live_input_id),
        (query.type, lambda one: _kind(one) == query.type),
        (query.id, lambda one: one.uid in ids),
        (query.creator, lambda one: one.creator == query.creator),
        (query.name, lambda one: one.uid in names or _name(one) in names),
        (query.video_name, lambda one: _name(one) == query.video_name),
        (query.search, lambda one: (query.search or "").lower() in _name(one).lower()),
        (start, lambda one: start is None or one.created > _aware(start)),
        (end, lambda one: end is None or one.created < _aware(end)),
    ]
    return [test for asked, test in possible if asked is not None]


def _kind(video: VideoRecord) -> str:
    return "live" if video.state == "live-inprogress" else "vod"


def _name(video: VideoRecord) -> str:
    return str(video.meta.get("name", ""))


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=utc_now().tzinfo)


video_handlers = [
    list_videos,
    create_key,
    list_keys,
    delete_key,
    storage_usage,
    get_video,
    edit_video,
    delete_video,
    create_token,
]
