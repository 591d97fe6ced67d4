"""Folds events into views in memory, one batch after another. Knows no store.

An event that cannot be folded parks its stream: it and what follows it in the stream are left
out, everything else goes on.
"""

import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Generic, TypeVar

import msgspec

from domain.shared import Recorded, UndecodableEvent, UnknownEvent
from infrastructure.read_models.schema import KEY_LENGTH
from infrastructure.read_models.store import Change, Mark, Parked, Touched, error_text
from projections.projection import Projection

V = TypeVar("V", bound=msgspec.Struct)

_CACHED_VIEWS = 5000

_UNREADABLE = (UndecodableEvent, UnknownEvent)

Load = Callable[[Collection[str]], Awaitable[dict[str, bytes]]]


class Poisoned(Exception):
    """An event that cannot be folded, whatever the fold."""


class Folding(Generic[V]):
    """Views as of a mark, and what events have made of them since.

    Views stay cached from batch to batch. That is safe because a commit applies only to the mark
    they were read at; after any failed commit a new `Folding` starts from the store.
    """

    def __init__(
        self,
        projection: Projection[V],
        parked: Collection[str] = (),
        *,
        skipped: Collection[int] = (),
        condemned: Mapping[int, str] | None = None,
    ) -> None:
        """`skipped` positions are passed over; `condemned` ones park with the given error."""
        self._projection = projection
        self._set_aside = set(parked)
        self._skipped = skipped
        self._condemned = condemned or {}
        self._decode = msgspec.json.Decoder(projection.view).decode
        self._views: dict[str, V | bytes | Exception | None] = {}
        self._before: dict[str, V | None] = {}
        self._positions: dict[str, int] = {}
        self.parked: list[Parked] = []

    @property
    def touched(self) -> int:
        """How many views differ from what is stored."""
        return len(self._before)

    async def take(self, events: Sequence[Recorded], load: Load) -> None:
        """Folds events, in order; `load` fetches the stored views not at hand yet."""
        keyed = [(self._key(recorded), recorded) for recorded in events]
        missing = {key for key, _ in keyed if isinstance(key, str) and key not in self._views}
        if missing:
            await self._fetch(missing, load)
        for key, recorded in keyed:
            if key is None or recorded.stream in self._set_aside:
                continue
            if isinstance(key, str):
                self._fold(key, recorded)
            else:
                self._park(recorded, key)

    def change(self, before: Mark, position: int, *, unparked: Sequence[str] = ()) -> Change[V]:
        """What is to be committed for having folded up to `position`."""
        return Change(
            before=before,
            position=position,
            views={
                key: Touched(old, new, self._positions[key])
                for key, old in self._before.items()
                if (new := self._view(key)) is not old
            },
            parked=tuple(self.parked),
            unparked=unparked,
        )

    def settle(self) -> None:
        """The change is on its way to the store: from here on what was folded counts as stored.

        Its views stay at hand, since the store may not show them yet.
        """
        if len(self._views) > _CACHED_VIEWS:
            self._views = {key: self._views[key] for key in self._before}
        self._before = {}
        self._positions = {}
        self.parked = []

    async def _fetch(self, missing: set[str], load: Load) -> None:
        stored = await load(missing)
        for key in missing:
            # Why a key is refused stands in the view's place, and is raised on folding.
            self._views[key] = stored.get(key) or _refusal(key)

    def _key(self, recorded: Recorded) -> str | Exception | None:
        """The view's key, None if there is nothing to fold, or why it cannot be told."""
        if recorded.stream in self._set_aside or recorded.position in self._skipped:
            return None
        if type(recorded.event) in _UNREADABLE:
            return Poisoned("the event cannot be decoded")
        try:
            return self._projection.key(recorded)
        except Exception as error:  # noqa: BLE001 - whatever a projection raises parks
            return error

    def _fold(self, key: str, recorded: Recorded) -> None:
        if recorded.position in self._condemned:
            self._park(recorded, Poisoned(self._condemned[recorded.position]))
            return
        try:
            before = self._view(key)
            after = self._projection.fold(before, recorded)
        except Exception as error:  # noqa: BLE001 - whatever a projection raises parks
            self._park(recorded, error)
            return
        if after is not before:
            self._before.setdefault(key, before)
            self._positions[key] = recorded.position
            self._views[key] = after

    def _view(self, key: str) -> V | None:
        view = self._views[key]
        if isinstance(view, bytes):
            view = self._decode(view)
            self._views[key] = view
        elif isinstance(view, Exception):
            raise view
        return view

    def _park(self, recorded: Recorded, error: Exception) -> None:
        self._set_aside.add(recorded.stream)
        self.parked.append(parked_at(recorded, error))


def _refusal(key: str) -> Poisoned | None:
    if len(key) <= KEY_LENGTH and key.isascii():
        return None
    return Poisoned(f"the view's key is not ASCII of at most {KEY_LENGTH} characters")


def parked_at(recorded: Recorded, error: Exception) -> Parked:
    return Parked(
        stream=recorded.stream,
        version=recorded.version,
        position=recorded.position,
        type=recorded.type,
        error=str(error) if isinstance(error, Poisoned) else error_text(error),
        parked_us=time.time_ns() // 1000,
    )
