"""A poison event parks its stream and stops nothing else; operators retry or release it."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from infrastructure.read_models.control import NotParked, ProjectionControl, UnknownProjection
from projections.projection import Projection, RedisProjection
from tests.support.projections import (
    Score,
    World,
    caught_up,
    cure,
    redis_scores,
    table_scores,
    until,
    world,
)

pytestmark = pytest.mark.services


@pytest.fixture
async def there(database_url: str, redis_url: str, redis_prefix: str) -> AsyncIterator[World]:
    async with world(database_url, redis_url, redis_prefix) as made:
        yield made


@pytest.fixture(params=[table_scores, redis_scores], ids=["table", "redis"])
def projection(request: pytest.FixtureRequest) -> Projection[Score]:
    made: Projection[Score] = request.param()
    return made


def poison() -> str:
    return f"poison {uuid4()}"


async def test_a_poison_event_parks_its_stream_alone(
    there: World, projection: Projection[Score]
) -> None:
    await there.score("ann", 1)
    await there.score("ann", 2, note=poison())
    await there.score("ann", 4)
    last = await there.score("bob", 8)
    async with there.projecting(projection) as views:
        await caught_up(views, projection, last)
        ann, bob = [(await views.get(projection, name)).value for name in ("ann", "bob")]
        (found,) = await there.control(projection).parked(projection.name)
    assert ann is not None
    assert (ann.points, ann.events) == (1, 1)
    assert bob is not None
    assert bob.points == 8
    assert (found.stream, found.version, found.position) == ("player-ann", 2, 2)
    assert found.error == "ValueError in tally"


async def test_a_payload_that_cannot_be_decoded_parks_its_stream(
    there: World, projection: Projection[Score]
) -> None:
    await there.corrupt("ann")
    last = await there.score("bob")
    async with there.projecting(projection) as views:
        await caught_up(views, projection, last)
        (found,) = await there.control(projection).parked(projection.name)
    assert (found.stream, found.error) == ("player-ann", "the event cannot be decoded")


async def test_retry_folds_what_was_set_aside_in_order(
    there: World, projection: Projection[Score]
) -> None:
    note = poison()
    await there.score("ann", 1)
    await there.score("ann", 2, note=note)
    control = there.control(projection)
    async with there.projecting(projection) as views:
        last = await there.score("ann", 4)
        await caught_up(views, projection, last)
        await control.retry(projection.name, "player-ann")
        await until(lambda: _attempts(control, projection.name, 2))
        cure(note)
        await control.retry(projection.name)
        await until(lambda: _nothing_parked(control, projection.name))
        ann = (await views.get(projection, "ann")).value
    assert ann == Score(player="ann", points=7, events=3, history=(1, 2, 3))


async def test_release_passes_over_the_poison_event_for_good(
    there: World, projection: Projection[Score]
) -> None:
    await there.score("ann", 1)
    await there.score("ann", 2, note=poison())
    await there.score("ann", 4)
    control = there.control(projection)
    async with there.projecting(projection) as views:
        await caught_up(views, projection, 3)
        await control.release(projection.name, "player-ann", actor="user:op")
        await until(lambda: _nothing_parked(control, projection.name))
        await there.score("ann", 8)
        await caught_up(views, projection, 4)
        await control.rebuild(projection.name)
        await until(lambda: _serves_generation(control, 2))
        ann = (await views.get(projection, "ann")).value
    assert ann == Score(player="ann", points=13, events=3, history=(1, 3, 4))


async def test_a_value_the_database_refuses_parks_its_stream(
    mysql_url: str, redis_url: str, redis_prefix: str
) -> None:
    projection = table_scores()
    async with world(mysql_url, redis_url, redis_prefix) as there:
        for number in range(40):
            await there.score("x" * 60 if number == 17 else f"p{number}")
        last = await there.score("x" * 60)
        async with there.projecting(projection) as views:
            await caught_up(views, projection, last)
            found = await there.everything(views, projection)
            (set_aside,) = await there.control(projection).parked(projection.name)
    assert len(found) == 39
    assert (set_aside.position, set_aside.attempts) == (18, 1)
    assert set_aside.error.startswith("DataError")


async def test_a_score_that_is_no_number_parks_its_stream(
    sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    base = redis_scores()
    projection = RedisProjection(
        name=base.name,
        version=1,
        view=Score,
        types=base.types,
        key=base.key,
        fold=base.fold,
        rankings=lambda view: {"points": float("nan") if view.points == 13 else view.points},
    )
    async with world(sqlite_url, redis_url, redis_prefix) as there:
        for number in range(10, 20):
            await there.score(f"p{number}", number)
        async with there.projecting(projection) as views:
            await caught_up(views, projection, 10)
            assert len(await there.everything(views, projection)) == 9
            (set_aside,) = await there.control(projection).parked(projection.name)
    assert set_aside.stream == "player-p13"


async def test_control_refuses_what_is_not_there(there: World) -> None:
    projection = table_scores()
    control = there.control(projection)
    with pytest.raises(UnknownProjection):
        await control.rebuild("nothing")
    with pytest.raises(NotParked):
        await control.release(projection.name, "player-ann", actor="user:op")


async def _attempts(control: ProjectionControl, name: str, attempts: int) -> bool:
    return [each.attempts for each in await control.parked(name)] == [attempts]


async def _nothing_parked(control: ProjectionControl, name: str) -> bool:
    return not await control.parked(name) and not await control.pending(name)


async def _serves_generation(control: ProjectionControl, generation: int) -> bool:
    status = await control.status()
    return any(each.state == "active" and each.generation == generation for each in status)
