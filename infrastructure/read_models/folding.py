"""Folds events into views in memory, one batch after another. Knows no store.

An event that cannot be folded parks its stream: it and what follows it in the stream are left
out, everything else goes on.
"""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

import msgspec

from domain.identity.events import PersonalDataErased
from domain.shared import Recorded, UndecodableEvent, UnknownEvent
from infrastructure.faults import fault_text
from infrastructure.read_models.persons import persons_in
from infrastructure.read_models.schema import KEY_LENGTH
from infrastructure.read_models.store import (
    ERASED,
    Change,
    Mark,
    Parked,
    StoredViews,
    Touched,
    Unwritable,
)
from projections.projection import Projection

V = TypeVar("V", bound=msgspec.Struct)

_CACHED_VIEWS = 5000

_UNREADABLE = (UndecodableEvent, UnknownEvent)

_Keyed = tuple[str | Exception | None, Recorded]


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
        """`skipped` positions are passed over, but no erasure is; `condemned` ones park with the
        given error."""
        self._projection = projection
        self._set_aside = set(parked)
        self._skipped = skipped
        self._condemned = condemned or {}
        self._decode = msgspec.json.Decoder(projection.view).decode
        self._views: dict[str, V | bytes | Exception | None] = {}
        self._before: dict[str, V | None] = {}
        self._positions: dict[str, int] = {}
        self._holders: dict[str, set[str]] = {}
        self._erased: set[str] = set()
        self.parked: list[Parked] = []

    @property
    def touched(self) -> int:
        """How many views differ from what is stored."""
        return len(self._before)

    async def take(self, events: Sequence[Recorded], stored: StoredViews) -> None:
        """Folds events, in order; views that are not at hand yet come from `stored`."""
        keyed = [(self._key(recorded), recorded) for recorded in events]
        await self._find_holders(events, stored)
        begun, others = self._needed(keyed)
        self._views.update((key, _refusal(key)) for key in begun - self._views.keys())
        await self._fetch(others.union(*self._holders.values()) - self._views.keys(), stored)
        for key, recorded in keyed:
            if key is not None and recorded.stream not in self._set_aside:
                if isinstance(key, str):
                    self._fold(key, recorded)
                else:
                    self._park(recorded, key)
            if self._holders and isinstance(recorded.event, PersonalDataErased):
                self._forget(recorded, recorded.event.user_id)

    async def forget_erased(self, stored: StoredViews) -> None:
        """Folded later than they happened, events may bring back somebody who was erased since:
        forgets them in the views that were touched. Raises `Unwritable`."""
        holders: dict[str, list[str]] = {}
        for key in self._before:
            with suppress(Exception):  # then the commit fails for that
                for person in persons_in(self._projection, self._view(key)):
                    holders.setdefault(person, []).append(key)
        held = await stored.holding(holders) if holders else {}
        try:
            for person in (each for each in held if ERASED in held[each]):
                for key in holders[person]:
                    self._forget_in(key, person, self._positions[key])
        except Exception as error:
            raise Unwritable from error

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
            erased=frozenset(self._erased),
        )

    def settle(self) -> None:
        """The change is on its way to the store: from here on what was folded counts as stored.

        Its views stay at hand, since the store may not show them yet.
        """
        if len(self._views) > _CACHED_VIEWS:
            self._views = {key: self._views[key] for key in self._before}
        self._before = {}
        self._positions = {}
        self._erased = set()
        self.parked = []

    def _needed(self, keyed: Iterable[_Keyed]) -> tuple[set[str], set[str]]:
        """Keys of views that begin here, and of those that may be stored."""
        begun: set[str] = set()
        others: set[str] = set()
        for key, recorded in keyed:
            if isinstance(key, str) and key not in begun:
                (begun if recorded.type in self._projection.begins else others).add(key)
        return begun - others, others

    async def _fetch(self, missing: Collection[str], stored: StoredViews) -> None:
        found = await stored.load(missing) if missing else {}
        for key in missing:
            # Why a key is refused stands in the view's place, and is raised on folding.
            self._views[key] = found.get(key) or _refusal(key)

    async def _find_holders(self, events: Sequence[Recorded], stored: StoredViews) -> None:
        """Notes whom `events` erase, and the keys of all views that hold data of theirs by now."""
        erased = self._erased_by(events)
        held = await stored.holding(erased) if erased else {}
        self._holders = {person: {*held.get(person, ())} - {ERASED} for person in erased}
        for key, view in self._views.items() if erased else ():
            if isinstance(view, self._projection.view):  # what is still bytes is as it is stored
                self._note_persons(key, view)

    def _erased_by(self, events: Sequence[Recorded]) -> set[str]:
        if self._projection.forget is None:
            return set()
        return {
            recorded.event.user_id
            for recorded in events
            if isinstance(recorded.event, PersonalDataErased)
        }

    def _note_persons(self, key: str, view: V | None) -> None:
        with suppress(Exception):  # then its commit fails, and its stream is parked for that
            for person in persons_in(self._projection, view) & self._holders.keys():
                self._holders[person].add(key)

    def _key(self, recorded: Recorded) -> str | Exception | None:
        """The view's key, None if there is nothing to fold, or why it cannot be told."""
        if recorded.stream in self._set_aside or recorded.position in self._skipped:
            return None
        if type(recorded.event) in _UNREADABLE:
            return Poisoned("the event cannot be decoded")
        if recorded.type not in self._projection.types:
            return None
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
            self._replace(key, before, after, recorded.position)

    def _forget(self, recorded: Recorded, person: str) -> None:
        """Also while the person's own stream is set aside: nothing keeps an erasure waiting."""
        if recorded.position in self._condemned:
            self._park(recorded, Poisoned(self._condemned[recorded.position]))
            return
        self._erased.add(person)
        for key in self._holders[person]:
            try:
                self._forget_in(key, person, recorded.position)
            except Exception as error:  # noqa: BLE001 - whatever a projection raises parks
                self._park(recorded, error)

    def _forget_in(self, key: str, person: str, position: int) -> None:
        view, forget = self._view(key), self._projection.forget
        if forget is None or view is None or person not in persons_in(self._projection, view):
            return
        after = forget(view, person)
        if after is not view:
            self._replace(key, view, after, position)

    def _replace(self, key: str, before: V | None, after: V | None, position: int) -> None:
        self._before.setdefault(key, before)
        self._positions[key] = position
        self._views[key] = after
        if self._holders:
            self._note_persons(key, after)

    def _view(self, key: str) -> V | None:
        view = self._views[key]
        if isinstance(view, bytes):
            view = self._decode(view)
            self._views[key] = view
        elif isinstance(view, Exception):
            raise view
        return view

    def _park(self, recorded: Recorded, error: Exception) -> None:
        if recorded.stream in self._set_aside:
            return
        self._set_aside.add(recorded.stream)
        self.parked.append(parked_at(recorded, error))


def _refusal(key: str) -> Poisoned | None:
    if 0 < len(key) <= KEY_LENGTH and key.isascii():
        return None
    return Poisoned(f"the view's key is not ASCII of 1 to {KEY_LENGTH} characters")


def parked_at(recorded: Recorded, error: Exception) -> Parked:
    return Parked(
        stream=recorded.stream,
        version=recorded.version,
        position=recorded.position,
        type=recorded.type,
        error=str(error) if isinstance(error, Poisoned) else fault_text(error),
        parked_us=time.time_ns() // 1000,
    )
