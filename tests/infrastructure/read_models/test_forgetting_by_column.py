"""Whoever is erased is forgotten also where a column tells whose a view is, and no index does."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from sqlalchemy import Column, String

from domain.shared import Recorded
from projections.projection import TableProjection
from tests.support.projections import Signed, World, caught_up, cure, sign, until, world
from tests.support.searching import Search, rows

pytestmark = pytest.mark.services


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """Who signed a book last; nobody, once they are forgotten."""

    person: str
    name: str


def sign_over(_view: Card | None, recorded: Recorded) -> Card:
    event = recorded.event
    assert isinstance(event, Signed)
    sign(None, recorded)  # which may be poisonous
    return Card(person=event.person, name=event.name)


def cards(**changes: Any) -> TableProjection[Card]:
    made: dict[str, Any] = {
        "name": "cards",
        "version": 1,
        "view": Card,
        "types": frozenset({Signed.tag}),
        "key": lambda recorded: recorded.event.book,
        "fold": sign_over,
        "persons": lambda view: (view.person,) if view.name else (),
        "forget": lambda view, _person: Card(person=view.person, name=""),
        "columns": (Column("signer", String(64), nullable=True, index=True),),
        "row": lambda view: {"signer": view.person if view.name else None},
        "person": "signer",
    }
    return TableProjection(**{**made, **changes})


CARDS = cards()


@pytest.fixture
async def there(database_url: str, redis_url: str, redis_prefix: str) -> AsyncIterator[World]:
    async with world(database_url, redis_url, redis_prefix) as made:
        yield made


async def shown(there: World, *books: str) -> list[str]:
    """Each book's name once the log's end is reached."""
    async with there.projecting(CARDS) as views:
        await caught_up(views, CARDS, await there.log.head())
        cards = [(await views.get(CARDS, book)).value for book in books]
    return [card.name if card else "no card" for card in cards]


async def persons_rows(there: World) -> int:
    return len([place async for place, _ in rows(there.engine) if "persons" in place])


async def test_an_erased_person_is_forgotten_in_every_view_of_theirs(there: World) -> None:
    await there.sign("a", "ann", "Ann")
    await there.sign("b", "bob", "Bob")
    await there.sign("c", "ann", "Ann again")
    await there.sign("d", "ann", "Ann at first")
    await there.sign("d", "bob", "Bob then")
    assert await shown(there, "a", "b", "c", "d") == ["Ann", "Bob", "Ann again", "Bob then"]
    assert not await persons_rows(there)

    await there.erase("ann")

    assert await shown(there, "a", "b", "c", "d") == ["", "Bob", "", "Bob then"]
    assert await persons_rows(there) == 1  # that she was erased
    search = Search(["Ann"])
    assert not await search.everywhere(rows(there.engine, but=["events"]))


async def test_an_erasure_in_the_batch_of_what_it_erases_forgets_it(there: World) -> None:
    await there.sign("a", "ann", "Ann")
    await there.erase("ann")
    await there.sign("b", "ann", "after")
    assert await shown(there, "a", "b") == ["", "after"]


async def test_a_parked_stream_folded_after_the_erasure_forgets_too(there: World) -> None:
    poison = f"poison {uuid4()}"
    await there.sign("a", "eve", poison)
    await there.sign("a", "ann", "Ann")
    await there.erase("ann")
    control = there.control(CARDS)
    async with there.projecting(CARDS) as views:
        await caught_up(views, CARDS, await there.log.head())
        assert [each.stream for each in await control.parked("cards")] == ["book-a"]
        cure(poison)
        await control.retry("cards")

        async def nothing_parked() -> bool:
            return not await control.parked("cards") and not await control.pending("cards")

        await until(nothing_parked)
        assert (await views.get(CARDS, "a")).value == Card(person="ann", name="")


def test_a_projection_of_nobody_names_no_column_of_persons() -> None:
    with pytest.raises(ValueError, match="cards"):
        cards(persons=None, forget=None)
