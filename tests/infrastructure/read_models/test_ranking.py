"""Sorted sets in Redis follow the views."""

from collections.abc import AsyncIterator

import pytest

from domain.shared import Event
from tests.support.projections import (
    Left,
    Scored,
    World,
    caught_up,
    redis_scores,
    world,
)

pytestmark = pytest.mark.services
RANKS = redis_scores()


@pytest.fixture
async def there(sqlite_url: str, redis_url: str, redis_prefix: str) -> AsyncIterator[World]:
    async with world(sqlite_url, redis_url, redis_prefix) as made:
        yield made


def scored(**points: int) -> list[tuple[str, Event]]:
    return [(f"player-{name}", Scored(player=name, points=each)) for name, each in points.items()]


async def test_ranked_gives_falling_scores_then_falling_keys(there: World) -> None:
    async with there.projecting(RANKS) as views:
        last = await there.append(*scored(ann=2, bob=9, cid=2, dan=5))
        await caught_up(views, RANKS, last)
        seen = await views.ranked(RANKS, "points", limit=10)
    assert [view.player for view in seen.value] == ["bob", "dan", "cid", "ann"]
    assert seen.position == last


async def test_ranked_goes_on_from_a_member_that_is_gone(there: World) -> None:
    names = [f"p{number:02}" for number in range(30)]
    async with there.projecting(RANKS) as views:
        await there.append(*scored(**dict.fromkeys(names, 1), top=8, low=0))
        last = await there.append(("player-p20", Left(player="p20")))
        await caught_up(views, RANKS, last)
        page = await views.ranked(RANKS, "points", limit=3, before=(1.0, "p20"))
        rest = await views.ranked(RANKS, "points", limit=3, before=(1.0, "p00"))
        first = await views.ranked(RANKS, "points", limit=2)
        none = await views.ranked(RANKS, "points", limit=2, before=(-5, "x"))
    assert [view.player for view in page.value] == ["p19", "p18", "p17"]
    assert [view.player for view in rest.value] == ["low"]
    assert [view.player for view in first.value] == ["top", "p29"]
    assert none.value == []


async def test_a_view_leaves_the_rankings_it_stands_in_no_more(there: World) -> None:
    async with there.projecting(RANKS) as views:
        await there.append(*scored(ann=5, bob=1))
        last = await there.append(*scored(ann=-9))
        await caught_up(views, RANKS, last)
        points = await views.ranked(RANKS, "points", limit=5)
        debt = await views.ranked(RANKS, "debt", limit=5)
    assert [view.player for view in points.value] == ["bob"]
    assert [view.player for view in debt.value] == ["ann"]
