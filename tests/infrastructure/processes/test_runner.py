"""Processes on a real log and queue: at least once, in order, poison set aside, one at a time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.jobs.queue import DramatiqJobQueue
from infrastructure.processes.positions import Start
from infrastructure.processes.runner import ProcessRunner, Registration
from infrastructure.processes.schema import DEADLINES, PROCESS_POSITIONS
from tests.support.eventually import eventually
from tests.support.jobs import created, job_queue
from tests.support.processes import Wishes, WrittenLog
from tests.support.redis_jobs import sent

pytestmark = pytest.mark.services


@asynccontextmanager
async def running(
    log: WrittenLog,
    queue: DramatiqJobQueue,
    wishes: Wishes | None = None,
    start: Start = "beginning",
    owner: str = "runner",
) -> AsyncIterator[ProcessRunner]:
    registration = Registration(process=wishes or Wishes(), start=start)
    runner = ProcessRunner([registration], log, log.engine, queue, owner=owner)
    await runner.start()
    try:
        yield runner
    finally:
        await runner.stop()


async def position(engine: AsyncEngine) -> int | None:
    async with engine.connect() as connection:
        return (await connection.execute(select(PROCESS_POSITIONS.c.position))).scalar()


async def test_reactions_go_to_the_queue_in_order(jobs_redis_url: str, database_url: str) -> None:
    async with created(database_url) as engine, job_queue(jobs_redis_url) as queue:
        log = WrittenLog(engine)
        await log.write("wish-1", "x", "x")
        async with running(log, queue) as runner:
            await log.write("wish-2", "x")
            await eventually(lambda: position(engine))
            await eventually(lambda: _reached(engine, 3))
            [status] = await runner.status()
        assert await sent(jobs_redis_url) == ["wish-1/1", "wish-1/2", "wish-2/1"]
        assert (status.position, status.behind, status.parked) == (3, 0, 0)
        assert status.owner == "runner"


async def test_restarted_runner_goes_on_where_it_was(jobs_redis_url: str, sqlite_url: str) -> None:
    async with created(sqlite_url) as engine, job_queue(jobs_redis_url) as queue:
        log = WrittenLog(engine)
        await log.write("wish-1", "x")
        async with running(log, queue):
            await eventually(lambda: _reached(engine, 1))
        await log.write("wish-1", "x")
        async with running(log, queue, owner="another"):
            await eventually(lambda: _reached(engine, 2))
        assert await sent(jobs_redis_url) == ["wish-1/1", "wish-1/2"]


async def test_crash_between_handing_over_and_commit_hands_over_again(
    jobs_redis_url: str, sqlite_url: str
) -> None:
    async with created(sqlite_url) as engine, job_queue(jobs_redis_url) as queue:
        log = WrittenLog(engine)
        await log.write("wish-1", "x", "wait:10")
        async with engine.begin() as connection:
            await connection.run_sync(DEADLINES.drop)  # so that the commit fails
        async with running(log, queue):
            await eventually(lambda: sent(jobs_redis_url))
        assert await position(engine) == 0
        async with engine.begin() as connection:
            await connection.run_sync(DEADLINES.create)
        async with running(log, queue):
            await eventually(lambda: _reached(engine, 2))
        jobs = await sent(jobs_redis_url)
        assert len(jobs) >= 2
        assert set(jobs) == {"wish-1/1"}


async def test_queue_that_is_away_stops_the_process_without_loss(
    jobs_redis_url: str, sqlite_url: str
) -> None:
    async with created(sqlite_url) as engine, job_queue("redis://127.0.0.1:1/0") as broken:
        log = WrittenLog(engine)
        await log.write("wish-1", "x")
        async with running(log, broken):
            await eventually(lambda: _registered(engine))
        assert await position(engine) == 0
        async with job_queue(jobs_redis_url) as queue, running(log, queue):
            await eventually(lambda: _reached(engine, 1))
        assert await sent(jobs_redis_url) == ["wish-1/1"]


async def test_poison_sets_its_stream_aside_and_the_others_go_on(
    jobs_redis_url: str, database_url: str
) -> None:
    wishes = Wishes()
    async with created(database_url) as engine, job_queue(jobs_redis_url) as queue:
        log = WrittenLog(engine)
        await log.write("wish-1", "x", "poison", "x")
        await log.write("wish-2", "x")
        async with running(log, queue, wishes) as runner:
            await eventually(lambda: _reached(engine, 4))
            assert await sent(jobs_redis_url) == ["wish-1/1", "wish-2/1"]
            [parked] = await runner.parked.of("wishes")
            assert (parked.stream, parked.version) == ("wish-1", 2)
            assert parked.error == "ValueError in Wishes.react"
            wishes.broken = False
            await runner.parked.retry("wishes")
            await eventually(lambda: _none_parked(runner))
        assert await sent(jobs_redis_url) == ["wish-1/1", "wish-2/1", "wish-1/2", "wish-1/3"]


async def test_released_poison_alone_is_given_up(jobs_redis_url: str, sqlite_url: str) -> None:
    async with created(sqlite_url) as engine, job_queue(jobs_redis_url) as queue:
        log = WrittenLog(engine)
        await log.write("wish-1", "poison", "x")
        async with running(log, queue) as runner:
            await eventually(lambda: runner.parked.of("wishes"))
            await runner.parked.release("wishes", "wish-1")
            await eventually(lambda: _none_parked(runner))
            await log.write("wish-1", "x")
            await eventually(lambda: _reached(engine, 3))
        assert await sent(jobs_redis_url) == ["wish-1/2", "wish-1/3"]


async def test_event_of_a_later_version_waits_for_code_that_knows_it(
    jobs_redis_url: str, sqlite_url: str
) -> None:
    async with created(sqlite_url) as engine, job_queue(jobs_redis_url) as queue:
        log = WrittenLog(engine)
        await log.write("wish-1", "x", tag="test.FromTheFuture")
        async with running(log, queue) as runner:
            [parked] = await eventually(lambda: runner.parked.of("wishes"))
        assert parked.error == "Unreadable: test.FromTheFuture"


async def test_unknown_event_of_a_context_the_process_does_not_follow_is_passed_by(
    jobs_redis_url: str, sqlite_url: str
) -> None:
    async with created(sqlite_url) as engine, job_queue(jobs_redis_url) as queue:
        log = WrittenLog(engine)
        await log.write("wish-1", "x", tag="analysts.sales:Counted")
        await log.write("wish-1", "x")
        async with running(log, queue) as runner:
            await eventually(lambda: _reached(engine, 2))
            assert await runner.parked.of("wishes") == []
        assert await sent(jobs_redis_url) == ["wish-1/2"]


async def test_process_added_later_starts_at_the_head(jobs_redis_url: str, sqlite_url: str) -> None:
    async with created(sqlite_url) as engine, job_queue(jobs_redis_url) as queue:
        log = WrittenLog(engine)
        await log.write("wish-1", "x", "x")
        async with running(log, queue, start="head"):
            await eventually(lambda: _registered(engine))
            await log.write("wish-1", "x")
            await eventually(lambda: _reached(engine, 3))
        assert await sent(jobs_redis_url) == ["wish-1/3"]


async def test_second_runner_stands_by_until_the_first_ones_lease_lapses(
    jobs_redis_url: str, database_url: str
) -> None:
    async with created(database_url) as engine, job_queue(jobs_redis_url) as queue:
        log = WrittenLog(engine)
        async with running(log, queue, owner="first"), running(log, queue, owner="second"):
            await log.write("wish-1", *["x"] * 20)
            await eventually(lambda: _reached(engine, 20))
        assert len(await sent(jobs_redis_url)) == 20
        async with engine.begin() as connection:  # as a killed runner leaves it
            held = {"owner": "killed", "lease_until_us": 1}
            await connection.execute(update(PROCESS_POSITIONS).values(held))
        await log.write("wish-1", "x")
        async with running(log, queue, owner="third"):
            await eventually(lambda: _reached(engine, 21))


async def test_deadlines_and_position_commit_together(
    jobs_redis_url: str, database_url: str
) -> None:
    async with created(database_url) as engine, job_queue(jobs_redis_url) as queue:
        log = WrittenLog(engine)
        await log.write("wish-1", "wait:10", "wait:20")
        await log.write("wish-2", "wait:10", "stop waiting")
        async with running(log, queue):
            await eventually(lambda: _reached(engine, 4))
        async with engine.connect() as connection:
            rows = (await connection.execute(select(DEADLINES))).mappings().all()
        assert [(row["key"], row["args"], row["set_at_position"]) for row in rows] == [
            ("wish-1", '["wish-1/2"]', 2)
        ]


async def _reached(engine: AsyncEngine, wanted: int) -> bool:
    return await position(engine) == wanted


async def _registered(engine: AsyncEngine) -> bool:
    return await position(engine) is not None


async def _none_parked(runner: ProcessRunner) -> bool:
    return not await runner.parked.of("wishes")
