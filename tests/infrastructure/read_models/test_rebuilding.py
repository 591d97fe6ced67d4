"""A new generation fills beside the old one and takes its place; what is lost is built again."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import inspect

from infrastructure.read_models.control import ProjectionControl
from projections.projection import Projection, ProjectionBehind, RedisProjection
from tests.support.projections import (
    Score,
    World,
    caught_up,
    players,
    redis_scores,
    running,
    table_scores,
    until,
    world,
)

pytestmark = pytest.mark.services


@pytest.fixture
async def there(database_url: str, redis_url: str, redis_prefix: str) -> AsyncIterator[World]:
    async with world(database_url, redis_url, redis_prefix) as made:
        yield made


@pytest.fixture
async def here(sqlite_url: str, redis_url: str, redis_prefix: str) -> AsyncIterator[World]:
    async with world(sqlite_url, redis_url, redis_prefix) as made:
        yield made


@pytest.fixture(params=[table_scores, redis_scores], ids=["table", "redis"])
def projection(request: pytest.FixtureRequest) -> Projection[Score]:
    made: Projection[Score] = request.param()
    return made


async def serves(control: ProjectionControl, generation: int, version: int = 1) -> bool:
    return any(
        (each.state, each.generation, each.version) == ("active", generation, version)
        for each in await control.status()
    )


async def test_rebuild_gives_the_same_views_and_never_an_older_answer(
    there: World, projection: Projection[Score]
) -> None:
    control = there.control(projection)
    async with there.projecting(projection) as views:
        await there.append(*players(*[f"p{number}" for number in range(300)]))
        before = await there.everything(views, projection)
        await control.rebuild(projection.name)
        latest = 0
        while not await serves(control, 2):
            last = await there.score("ann")
            await caught_up(views, projection, last)
            seen = await views.get(projection, "ann")
            assert seen.position >= max(last, latest)
            latest = seen.position
        after = await there.everything(views, projection)
    after.pop("ann")
    assert after == before


async def test_queries_at_the_same_time_all_find_the_new_generation(there: World) -> None:
    scores = table_scores()
    control = there.control(scores)
    async with there.projecting(scores) as views:
        await caught_up(views, scores, await there.score("ann"))
        await control.rebuild(scores.name)
        await until(lambda: serves(control, 2))
        seen = await asyncio.gather(*(views.get(scores, "ann") for _ in range(8)))
    assert {each.value.points for each in seen if each.value is not None} == {1}


async def test_a_higher_version_is_built_while_the_old_one_serves(there: World) -> None:
    old, new = table_scores(version=1), table_scores(version=2)
    await there.append(*players("ann", "bob"))
    async with there.projecting(old) as views:
        await caught_up(views, old, 2)
    async with there.views() as views:
        assert (await views.get(old, "ann")).position == 2
        async with running(there.projector(new)):
            await until(lambda: serves(there.control(new), 2, version=2))
            assert len(await there.everything(views, new)) == 2


async def test_older_code_leaves_what_newer_code_built_alone(here: World) -> None:
    old, new = redis_scores(version=1), redis_scores(version=2)
    await here.score("ann")
    async with here.projecting(new) as views:
        await caught_up(views, new, 1)
        async with running(here.projector(old)):
            last = await here.score("ann")
            await caught_up(views, new, last)
            assert await serves(here.control(old), 1, version=2)


async def test_the_old_generation_is_dropped_after_the_grace_time(
    here: World, projection: Projection[Score]
) -> None:
    projector, control = here.projector(projection), here.control(projection)
    projector.grace_seconds = 0
    await here.append(*players("ann", "bob"))
    async with running(projector), here.views() as views:
        await caught_up(views, projection, 2)
        await control.rebuild(projection.name)
        await until(lambda: _only(control, 2))
        assert len(await here.everything(views, projection)) == 2
        assert await _remains(here, projection) == []


async def test_a_flushed_redis_is_filled_again_from_the_log(here: World) -> None:
    projection = redis_scores()
    async with here.projecting(projection) as views:
        await here.append(*players("ann", "bob", "ann"))
        before = await here.everything(views, projection)
        await here.redis.flushdb()
        with pytest.raises(ProjectionBehind):
            await views.get(projection, "ann")
        assert await here.everything(views, projection) == before


async def test_a_redis_flushed_under_load_ends_up_as_a_fresh_rebuild(there: World) -> None:
    projection = redis_scores()
    async with there.projecting(projection) as views:
        for number in range(60):
            await there.append(*players(f"p{number % 7}", f"p{number % 11}"))
            if number in {20, 40}:
                await there.redis.flushdb()
        found = await there.everything(views, projection)
    assert sum(view.points for view in found.values()) == 120


async def test_status_tells_lag_in_events_and_in_seconds(
    here: World, projection: Projection[Score]
) -> None:
    control = here.control(projection)
    (before,) = await control.status()
    async with here.projecting(projection) as views:
        await here.score("ann")
        await caught_up(views, projection, 1)
        await until(lambda: serves(control, 1))
        (level,) = await control.status()
        await until(lambda: gauges_show(projection.name, position=1))
    await here.append(*players("ann", "bob"))
    (behind,) = await control.status()
    assert (before.state, before.position) == ("missing", 0)
    assert (level.state, level.lag_events, level.lag_seconds) == ("active", 0, 0.0)
    assert (behind.lag_events, behind.position) == (2, 1)
    assert 0 < behind.lag_seconds < 60


async def gauges_show(name: str, *, position: int) -> bool:
    labels = {"projection": name}
    shown = REGISTRY.get_sample_value("live_projection_position", labels)
    return (
        shown == position and REGISTRY.get_sample_value("live_projection_lag_events", labels) == 0
    )


async def _only(control: ProjectionControl, generation: int) -> bool:
    return [each.generation for each in await control.status()] == [generation]


async def _remains(there: World, projection: Projection[Score]) -> list[str]:
    """What the first generation has left behind."""
    if isinstance(projection, RedisProjection):
        keys = [key.decode() async for key in there.redis.scan_iter(f"{there.prefix}p:*")]
        return [key for key in keys if "}:1-" in key]
    async with there.engine.connect() as connection:
        names: list[str] = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    return [name for name in names if name.endswith("_g1")]
