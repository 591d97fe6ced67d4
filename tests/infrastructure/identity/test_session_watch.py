"""Who ended a session is told in every process; who missed it asks again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.database import create_engine
from infrastructure.identity.session_watch import SessionWatch
from infrastructure.identity.sessions import SqlSessions
from tests.infrastructure.identity.test_sessions import session
from tests.support.clock import Clock
from tests.support.eventually import eventually
from tests.support.jobs import created
from tests.support.servers import free_port

pytestmark = pytest.mark.services


@pytest.fixture
async def engine(sqlite_url: str) -> AsyncIterator[AsyncEngine]:
    async with created(sqlite_url) as engine:
        yield engine


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as redis:
        yield redis


@asynccontextmanager
async def watching(sessions: SqlSessions, redis: Redis | None) -> AsyncIterator[SessionWatch]:
    watch = SessionWatch(sessions, redis, prefix="t:")
    await watch.start()
    try:
        yield watch
    finally:
        await watch.stop()


async def test_session_is_known_once_it_was_looked_up(engine: AsyncEngine) -> None:
    clock = Clock()
    sessions = SqlSessions(engine, clock=clock)
    await sessions.start(session(1, clock))
    async with watching(sessions, None) as watch:
        assert not watch.knows("s-1")
        assert await watch.look("s-1")
        assert watch.knows("s-1")
        assert not await watch.look("s-2")
        assert not watch.knows("s-2")


async def test_session_ended_here_is_known_no_more(engine: AsyncEngine) -> None:
    clock = Clock()
    sessions = SqlSessions(engine, clock=clock)
    await sessions.start(session(1, clock))
    async with watching(sessions, None) as watch:
        await watch.look("s-1")
        await sessions.end("u-1", "s-1")
        assert not watch.knows("s-1")
        assert not await watch.look("s-1")


async def test_session_ended_elsewhere_is_known_no_more(engine: AsyncEngine, redis: Redis) -> None:
    clock = Clock()
    here, elsewhere = (SqlSessions(engine, clock=clock) for _ in range(2))
    await here.start(session(1, clock))
    async with watching(here, redis) as watch, watching(elsewhere, redis):
        await eventually(lambda: _both_listen(redis))
        await watch.look("s-1")
        await elsewhere.end("u-1", "s-1")
        await eventually(lambda: _forgot(watch))


async def test_many_asking_at_once_are_answered_together(engine: AsyncEngine) -> None:
    clock = Clock()
    sessions = SqlSessions(engine, clock=clock)
    for number in range(1, 31):
        await sessions.start(session(number, clock))
    statements = Counted(engine)
    async with watching(sessions, None) as watch:
        answers = await asyncio.gather(*(watch.look(f"s-{number}") for number in range(1, 41)))
        late = await watch.look("s-1"), await watch.look("s-40")

    assert answers == [True] * 30 + [False] * 10
    assert late == (True, False)
    assert statements.count == 3


async def test_who_stops_waiting_costs_the_others_no_answer(engine: AsyncEngine) -> None:
    clock = Clock()
    sessions = SqlSessions(engine, clock=clock)
    await sessions.start(session(1, clock))
    async with watching(sessions, None) as watch:
        impatient, patient = (asyncio.create_task(watch.look("s-1")) for _ in range(2))
        await asyncio.sleep(0)
        impatient.cancel()
        assert await patient


async def test_session_goes_on_while_the_database_is_away() -> None:
    engine = create_engine(f"mysql+asyncmy://root@127.0.0.1:{free_port()}/away")
    async with watching(SqlSessions(engine), None) as watch:
        assert await watch.look("s-1")
        assert not watch.knows("s-1")
    await engine.dispose()


class Counted:
    """How many statements an engine has been given."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.count = 0
        event.listen(engine.sync_engine, "before_cursor_execute", self._one_more)

    def _one_more(self, *_statement: object) -> None:
        self.count += 1


async def _both_listen(redis: Redis) -> bool:
    ((_, listeners),) = await redis.pubsub_numsub("t:session-ended")
    return bool(listeners == 2)


async def _forgot(watch: SessionWatch) -> bool:
    return not watch.knows("s-1")
