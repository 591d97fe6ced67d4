"""Whose data stands in which views: the index that a generation keeps beside them.

It changes in the commit that changes the views, so that whoever is erased is found in all of them.
"""

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple, TypeVar

import msgspec

from domain.identity.events import PersonalDataErased
from infrastructure.read_models.store import ERASED, Change
from projections.projection import Projection

V = TypeVar("V", bound=msgspec.Struct)


class Entry(NamedTuple):
    """The view of `key` holds data of `person`."""

    person: str
    key: str


class IndexChange(NamedTuple):
    """Entries to be removed, and those to be added, some of which may be there already."""

    removed: list[Entry]
    added: list[Entry]


def followed_types(projection: Projection[Any]) -> frozenset[str]:
    """The events that concern a projection: its own, and erasures if it has whom to forget."""
    if projection.forget is None:
        return projection.types
    return projection.types | {PersonalDataErased.tag}


def index_change(projection: Projection[V], change: Change[V]) -> IndexChange:
    """What a commit changes in the index. Raises whatever the projection's `persons` does."""
    removed: list[Entry] = []
    added: list[Entry] = []
    if projection.persons is not None:
        for key, touched in change.views.items():
            before = persons_in(projection, touched.before)
            after = persons_in(projection, touched.after)
            if before != after:
                removed += _entries(before - after, key)
                added += _entries(after - before, key)
        added += erasures(change).added
    return IndexChange(removed, added)


def erasures(change: Change[Any]) -> IndexChange:
    """What a commit changes of who was erased."""
    return IndexChange([], [Entry(person, ERASED) for person in change.erased])


def persons_in(projection: Projection[V], view: V | None) -> frozenset[str]:
    if projection.persons is None or view is None:
        return frozenset()
    return frozenset(projection.persons(view))


def _entries(persons: Collection[str], key: str) -> Iterator[Entry]:
    return (Entry(person, key) for person in persons)
