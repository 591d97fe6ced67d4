"""The pictures people are shown with."""

from application.identity.accounts import Accounts
from application.identity.ports import Clock, NewId
from application.pictures import Pictures
from application.ports import ObjectStore, Upload
from domain.identity.errors import InvalidPictureError, PictureNotUploadedError
from domain.identity.events import AvatarAttached


class Avatars:
    def __init__(
        self,
        *,
        accounts: Accounts,
        objects: ObjectStore,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._accounts = accounts
        self._objects = objects
        self._clock = clock
        self._new_id = new_id
        self._pictures = Pictures(
            objects,
            purpose="avatars",
            missing=PictureNotUploadedError,
            invalid=InvalidPictureError,
        )

    async def request_upload(self, *, content_type: str, size: int, by: str) -> tuple[str, Upload]:
        """The object's key, to attach once uploaded, and how to upload it. `size` is bytes."""
        return await self._pictures.request_upload(
            self._new_id(), content_type=content_type, size=size, by=by, now=self._clock()
        )

    async def refuse_unfit(self, key: str, *, by: str) -> None:
        """Unless there is a fit picture under `key` that `by` uploaded. The one in use is."""
        if key != (await self._accounts.load(by)).state.avatar_key:
            await self._pictures.refuse_unfit(key, by=by)

    async def remove_old_avatars(self, user_id: str) -> None:
        """All but the one in use. Repeatable."""
        in_use = (await self._accounts.load(user_id)).state.avatar_key
        for key in await self._attached(user_id):
            if key != in_use:
                await self._objects.delete(key)

    async def remove_all(self, user_id: str) -> None:
        """Every one the person ever uploaded. Repeatable."""
        await self._pictures.remove_all(of=user_id)

    async def _attached(self, user_id: str) -> list[str]:
        history = self._accounts.history(user_id)
        return [one.event.key async for one in history if isinstance(one.event, AvatarAttached)]
