"""The cover pictures of shows."""

from application.pictures import Pictures
from application.ports import CommandBus, Dispatch, ObjectStore, Outcome, Upload
from application.streaming.ports import Clock, NewId
from domain.streaming.commands import AttachThumbnail
from domain.streaming.errors import (
    InvalidThumbnailError,
    ThumbnailNotUploadedError,
)


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
        self._clock = clock
        self._new_id = new_id
        self._pictures = Pictures(
            objects,
            purpose="thumbnails",
            missing=ThumbnailNotUploadedError,
            invalid=InvalidThumbnailError,
        )

    async def request_upload(self, *, content_type: str, size: int, by: str) -> tuple[str, Upload]:
        """The object's key, to attach once uploaded, and how to upload it. `size` is bytes.

        What somebody uploads is theirs; which show it is for is said when it is attached.
        """
        return await self._pictures.request_upload(
            self._new_id(), content_type=content_type, size=size, by=by, now=self._clock()
        )

    async def attach_thumbnail(self, dispatch: Dispatch, command: AttachThumbnail) -> Outcome:
        """Executes `dispatch`, whose command is `command`, if the picture is there and fit."""
        await self._pictures.refuse_unfit(command.key, by=command.by)
        return await self._bus.execute(dispatch)
