"""Uploads: clients send media straight to the object store, with an address made for it."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import Response, post
from litestar.params import JSONBody

from application.identity.avatars import Avatars
from application.streaming.thumbnails import Thumbnails
from interfaces.http.auth import REGISTERED
from interfaces.http.hosting import HOST_OR_ADMIN
from interfaces.http.refusals import Forbidden
from interfaces.http.request import ApiRequest


class RequestUpload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`size` is bytes; the upload must have exactly that many, of exactly that type."""

    content_type: Annotated[str, msgspec.Meta(max_length=100, examples=["image/jpeg"])]
    size: Annotated[int, msgspec.Meta(gt=0, le=2**40, examples=[48_213])]
    purpose: Literal["stream_thumbnail", "avatar"]


class UploadRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Send `method` to `url` with exactly these `headers`, before `expires_at`."""

    method: str
    url: str
    headers: dict[str, str]
    expires_at: datetime


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """`media_id` is what the picture is attached by once it is uploaded; `url` then shows it."""

    media_id: str
    url: str
    upload: UploadRequest


@post(
    "/media",
    access=REGISTERED,
    status_code=201,
    tags=["Media"],
    summary="Get an address to upload a picture to",
)
async def request_upload(request: ApiRequest, data: JSONBody[RequestUpload]) -> Response[Media]:
    """JPEG, PNG or WebP of 5 MiB at most: the cover of a host's show, or a picture of oneself."""
    platform = request.platform
    key, upload = await _uploads(request, data.purpose).request_upload(
        content_type=data.content_type, size=data.size, by=request.caller.user_id
    )
    media = Media(
        media_id=key,
        url=platform.objects.public_url(key),
        upload=UploadRequest(
            method=upload.method,
            url=upload.url,
            headers=upload.headers,
            expires_at=upload.expires_at,
        ),
    )
    return Response(media, headers={"cache-control": "no-store"})


def _uploads(request: ApiRequest, purpose: str) -> Thumbnails | Avatars:
    """Raises `Forbidden`."""
    services = request.platform.services
    if purpose == "avatar":
        return services.identity.avatars
    if HOST_OR_ADMIN.roles.isdisjoint(request.caller.roles):
        raise Forbidden
    return services.streaming.thumbnails


ROUTES = [request_upload]
