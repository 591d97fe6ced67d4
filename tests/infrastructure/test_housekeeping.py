"""What is dropped after its time, and what is not."""

import time

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.event_store.schema import LOG
from infrastructure.housekeeping import drop_expired_sessions, forget_commands
from infrastructure.identity.schema import SESSIONS
from infrastructure.jobs.dead_jobs import DeadJob, DeadJobs
from tests.support.jobs import created

pytestmark = pytest.mark.services
_DAY_US = 86_400_000_000


async def remembered(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as connection:
        return list((await connection.execute(select(LOG.commands.c.command_id))).scalars())


async def test_old_command_ids_are_forgotten_and_young_ones_kept(database_url: str) -> None:
    now_us = time.time_ns() // 1000
    rows = [
        {
            "command_id": f"{'old' if number else 'young'}-{number}",
            "fingerprint": bytes(32),
            "position": 1,
            "version": 1,
            "answer": b"",
            "recorded_us": now_us - 31 * _DAY_US if number else now_us - 29 * _DAY_US,
        }
        for number in range(2500)
    ]
    async with created(database_url) as engine:
        async with engine.begin() as connection:
            await connection.execute(LOG.commands.insert(), rows)
        assert await forget_commands(engine, older_than_days=30) == 2499
        assert await remembered(engine) == ["young-0"]


async def test_expired_sessions_are_dropped_and_living_ones_kept(database_url: str) -> None:
    now_us = time.time_ns() // 1000
    async with created(database_url) as engine:
        async with engine.begin() as connection:
            await connection.execute(
                SESSIONS.insert(),
                [_session("over", now_us - 1), _session("alive", now_us + _DAY_US)],
            )
        assert await drop_expired_sessions(engine) == 1
        assert await drop_expired_sessions(engine) == 0
        async with engine.connect() as connection:
            kept = (await connection.execute(select(SESSIONS.c.session_id))).scalars().all()
        assert kept == ["alive"]


def _session(session_id: str, expires_us: int) -> dict[str, object]:
    times = {"started_us": 0, "used_us": 0, "expires_us": expires_us}
    hashes = {"family_hash": bytes(32), "secret_hash": bytes(32)}
    return {"session_id": session_id, "user_id": "u", "platform": "web", **times, **hashes}


async def test_dead_jobs_are_kept_for_their_time(sqlite_url: str) -> None:
    async with created(sqlite_url) as engine:
        jobs = DeadJobs(engine)
        for name, age_days in (("old", 91), ("young", 89)):
            await jobs.keep(_dead(name, time.time_ns() // 1000 - age_days * _DAY_US))
        assert await jobs.prune(older_than_seconds=90 * 86400) == 1
        assert [dead.id for dead in await jobs.latest(limit=9)] == ["young"]


def _dead(name: str, died_us: int) -> DeadJob:
    return DeadJob(id=name, job="x", args=(), tries=1, error="", traceparent=None, died_us=died_us)
