"""However the log is cut into batches and whatever of them is stored yet: who was erased stands in
no view, and everybody else where they signed."""

import asyncio
from collections.abc import Collection, Sequence
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from domain.identity.events import PersonalDataErased
from domain.shared import Event, Recorded
from infrastructure.read_models.folding import Folding
from infrastructure.read_models.persons import Entry, index_change
from infrastructure.read_models.store import ERASED, Change, Mark
from tests.support.projections import Book, Signed, table_books

BOOKS = table_books()
_BOOKS = st.sampled_from("abcd")
_PERSONS = st.sampled_from(["ann", "bob", "cid"])
_EVENTS = st.one_of(
    st.builds(Signed, book=_BOOKS, person=_PERSONS, name=st.sampled_from(["Old", "New", "poison"])),
    st.builds(PersonalDataErased, user_id=_PERSONS, subject_key_id=st.just(""), method=st.just("")),
)


class Behind:
    """A store in memory that applies a commit only when the next one comes: the longest that a
    runner far behind goes on without seeing what it has written."""

    def __init__(self) -> None:
        self.mark = Mark(0, 0)
        self.views: dict[str, bytes] = {}
        self.index: set[Entry] = set()
        self._under_way: Change[Book] | None = None

    async def load(self, keys: Collection[str]) -> dict[str, bytes]:
        return {key: self.views[key] for key in keys if key in self.views}

    async def holding(self, persons: Collection[str]) -> dict[str, set[str]]:
        return {person: {key for who, key in self.index if who == person} for person in persons}

    def commit(self, change: Change[Book]) -> None:
        self.catch_up()
        self._under_way, self.mark = change, change.after

    def catch_up(self) -> None:
        change, self._under_way = self._under_way, None
        if change is None:
            return
        index = index_change(BOOKS, change)
        self.index = (self.index - {*index.removed}) | {*index.added}
        for key, touched in change.views.items():
            self.views.pop(key, None)
            if touched.after is not None:
                self.views[key] = json.encode(touched.after)


def recorded(events: Sequence[Event]) -> list[Recorded]:
    return [
        Recorded(
            position=position,
            stream=f"book-{event.book}" if isinstance(event, Signed) else f"account-{position}",
            version=position,
            type=event.tag,
            event=event,
            recorded_us=0,
            event_id="",
            schema_version=1,
            command_id="",
            correlation_id="",
            causation_id=None,
            actor="",
            trace_id=None,
        )
        for position, event in enumerate(events, start=1)
    ]


async def project(events: Sequence[Recorded], batch: int, page: int) -> Behind:
    """Commits every `batch` events, which are read in pages."""
    kept, folding = Behind(), Folding(BOOKS)
    for after in range(0, len(events), batch):
        read = events[after : after + batch]
        for start in range(0, len(read), page):
            await folding.take(read[start : start + page], kept)
        change = folding.change(kept.mark, read[-1].position)
        folding.settle()
        kept.commit(change)
    kept.catch_up()
    return kept


def expected(events: Sequence[Event]) -> dict[str, dict[str, str]]:
    """One event after the other, the plain way."""
    books: dict[str, dict[str, str]] = {}
    parked: set[str] = set()
    for event in events:
        if isinstance(event, PersonalDataErased):
            for names in books.values():
                names.pop(event.user_id, None)
        elif isinstance(event, Signed) and event.book not in parked:
            if event.name == "poison":
                parked.add(event.book)
            else:
                books.setdefault(event.book, {})[event.person] = event.name
    return {book: names for book, names in books.items() if names}


@given(
    st.lists(_EVENTS, max_size=30),
    st.integers(1, 8),
    st.integers(1, 8),
    st.sampled_from([0, 2, 5000]),
)
def test_nobody_erased_is_left_and_nobody_else_is_lost(
    events: list[Event], batch: int, page: int, cached: int
) -> None:
    with patch("infrastructure.read_models.folding._CACHED_VIEWS", cached):
        kept = asyncio.run(project(recorded(events), batch, page))
    views = {key: json.decode(view, type=Book).names for key, view in kept.views.items()}
    assert views == expected(events)
    assert {entry for entry in kept.index if entry.key != ERASED} == {
        Entry(person, book) for book, names in views.items() for person in names
    }
    assert {entry.person for entry in kept.index if entry.key == ERASED} == {
        event.user_id for event in events if isinstance(event, PersonalDataErased)
    }
