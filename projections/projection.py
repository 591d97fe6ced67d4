"""What a projection is: a view, how events fold into it, and where it is kept.

Owns the vocabulary only. Reading the log, committing view and position together, rebuilding,
parking and waiting are the engine's work (infrastructure.read_models).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Column

from domain.shared import Recorded

V = TypeVar("V", bound=msgspec.Struct)


@dataclass(frozen=True, kw_only=True)
class Projection(Generic[V]):
    """A view per key, folded from the log.

    `key` says which view an event belongs to (None: none of this projection's). `fold` gets the
    view so far (None: there is none yet) and returns the new one (None: remove it); it is pure,
    and an exception in it parks the event's stream. `version` goes up when the fold or the view
    changes: a new generation is then built beside the old one and takes its place.
    """

    name: str
    version: int
    view: type[V]
    types: frozenset[str]
    key: Callable[[Recorded], str | None]
    fold: Callable[[V | None, Recorded], V | None]


@dataclass(frozen=True, kw_only=True)
class TableProjection(Projection[V]):
    """Kept in SQL: one row per key with the view as JSON and the `columns` that queries filter on.

    `columns` are prototypes, copied into each generation's table; `row` gives their values.
    """

    columns: Sequence[Column[Any]] = ()
    row: Callable[[V], Mapping[str, Any]] = lambda _view: {}


@dataclass(frozen=True, kw_only=True)
class RedisProjection(Projection[V]):
    """Kept in Redis: one JSON string per key, and sorted sets for lists.

    `rankings` gives the sorted sets a view stands in, as {set name: score}; the engine adds and
    removes members as the view changes.
    """

    rankings: Callable[[V], Mapping[str, float]] = lambda _view: {}
