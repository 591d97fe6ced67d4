"""Lets people upload a picture or film straight to the object store, and checks what came."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from application.ports import ObjectStore, Upload
from domain.shared import DomainError

MIB = 1024 * 1024
UPLOAD_TIME = timedelta(minutes=15)


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """What may be uploaded: the file name's extension by content type, and bytes at most."""

    extensions: Mapping[str, str]
    largest_bytes: int


PICTURES = Fit(
    extensions={"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"},
    largest_bytes=5 * MIB,
)
FILMS = Fit(
    extensions={"video/mp4": "mp4", "video/quicktime": "mov", "video/webm": "webm"},
    largest_bytes=100 * MIB,
)


class Pictures:
    """Pictures for one `purpose`, each in its uploader's folder; what else is `fit` there counts
    as one. Refusals are the context's own: `missing` when nothing was uploaded, `invalid` with
    `field` and `limit` for what is unfit."""

    def __init__(
        self,
        objects: ObjectStore,
        *,
        purpose: str,
        missing: type[DomainError],
        invalid: type[DomainError],
        fit: Fit = PICTURES,
    ) -> None:
        self._objects = objects
        self._fit = fit
        self._purpose = purpose
        self._missing = missing
        self._invalid = invalid

    async def request_upload(
        self, picture_id: str, *, content_type: str, size: int, by: str, now: datetime
    ) -> tuple[str, Upload]:
        """The object's key, to attach once uploaded, and how to upload it. `size` is bytes."""
        self._check(content_type, size)
        key = f"{self._folder(by)}{picture_id}.{self._fit.extensions[content_type]}"
        upload = await self._objects.presign_upload(
            key,
            content_type=content_type,
            size=size,
            now=now,
            ttl_seconds=int(UPLOAD_TIME.total_seconds()),
        )
        return key, upload

    async def refuse_unfit(self, key: str, *, by: str) -> None:
        """Unless there is a fit picture under `key` that `by` uploaded."""
        if not key.startswith(self._folder(by)):
            raise self._missing
        stored = await self._objects.head(key)
        if stored is None:
            raise self._missing
        self._check(stored.content_type, stored.size)

    async def remove_all(self, *, of: str) -> None:
        """Everything somebody uploaded, whether it was ever attached or not. Repeatable."""
        for key in await self._objects.keys(self._folder(of)):
            await self._objects.delete(key)

    def _folder(self, user_id: str) -> str:
        return f"media/{user_id}/{self._purpose}/"

    def _check(self, content_type: str, size: int) -> None:
        limit = self._fit.largest_bytes
        if content_type not in self._fit.extensions:
            raise self._invalid(field="content_type", limit=limit)
        if not 0 < size <= limit:
            raise self._invalid(field="size", limit=limit)
