"""What a projection is: a view, how events fold into it, and where it is kept.

Owns the vocabulary only. Reading the log, committing view and position together, rebuilding,
parking and waiting are the engine's work (infrastructure.read_models).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import msgspec
from sqlalchemy import Column, Select, Table

from domain.shared import Recorded

V = TypeVar("V", bound=msgspec.Struct)


@dataclass(frozen=True, kw_only=True)
class Projection(Generic[V]):
    """A view per key, folded from the log.

    `key` says which view an event belongs to (None: none of this projection's). `fold` gets the
    view so far (None: there is none yet) and returns the new one (None: remove it); it is pure,
    and an exception in it parks the event's stream. `version` goes up when anything here changes
    what is kept: a new generation is then built beside the old one and takes its place.
    `begins` are those of `types` that can only be the first of their view: none is looked for.

    A view that holds personal data says whose (`persons`: ids as in the events' `Personal`
    fields), and how it is without one's data (`forget`; None: remove it). When a person is erased
    the engine forgets them in each of their views. Repeating `forget` changes nothing.
    """

    name: str
    version: int
    view: type[V]
    types: frozenset[str]
    key: Callable[[Recorded], str | None]
    fold: Callable[[V | None, Recorded], V | None]
    begins: frozenset[str] = frozenset()
    persons: Callable[[V], Collection[str]] | None = None
    forget: Callable[[V, str], V | None] | None = None

    def __post_init__(self) -> None:
        if (self.persons is None) != (self.forget is None):
            raise ValueError(f"{self.name}: who stands in a view can be forgotten, and nobody else")


@dataclass(frozen=True, kw_only=True)
class TableProjection(Projection[V]):
    """Kept in SQL: one row per key with the view as JSON and the `columns` that queries filter on.

    `columns` are prototypes, copied into each generation's table; `row` gives their values.
    Where a view holds data of one person at most, `person` may name the column, indexed, that has
    their id or null: it spares the engine a row of its own for each view.
    """

    columns: Sequence[Column[Any]] = ()
    row: Callable[[V], Mapping[str, Any]] = lambda _view: {}
    person: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.person and self.persons is None:
            raise ValueError(f"{self.name}: nobody stands in it, so no column has their id")


@dataclass(frozen=True, kw_only=True)
class RedisProjection(Projection[V]):
    """Kept in Redis: one JSON string per key, and sorted sets for lists.

    `rankings` gives the sorted sets a view stands in, as {set name: score}; the engine adds and
    removes members as the view changes.
    """

    rankings: Callable[[V], Mapping[str, float]] = lambda _view: {}


T = TypeVar("T")


class Seen(msgspec.Struct, Generic[T], frozen=True):
    """What a query saw, and the log position its projection stood at when it looked."""

    value: T
    position: int


class ProjectionBehind(Exception):
    """The projection did not reach the wanted position in time; `retry_after` is seconds."""

    def __init__(self, projection: str, *, wanted: int, retry_after: float = 1.0) -> None:
        super().__init__(f"{projection} has not reached position {wanted} yet")
        self.projection = projection
        self.wanted = wanted
        self.retry_after = retry_after


class Views(Protocol):
    """Reads projections. Each answer comes from one generation, as of one position."""

    async def wait(self, projection: Projection[Any], position: int) -> None:
        """Returns once `projection` has reached `position`; raises `ProjectionBehind`."""
        ...

    async def get(self, projection: Projection[V], key: str) -> Seen[V | None]: ...

    async def select(
        self, projection: TableProjection[V], build: Callable[[Table], Select[Any]]
    ) -> Seen[list[V]]:
        """`build` gets the generation's table and returns a select of its `view` column."""
        ...

    async def ranked(
        self,
        projection: RedisProjection[V],
        ranking: str,
        *,
        limit: int,
        before: tuple[float, str] | None = None,
    ) -> Seen[list[V]]:
        """Views of a ranking by falling score, then falling key, from just below `before`."""
        ...
