"""Sessions: a refresh token is good once, and its replay ends the session."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from application.identity.ports import RefreshRefused, RefreshReplayed, Session
from infrastructure.database import create_engine
from infrastructure.identity.schema import SESSIONS
from infrastructure.identity.sessions import SqlSessions
from tests.support.clock import Clock
from tests.support.jobs import created

pytestmark = pytest.mark.services
LIFE = timedelta(days=30)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    async with created(database_url) as engine:
        yield engine


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(engine: AsyncEngine, clock: Clock) -> SqlSessions:
    return SqlSessions(engine, clock=clock)


def session(number: int, clock: Clock, user_id: str = "u-1") -> Session:
    now = datetime.fromtimestamp(clock.now, UTC)
    return Session(
        session_id=f"s-{number}",
        user_id=user_id,
        provider="line",
        platform="ios",
        started_at=now,
        used_at=now,
        expires_at=now + LIFE,
    )


async def test_rotation_gives_the_session_and_its_next_token(
    sessions: SqlSessions, clock: Clock
) -> None:
    first = await sessions.start(session(1, clock))
    clock.now += 600
    rotated, second = await sessions.rotate(first)
    used = datetime.fromtimestamp(clock.now, UTC)
    assert (rotated.session_id, rotated.user_id) == ("s-1", "u-1")
    assert (rotated.provider, rotated.platform) == ("line", "ios")
    assert (rotated.used_at, rotated.expires_at) == (used, used + LIFE)
    assert rotated.started_at == used - timedelta(seconds=600)
    assert second != first
    assert (await sessions.rotate(second))[0].session_id == "s-1"


async def test_replay_is_told_until_the_session_is_ended(
    sessions: SqlSessions, clock: Clock
) -> None:
    first = await sessions.start(session(1, clock))
    _, second = await sessions.rotate(first)
    for _ in range(2):
        with pytest.raises(RefreshReplayed) as refused:
            await sessions.rotate(first)
        assert refused.value.session.session_id == "s-1"
    await sessions.end("u-1", "s-1")
    for token in (first, second):
        with pytest.raises(RefreshRefused) as ended:
            await sessions.rotate(token)
        assert not isinstance(ended.value, RefreshReplayed)
        assert await sessions.find(token) is None


async def test_replay_of_a_much_older_token_is_told(sessions: SqlSessions, clock: Clock) -> None:
    first = token = await sessions.start(session(1, clock))
    for _ in range(5):
        clock.now += 86400
        _, token = await sessions.rotate(token)
    with pytest.raises(RefreshReplayed):
        await sessions.rotate(first)


@pytest.mark.parametrize("callers", [2, 8])
async def test_of_rotations_at_once_one_wins_and_the_others_are_replays(
    database_url: str, sessions: SqlSessions, clock: Clock, callers: int
) -> None:
    token = await sessions.start(session(1, clock))
    engines = [create_engine(database_url) for _ in range(callers)]
    results = await asyncio.gather(
        *(SqlSessions(engine, clock=clock).rotate(token) for engine in engines),
        return_exceptions=True,
    )
    for engine in engines:
        await engine.dispose()
    won = [result for result in results if isinstance(result, tuple)]
    told = [result for result in results if isinstance(result, RefreshReplayed)]
    assert (len(won), len(told)) == (1, callers - 1)


async def test_invented_token_leaves_the_session_alone(sessions: SqlSessions, clock: Clock) -> None:
    token = await sessions.start(session(1, clock))
    session_id, family, secret = token.split(".")
    other = await sessions.start(session(2, clock))
    invented = [
        "", ".", "..", "...", session_id, f"{session_id}..", f"{session_id}.{secret}.{family}",
        f"{session_id}.{other.split('.')[1]}.{secret}", f"s-9.{family}.{secret}", f"{token}.",
        f"\x00{token}", token + "é", "x" * 5000,
    ]  # fmt: skip
    for text in invented:
        with pytest.raises(RefreshRefused) as refused:
            await sessions.rotate(text)
        assert not isinstance(refused.value, RefreshReplayed)
        assert await sessions.find(text) is None
    assert (await sessions.rotate(token))[0].session_id == "s-1"


async def test_session_ends_when_it_is_not_used(sessions: SqlSessions, clock: Clock) -> None:
    token = await sessions.start(session(1, clock))
    clock.now += LIFE.total_seconds() - 1
    _, token = await sessions.rotate(token)
    clock.now += LIFE.total_seconds()
    assert await sessions.find(token) is None
    assert await sessions.of_user("u-1") == []
    with pytest.raises(RefreshRefused):
        await sessions.rotate(token)


async def test_a_used_token_still_finds_its_session(sessions: SqlSessions, clock: Clock) -> None:
    first = await sessions.start(session(1, clock))
    await sessions.rotate(first)
    found = await sessions.find(first)
    assert found is not None
    assert found.session_id == "s-1"


async def test_sessions_of_a_person_are_listed_latest_first(
    sessions: SqlSessions, clock: Clock
) -> None:
    first = await sessions.start(session(1, clock))
    clock.now += 60
    await sessions.start(session(2, clock))
    await sessions.start(session(3, clock, "u-2"))
    clock.now += 60
    await sessions.rotate(first)
    assert [each.session_id for each in await sessions.of_user("u-1")] == ["s-1", "s-2"]


async def test_ending_concerns_a_person_s_own_session(sessions: SqlSessions, clock: Clock) -> None:
    token = await sessions.start(session(1, clock))
    assert not await sessions.end("u-2", "s-1")
    assert await sessions.find(token) is not None
    assert await sessions.end("u-1", "s-1")
    assert not await sessions.end("u-1", "s-1")
    with pytest.raises(RefreshRefused):
        await sessions.rotate(token)


async def test_forgetting_somebody_leaves_others_alone(sessions: SqlSessions, clock: Clock) -> None:
    for number in (1, 2):
        await sessions.start(session(number, clock))
    other = await sessions.start(session(3, clock, "u-2"))
    await sessions.forget("u-1")
    assert await sessions.of_user("u-1") == []
    assert await sessions.find(other) is not None


async def test_forgetting_leaves_nothing(
    engine: AsyncEngine, sessions: SqlSessions, clock: Clock
) -> None:
    token = await sessions.start(session(1, clock))
    await sessions.rotate(token)
    clock.now += 2 * LIFE.total_seconds()
    for _ in range(2):
        await sessions.forget("u-1")
    async with engine.connect() as connection:
        assert (await connection.execute(select(SESSIONS))).all() == []


async def test_nothing_of_a_token_is_kept_or_shown(
    engine: AsyncEngine, sessions: SqlSessions, clock: Clock
) -> None:
    first = await sessions.start(session(1, clock))
    _, second = await sessions.rotate(first)
    async with engine.connect() as connection:
        shown = repr((await connection.execute(select(SESSIONS))).all())
    with pytest.raises(RefreshReplayed) as refused:
        await sessions.rotate(first)
    shown += repr(refused.value) + str(refused.value) + repr(refused.value.session)
    for secret in {*first.split(".")[1:], *second.split(".")[1:]}:
        assert secret not in shown
