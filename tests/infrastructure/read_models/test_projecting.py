"""Projections of both kinds follow the log, on every database."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select

from domain.shared import Event
from projections.projection import Projection, ProjectionBehind
from tests.support.projections import (
    Left,
    Noise,
    Score,
    Scored,
    World,
    caught_up,
    redis_scores,
    table_scores,
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


async def test_views_show_every_event_of_their_key(
    there: World, projection: Projection[Score]
) -> None:
    await there.score("ann", 3)
    await there.score("bob", 1)
    async with there.projecting(projection) as views:
        last = await there.score("ann", 4)
        await caught_up(views, projection, last)
        seen = await views.get(projection, "ann")
    assert seen.value == Score(player="ann", points=7, events=2, history=(1, 3))
    assert seen.position == last


async def test_a_view_goes_when_the_fold_says_so(
    there: World, projection: Projection[Score]
) -> None:
    await there.score("ann", 3)
    async with there.projecting(projection) as views:
        await caught_up(views, projection, 1)
        await there.append(("player-ann", Left(player="ann")))
        assert await there.everything(views, projection) == {}
        assert (await views.get(projection, "ann")).value is None


async def test_the_position_moves_past_what_the_projection_does_not_care_for(
    there: World, projection: Projection[Score]
) -> None:
    async with there.projecting(projection) as views:
        noise: list[tuple[str, Event]] = [("noise-1", Noise())] * 3
        last = await there.append(*noise)
        await caught_up(views, projection, last)
        await views.wait(projection, last)
        assert (await views.get(projection, "ann")).position == last


async def test_queries_say_behind_when_nothing_was_ever_built(
    there: World, projection: Projection[Score]
) -> None:
    await there.score("ann")
    async with there.views() as views:
        with pytest.raises(ProjectionBehind):
            await views.get(projection, "ann")
        with pytest.raises(ProjectionBehind) as refused:
            await views.wait(projection, 1)
    assert refused.value.wanted == 1


async def test_a_projector_goes_on_where_the_last_one_stopped(
    there: World, projection: Projection[Score]
) -> None:
    await there.score("ann", 1)
    async with there.projecting(projection) as views:
        await caught_up(views, projection, 1)
    await there.score("ann", 2)
    async with there.projecting(projection) as views:
        await caught_up(views, projection, 2)
        expected = Score(player="ann", points=3, events=2, history=(1, 2))
        assert (await views.get(projection, "ann")).value == expected


async def test_select_filters_and_orders_by_the_columns(there: World) -> None:
    projection = table_scores()
    scored: list[tuple[str, Event]] = [
        (f"player-{name}", Scored(player=name, points=points))
        for name, points in (("ann", 5), ("bob", 9), ("cid", 1))
    ]
    async with there.projecting(projection) as views:
        last = await there.append(*scored)
        await caught_up(views, projection, last)

        def best(table: Any) -> Any:
            return select(table.c.view).where(table.c.points > 2).order_by(table.c.points.desc())

        seen = await views.select(projection, best)
        none = await views.select(projection, lambda t: select(t.c.view).where(t.c.points > 99))
    assert [view.player for view in seen.value] == ["bob", "ann"]
    assert seen.position == last
    assert (none.value, none.position) == ([], last)


async def test_more_events_than_a_batch_holds_all_arrive(
    there: World, projection: Projection[Score]
) -> None:
    many: list[tuple[str, Event]] = [
        (f"player-{number % 700}", Scored(player=str(number % 700), points=1))
        for number in range(5000)
    ]
    for start in range(0, len(many), 1000):
        await there.append(*many[start : start + 1000])
    async with there.projecting(projection) as views:
        found = await there.everything(views, projection)
    assert len(found) == 700
    assert sum(view.points for view in found.values()) == 5000
