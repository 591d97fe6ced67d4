"""Whatever dies, restarts or works twice: every event shows once, as in a fresh rebuild."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from projections.projection import Projection, TableProjection
from tests.support.projections import (
    Score,
    World,
    caught_up,
    players,
    redis_scores,
    running,
    table_scores,
    world,
)

pytestmark = pytest.mark.services
_NAMES = [f"p{number}" for number in range(50)]


@pytest.fixture
async def there(database_url: str, redis_url: str, redis_prefix: str) -> AsyncIterator[World]:
    async with world(database_url, redis_url, redis_prefix) as made:
        yield made


@pytest.fixture(params=[table_scores, redis_scores], ids=["table", "redis"])
def projection(request: pytest.FixtureRequest) -> Projection[Score]:
    made: Projection[Score] = request.param()
    return made


async def fill(there: World, rounds: int) -> int:
    last = 0
    for _ in range(rounds):
        last = await there.append(*players(*_NAMES))
    return last


async def test_two_projectors_at_once_count_nothing_twice(
    there: World, projection: Projection[Score], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both believe that the lease is theirs."""
    monkeypatch.setattr("infrastructure.read_models.leases.TAKEOVER_SECONDS", -1.0)
    one, other = there.projector(projection), there.projector(projection)
    async with running(one, other), there.views() as views:
        await fill(there, 40)
        found = await there.everything(views, projection)
    assert {view.points for view in found.values()} == {40}
    assert len(found) == len(_NAMES)


async def test_the_standby_takes_over_from_a_projector_that_stops(
    there: World, projection: Projection[Score]
) -> None:
    one, other = there.projector(projection), there.projector(projection)
    async with there.views() as views, running(other):
        async with running(one):
            await caught_up(views, projection, await fill(there, 2))
        await fill(there, 2)
        found = await there.everything(views, projection)
    assert {view.points for view in found.values()} == {4}


async def test_a_projector_killed_in_the_middle_leaves_nothing_half_done(
    there: World, projection: Projection[Score], database_url: str, redis_url: str
) -> None:
    kind = "table" if isinstance(projection, TableProjection) else "redis"
    places = (kind, database_url, redis_url, there.prefix)
    await fill(there, 60)
    for place, calls in (("fold", 1700), ("write", 37), ("fold", 2900)):
        async with child(*places, place, str(calls)) as dying:
            await asyncio.wait_for(dying.wait(), 30)
            assert dying.returncode == -signal.SIGKILL
    async with child(*places, "never", "0") as working:
        assert working.stdout is not None
        await working.stdout.readline()
        await fill(there, 20)
        working.kill()
    await fill(there, 20)
    async with there.projecting(projection) as views:
        found = await there.everything(views, projection)
    assert {(view.points, view.events) for view in found.values()} == {(100, 100)}
    assert len(found) == len(_NAMES)


@asynccontextmanager
async def child(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.project_and_die", *arguments),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
