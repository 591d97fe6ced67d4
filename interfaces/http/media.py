"""Uploads: clients send media straight to the object store, with an address made for it."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import Response, post
from litestar.params import JSONBody

from interfaces.http.hosting import HOST_OR_ADMIN
from interfaces.http.request import ApiRequest


class RequestUpload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`size` is bytes; the upload must have exactly that many, of exactly that type."""

    content_type: Annotated[str, msgspec.Meta(max_length=100, examples=["image/jpeg"])]
    size: Annotated[int, msgspec.Meta(gt=0, le=2**40, examples=[48_213])]
    purpose: Literal["stream_thumbnail"]


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
    access=HOST_OR_ADMIN,
    status_code=201,
    tags=["Media"],
    summary="Get an address to upload a picture to",
)
async def request_upload(request: ApiRequest, data: JSONBody[RequestUpload]) -> Response[Media]:
    """JPEG, PNG or WebP of 5 MiB at most, as the cover of a show of one's own."""
    platform, caller = request.platform, request.caller
    key, upload = await platform.services.streaming.thumbnails.request_upload(
        content_type=data.content_type,
        size=data.size,
        by=caller.user_id,
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


ROUTES = [request_upload]
