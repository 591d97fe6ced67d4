"""Uploads: clients send media straight to the object store, with an address made for it."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import Response, post
from litestar.params import JSONBody

from application.ports import Upload
from domain.catalogue.values import MediaKind
from interfaces.http.auth import REGISTERED, Access
from interfaces.http.hosting import HOST_OR_ADMIN
from interfaces.http.refusals import Forbidden
from interfaces.http.request import ApiRequest
from interfaces.http.shop.selling import SELLER

Purpose = Literal["stream_thumbnail", "avatar", "product_image", "product_video"]
_PRODUCTS: dict[str, MediaKind] = {"product_image": "image", "product_video": "video"}


class RequestUpload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`size` is bytes; the upload must have exactly that many, of exactly that type."""

    content_type: Annotated[str, msgspec.Meta(max_length=100, examples=["image/jpeg"])]
    size: Annotated[int, msgspec.Meta(gt=0, le=2**40, examples=[48_213])]
    purpose: Purpose


class UploadRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Send `method` to `url` with exactly these `headers`, before `expires_at`."""

    method: str
    url: str
    headers: dict[str, str]
    expires_at: datetime


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """`media_id` is what it is attached by once it is uploaded; `url` then shows it."""

    media_id: str
    url: str
    upload: UploadRequest


@post(
    "/media",
    access=REGISTERED,
    status_code=201,
    tags=["Media"],
    summary="Get an address to upload a picture or film to",
)
async def request_upload(request: ApiRequest, data: JSONBody[RequestUpload]) -> Response[Media]:
    """JPEG, PNG or WebP of 5 MiB at most: the cover of a host's show, a picture of oneself or of a
    product. Films of products are MP4, QuickTime or WebM of 100 MiB at most. What is uploaded for
    a product and not attached to it within 24 hours is removed."""
    platform = request.platform
    key, upload = await _upload(request, data)
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


async def _upload(request: ApiRequest, data: RequestUpload) -> tuple[str, Upload]:
    """Raises `Forbidden`."""
    services, by = request.platform.services, request.caller.user_id
    content_type, size = data.content_type, data.size
    if data.purpose == "avatar":
        avatars = services.identity.avatars
        return await avatars.request_upload(content_type=content_type, size=size, by=by)
    if data.purpose == "stream_thumbnail":
        _refuse_unless(request, HOST_OR_ADMIN)
        thumbnails = services.streaming.thumbnails
        return await thumbnails.request_upload(content_type=content_type, size=size, by=by)
    _refuse_unless(request, SELLER)
    return await services.catalogue.media.request_upload(
        _PRODUCTS[data.purpose], content_type=content_type, size=size, by=by
    )


def _refuse_unless(request: ApiRequest, access: Access) -> None:
    if access.roles.isdisjoint(request.caller.roles):
        raise Forbidden


ROUTES = [request_upload]
