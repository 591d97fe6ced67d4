"""Whoever is erased stands in no view any more, however and whenever the views are made."""

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import pytest

from domain.identity.events import PersonalDataErased
from infrastructure.read_models.control import ErasureNotReleasable, ProjectionControl
from infrastructure.read_models.pages import LogPages
from infrastructure.read_models.requests import Requests
from projections.projection import Projection
from tests.support.projections import (
    Book,
    Signed,
    World,
    caught_up,
    cure,
    redis_books,
    redis_scores,
    running,
    table_books,
    table_scores,
    until,
    world,
)
from tests.support.searching import Search, entries, rows

pytestmark = pytest.mark.services

Make = Callable[..., Projection[Book]]


@pytest.fixture
async def there(database_url: str, redis_url: str, redis_prefix: str) -> AsyncIterator[World]:
    async with world(database_url, redis_url, redis_prefix) as made:
        yield made


@pytest.fixture(params=[table_books, redis_books], ids=["table", "redis"])
def make(request: pytest.FixtureRequest) -> Make:
    made: Make = request.param
    return made


async def names(there: World, projection: Projection[Book], *books: str) -> list[Any]:
    """Each book's names once the log's end is reached; None: there is no such view."""
    async with there.projecting(projection) as views:
        await caught_up(views, projection, await there.log.head())
        seen = [(await views.get(projection, book)).value for book in books]
    return [view and view.names for view in seen]


async def test_an_erased_person_is_forgotten_in_every_view(there: World, make: Make) -> None:
    await there.sign("a", "ann", "Ann")
    await there.sign("a", "bob", "Bob")
    await there.sign("b", "ann", "Ann again")
    both = [{"ann": "Ann", "bob": "Bob"}, {"ann": "Ann again"}]
    assert await names(there, make(), "a", "b") == both
    assert await found_outside_the_log(there, "Ann")

    await there.erase("ann")

    assert await names(there, make(), "a", "b") == [{"bob": "Bob"}, None]
    assert not await found_outside_the_log(there, "Ann")


async def test_an_erasure_in_the_batch_of_what_it_erases_forgets_it(
    there: World, make: Make
) -> None:
    await there.sign("a", "ann", "Ann")
    await there.erase("ann")
    await there.sign("a", "bob", "Bob")
    await there.erase("bob")
    await there.sign("b", "ann", "after")
    await there.erase("nobody")

    assert await names(there, make(), "a", "b") == [None, {"ann": "after"}]


async def test_erasing_twice_changes_nothing(there: World, make: Make) -> None:
    await there.sign("a", "ann", "Ann")
    await there.sign("a", "bob", "Bob")
    for _ in range(2):
        await there.erase("ann")
        await there.erase("ann")
        assert await names(there, make(), "a") == [{"bob": "Bob"}]


async def test_a_rebuild_ends_without_who_was_erased_meanwhile(there: World, make: Make) -> None:
    projection = make()
    for number in range(50):
        await there.sign(f"b{number}", "ann", "Ann")
        await there.sign(f"b{number}", f"p{number}", "somebody")
    async with there.projecting(projection) as views:
        await caught_up(views, projection, await there.log.head())
        control = there.control(projection)
        await control.rebuild(projection.name)
        await there.erase("ann")
        await until(lambda: _serves_generation(control, 2))
        await caught_up(views, projection, await there.log.head())
        found = [(await views.get(projection, f"b{number}")).value for number in range(50)]
    assert found == [Book(names={f"p{number}": "somebody"}) for number in range(50)]


async def test_a_parked_stream_folded_after_the_erasure_forgets_too(
    there: World, make: Make
) -> None:
    projection, poison = make(), f"poison {uuid4()}"
    await there.sign("a", "eve", poison)
    await there.sign("a", "ann", "Ann")
    await there.erase("ann")
    control = there.control(projection)
    async with there.projecting(projection) as views:
        await caught_up(views, projection, await there.log.head())
        (parked,) = await control.parked(projection.name)
        cure(poison)
        await control.retry(projection.name)
        await until(lambda: _nothing_parked(control, projection.name))
        book = (await views.get(projection, "a")).value
    assert parked.error == "ValueError in sign"
    assert book == Book(names={"eve": poison})
    assert await names(there, projection, "a") == [{"eve": poison}]


async def test_a_view_that_cannot_forget_parks_the_erasure_until_it_can(
    there: World, make: Make
) -> None:
    broken = [True]

    def forget(view: Book, person: str) -> Book | None:
        if broken:
            raise ValueError("Ann stays")
        return make().forget(view, person)  # type: ignore[misc]

    projection = make(forget=forget)
    await there.sign("a", "ann", "Ann")
    await there.erase("ann")
    await there.sign("b", "bob", "Bob")
    control = there.control(projection)
    async with there.projecting(projection) as views:
        await caught_up(views, projection, await there.log.head())
        (parked,) = await control.parked(projection.name)
        assert (await views.get(projection, "b")).value == Book(names={"bob": "Bob"})
        broken.clear()
        await control.retry(projection.name)
        await until(lambda: _nothing_parked(control, projection.name))
        assert (await views.get(projection, "a")).value is None
    assert (parked.stream, parked.error) == ("account-ann", f"ValueError in {forget.__qualname__}")


async def test_an_erasure_is_never_given_up(there: World, make: Make) -> None:
    broken = [True]

    def forget(view: Book, person: str) -> Book | None:
        if broken:
            raise ValueError("Ann stays")
        return make().forget(view, person)  # type: ignore[misc]

    projection = make(forget=forget)
    await there.sign("a", "ann", "Ann")
    await there.erase("ann")
    control = there.control(projection)
    async with there.projecting(projection) as views:
        await caught_up(views, projection, await there.log.head())
        with pytest.raises(ErasureNotReleasable, match="account-ann is parked at an erasure"):
            await control.release(projection.name, "account-ann", actor="user:op")
        (parked,) = await control.parked(projection.name)
        assert not await control.pending(projection.name)
        broken.clear()  # and were it given up all the same, it is passed over no more
        await Requests(there.engine).skip(projection.name, projection.version, parked, "user:op")
        await until(lambda: _nothing_parked(control, projection.name))
        assert (await views.get(projection, "a")).value is None


async def test_the_index_goes_with_its_generation(there: World, make: Make) -> None:
    projection = make()
    projector = there.projector(projection)
    projector.grace_seconds = 0.0
    await there.sign("a", "ann", "Ann")
    async with running(projector), there.views() as views:
        await caught_up(views, projection, 1)
        before = {place for place in await places(there) if "persons" in place}
        control = there.control(projection)
        await control.rebuild(projection.name)
        await until(lambda: _is_only_generation(control, 2))
        after = {place for place in await places(there) if "persons" in place}
    assert len(before) == len(after) == 1
    assert before != after


@pytest.mark.parametrize("projection", [table_scores(), redis_scores()], ids=["table", "redis"])
async def test_a_projection_of_nobody_keeps_no_index(
    there: World, projection: Projection[Any]
) -> None:
    await there.score("ann")
    await there.erase("ann")
    async with there.projecting(projection) as views:
        assert "ann" in await there.everything(views, projection)
    assert not [place for place in await places(there) if "persons" in place]


async def test_what_was_decoded_before_an_erasure_is_not_kept_at_hand(
    sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with world(sqlite_url, redis_url, redis_prefix) as there:
        pages, types = LogPages(there.log), {Signed.tag, PersonalDataErased.tag}
        await there.sign("a", "ann", "Ann")
        signed = await pages.read(0, 9)
        (before,) = await pages.wanted(signed, types)
        assert (await pages.wanted(signed, types))[0] is before
        await there.erase("ann")
        await pages.wanted(await pages.read(1, 9), types)
        (after,) = await pages.wanted(signed, types)
    assert after is not before


def test_persons_and_forget_come_together() -> None:
    with pytest.raises(ValueError, match="books"):
        table_books(forget=None)


async def places(there: World) -> set[str]:
    """Every table with a row in it, and every Redis key."""
    return {place async for place, _ in rows(there.engine)} | {
        key async for key, _ in entries(there.redis)
    }


async def found_outside_the_log(there: World, text: str) -> list[str]:
    search = Search([text])
    in_sql = await search.everywhere(rows(there.engine, but=["events"]))
    return in_sql + await search.everywhere(entries(there.redis))


async def _nothing_parked(control: ProjectionControl, name: str) -> bool:
    return not await control.parked(name) and not await control.pending(name)


async def _serves_generation(control: ProjectionControl, generation: int) -> bool:
    status = await control.status()
    return any(each.state == "active" and each.generation == generation for each in status)


async def _is_only_generation(control: ProjectionControl, generation: int) -> bool:
    return [each.generation for each in await control.status()] == [generation]
