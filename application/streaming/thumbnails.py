"""Lets hosts upload a show's cover picture straight to the object store, and checks what came."""

from datetime import timedelta

from application.ports import CommandBus, Dispatch, ObjectStore, Outcome, Upload
from application.streaming.ports import Clock, NewId
from domain.streaming.commands import AttachThumbnail
from domain.streaming.errors import (
    InvalidThumbnailError,
    ThumbnailNotUploadedError,
)

LARGEST_BYTES = 5 * 1024 * 1024
UPLOAD_TIME = timedelta(minutes=15)
EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


class Thumbnails:
    def __init__(
        self,
        *,
        bus: CommandBus,
        objects: ObjectStore,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._bus = bus
        self._objects = objects
        self._clock = clock
        self._new_id = new_id

    async def request_upload(self, *, content_type: str, size: int, by: str) -> tuple[str, Upload]:
        """The object's key, to attach once uploaded, and how to upload it. `size` is bytes.

        What somebody uploads is theirs; which show it is for is said when it is attached.
        """
        _check(content_type, size)
        key = f"{_folder(by)}{self._new_id()}.{EXTENSIONS[content_type]}"
        upload = await self._objects.presign_upload(
            key,
            content_type=content_type,
            size=size,
            now=self._clock(),
            ttl_seconds=int(UPLOAD_TIME.total_seconds()),
        )
        return key, upload

    async def attach_thumbnail(self, dispatch: Dispatch, command: AttachThumbnail) -> Outcome:
        """Executes `dispatch`, whose command is `command`, if the picture is there and fit."""
        if not command.key.startswith(_folder(command.by)):
            raise ThumbnailNotUploadedError
        stored = await self._objects.head(command.key)
        if stored is None:
            raise ThumbnailNotUploadedError
        _check(stored.content_type, stored.size)
        return await self._bus.execute(dispatch)


def _folder(user_id: str) -> str:
    return f"media/{user_id}/thumbnails/"


def _check(content_type: str, size: int) -> None:
    if content_type not in EXTENSIONS:
        raise InvalidThumbnailError(field="content_type", limit=LARGEST_BYTES)
    if not 0 < size <= LARGEST_BYTES:
        raise InvalidThumbnailError(field="size", limit=LARGEST_BYTES)
