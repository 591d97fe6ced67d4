"""Pictures and films of products: uploaded, checked as they are attached, and removed when nobody
attached them."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from application.catalogue.ports import Clock, MediaIndex, NewId
from application.pictures import FILMS, PICTURES, Fit, Pictures
from application.ports import EventLog, ObjectStore, Upload
from domain.catalogue.errors import InvalidMediaError, MediaNotUploadedError
from domain.catalogue.values import Media, MediaKind
from domain.shared import EPOCH

ATTACHED_WITHIN = timedelta(hours=24)
# Longer than any command takes, so that nothing is removed while it is being attached.
_REMOVED_AFTER = ATTACHED_WITHIN + timedelta(hours=1)
_UPLOADS = "media/"
_FOLDERS: dict[MediaKind, str] = {"image": "product_images", "video": "product_videos"}
_KINDS: dict[str, MediaKind] = {folder: kind for kind, folder in _FOLDERS.items()}
_FIT: dict[MediaKind, Fit] = {"image": PICTURES, "video": FILMS}
_KEYS_AT_ONCE = 500


def media_named(key: str) -> Media:
    """What an upload's key says it is. Raises `MediaNotUploadedError` for what no product's is."""
    kind = _KINDS.get(_folder_of(key))
    if kind is None:
        raise MediaNotUploadedError
    return Media(key=key, kind=kind)


class ProductMedia:
    def __init__(
        self,
        *,
        log: EventLog,
        objects: ObjectStore,
        index: MediaIndex,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._log = log
        self._objects = objects
        self._index = index
        self._clock = clock
        self._new_id = new_id
        self._pictures = {
            kind: Pictures(
                objects,
                purpose=folder,
                missing=MediaNotUploadedError,
                invalid=InvalidMediaError,
                fit=_FIT[kind],
            )
            for kind, folder in _FOLDERS.items()
        }

    async def request_upload(
        self, kind: MediaKind, *, content_type: str, size: int, by: str
    ) -> tuple[str, Upload]:
        """The object's key, to attach within `ATTACHED_WITHIN`, and how to upload it. `size` is
        bytes. Raises `InvalidMediaError`."""
        return await self._pictures[kind].request_upload(
            self._new_id(), content_type=content_type, size=size, by=by, now=self._clock()
        )

    async def refuse_unfit(self, media: Sequence[Media], *, by: str) -> None:
        """Unless `by` uploaded each not too long ago, as what it is taken for."""
        now = self._clock()
        for one in media:
            if now - _asked_at(one.key) > ATTACHED_WITHIN:
                raise MediaNotUploadedError
            await self._pictures[one.kind].refuse_unfit(one.key, by=by)

    async def remove_orphans(self) -> None:
        """The job: removes what can be attached no more and belongs to no product. Repeatable."""
        head, then = await self._log.head(), self._clock() - _REMOVED_AFTER
        old = [key for key in await self._objects.keys(_UPLOADS) if _is_older(key, then)]
        for keys in _chunks(old):
            in_use = await self._index.in_use(keys, min_position=head)
            await self._remove([key for key in keys if key not in in_use])

    async def _remove(self, keys: Collection[str]) -> None:
        for key in keys:
            await self._objects.delete(key)


def _is_older(key: str, then: datetime) -> bool:
    return _folder_of(key) in _KINDS and _asked_at(key) < then


def _folder_of(key: str) -> str:
    """`media/<user>/<folder>/<id>.<extension>`"""
    parts = key.split("/")
    return parts[2] if len(parts) == 4 and parts[0] == "media" else ""  # noqa: PLR2004


def _asked_at(key: str) -> datetime:
    """Its name is a UUIDv7, which begins with the milliseconds since 1970 (RFC 9562 §5.7); what
    has another name was never ours to keep, and is as old as can be."""
    try:
        name = UUID(key.rpartition("/")[2].partition(".")[0])
        return EPOCH + timedelta(milliseconds=name.int >> 80)
    except (ValueError, OverflowError):
        return EPOCH


def _chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        yield keys[start : start + _KEYS_AT_ONCE]
