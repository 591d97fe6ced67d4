"""What keeps one generation of a projection: the vocabulary its SQL and Redis stores share.

A store commits views, parked streams and the position they stand for together, or not at all.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

import msgspec

V = TypeVar("V", bound=msgspec.Struct)

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_ERROR_LENGTH = 200


# Stands in the person index in place of a view's key: the person was erased.
ERASED = ""


class Mark(msgspec.Struct, frozen=True):
    """Where a generation stands: everything up to `position` is folded into it.

    `revision` counts its commits, so that one which leaves the position alone shows too.
    """

    position: int
    revision: int


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """A stream set aside, and its first event that could not be folded. Those behind it wait."""

    stream: str
    version: int
    position: int
    type: str
    error: str
    parked_us: int
    attempts: int = 1


class Standing(msgspec.Struct, frozen=True):
    """What a generation goes on from."""

    mark: Mark
    parked: Mapping[str, Parked]


class Touched(msgspec.Struct, Generic[V], frozen=True):
    """A view as it is stored and as it is to be; None: absent. `position`: last event folded."""

    before: V | None
    after: V | None
    position: int


class Change(msgspec.Struct, Generic[V], frozen=True, kw_only=True):
    """One commit: it applies to a generation that stands at `before`, and to no other.

    `erased` are the persons whose erasure was folded.
    """

    before: Mark
    position: int
    views: Mapping[str, Touched[V]]
    parked: Sequence[Parked] = ()
    unparked: Sequence[str] = ()
    erased: Collection[str] = ()

    @property
    def after(self) -> Mark:
        return Mark(self.position, self.before.revision + 1)


class Overtaken(Exception):
    """Somebody else moved this generation meanwhile; nothing was written. Go on from there."""


class GenerationGone(Exception):
    """The generation is retired, or its store has lost it."""


class Unwritable(Exception):
    """A view cannot be stored: a value is of the wrong kind or size. Nothing was written."""


class StoredViews(Protocol):
    """What folding reads of a generation."""

    async def load(self, keys: Collection[str]) -> dict[str, bytes]:
        """The stored views, as JSON; keys without one are left out."""
        ...

    async def holding(self, persons: Collection[str]) -> Mapping[str, Collection[str]]:
        """By person, the keys of the stored views that hold data of theirs, and `ERASED` of who
        was erased. Only for a projection that says so of its views."""
        ...


class GenerationStore(StoredViews, Protocol[V]):
    """One generation's views, parked streams and mark.

    `batch_views`: how many changed views a commit should have at most, roughly.
    """

    batch_views: int

    async def create(self) -> None:
        """Makes it, empty, at position 0, in place of any remains under the same name."""
        ...

    async def open(self) -> Standing:
        """Raises `GenerationGone`."""
        ...

    async def commit(self, change: Change[V]) -> Mark:
        """Raises `Overtaken`, `GenerationGone` or `Unwritable`."""
        ...

    async def probe(self) -> None:
        """Raises `GenerationGone` if the store has lost the generation behind our back."""
        ...

    async def activate(self) -> bool:
        """Takes over from the serving generation, unless that one is further. Repeatable."""
        ...

    async def drop(self) -> None: ...


def error_text(error: BaseException) -> str:
    """What went wrong with a store or the log, for a log line; quoted values are left out."""
    cause = getattr(error, "orig", None) or error
    text = f"{type(cause).__name__}: {cause}" if str(cause) else type(cause).__name__
    return _QUOTED.sub("'…'", text.splitlines()[0])[:_ERROR_LENGTH]
