"""Deadlines on real databases: they fire once due, once in effect, and survive whoever set them."""

import asyncio
import time

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from application.ports import JobsUnavailable
from application.processes.process import ClearDeadline
from infrastructure.processes.deadlines import Change, Deadline, Deadlines, write_changes
from tests.support.jobs import created, job_queue
from tests.support.redis_jobs import sent

pytestmark = pytest.mark.services


def deadline(key: str, *, in_seconds: float, arg: str = "a") -> Deadline:
    return Deadline(
        key=key,
        due_us=int((time.time() + in_seconds) * 1_000_000),
        job="test.note",
        args=(arg,),
        traceparent=None,
        set_at_position=1,
    )


async def put(engine: AsyncEngine, *changes: Change) -> None:
    async with engine.begin() as connection:
        await write_changes(connection, {change.key: change for change in changes})


async def test_due_deadline_is_handed_over_and_forgotten(
    jobs_redis_url: str, database_url: str
) -> None:
    async with created(database_url) as engine, job_queue(jobs_redis_url) as queue:
        await put(engine, deadline("due", in_seconds=-1), deadline("later", in_seconds=60))
        deadlines = Deadlines(engine, queue)
        assert await deadlines.fire_due() == 1
        assert await deadlines.fire_due() == 0
        assert await deadlines.count() == 1
        assert await sent(jobs_redis_url) == ["a"]


async def test_deadline_survives_who_set_it_and_fires_at_the_first_look_after_a_restart(
    jobs_redis_url: str, sqlite_url: str
) -> None:
    async with created(sqlite_url) as engine:
        await put(engine, deadline("due", in_seconds=0.05))
    async with created(sqlite_url) as engine, job_queue(jobs_redis_url) as queue:
        deadlines = Deadlines(engine, queue)
        await deadlines.wait_for_next(at_most=5)
        await deadlines.fire_due()
        assert await sent(jobs_redis_url) == ["a"]


async def test_setting_a_key_again_replaces_it_and_clearing_removes_it(
    jobs_redis_url: str, database_url: str
) -> None:
    async with created(database_url) as engine, job_queue(jobs_redis_url) as queue:
        await put(engine, deadline("x", in_seconds=-1, arg="old"), deadline("y", in_seconds=-1))
        await put(engine, deadline("x", in_seconds=-1, arg="new"), ClearDeadline("y"))
        await Deadlines(engine, queue).fire_due()
        assert await sent(jobs_redis_url) == ["new"]


async def test_two_schedulers_hand_each_deadline_over_once(
    jobs_redis_url: str, mysql_url: str
) -> None:
    wanted = [str(number) for number in range(300)]
    async with created(mysql_url) as engine, job_queue(jobs_redis_url) as queue:
        await put(engine, *(deadline(text, in_seconds=-1, arg=text) for text in wanted))
        schedulers = [Deadlines(engine, queue) for _ in range(4)]
        while await schedulers[0].count():
            await asyncio.gather(*(scheduler.fire_due() for scheduler in schedulers))
        assert sorted(await sent(jobs_redis_url)) == sorted(wanted)


async def test_deadline_stays_while_the_queue_is_away(sqlite_url: str) -> None:
    async with created(sqlite_url) as engine, job_queue("redis://127.0.0.1:1/0") as queue:
        await put(engine, deadline("due", in_seconds=-1))
        deadlines = Deadlines(engine, queue)
        with pytest.raises(JobsUnavailable):
            await deadlines.fire_due()
        assert await deadlines.count() == 1


async def test_wait_ends_when_the_next_deadline_falls_due(
    jobs_redis_url: str, sqlite_url: str
) -> None:
    async with created(sqlite_url) as engine, job_queue(jobs_redis_url) as queue:
        await put(engine, deadline("soon", in_seconds=0.3))
        started = time.monotonic()
        await Deadlines(engine, queue).wait_for_next(at_most=30)
        assert time.monotonic() - started < 5
