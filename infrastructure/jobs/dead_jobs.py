"""Keeps the jobs that were given up, with their last error, until an operator decides."""

import time
from collections.abc import Sequence

import msgspec
from sqlalchemy import Column, Integer, RowMapping, Table, Text, delete, func, select
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.database import METADATA, Position, ascii_text
from infrastructure.jobs.job import Sending
from infrastructure.jobs.queue import DramatiqJobQueue

_LONG_TEXT = Text().with_variant(mysql.MEDIUMTEXT(charset="utf8mb4"), "mysql", "mariadb")

DEAD_JOBS = Table(
    "dead_jobs",
    METADATA,
    Column("id", ascii_text(64), primary_key=True),
    Column("job", ascii_text(100), nullable=False),
    Column("args", _LONG_TEXT, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("error", _LONG_TEXT, nullable=False),
    Column("traceparent", ascii_text(64), nullable=True),
    Column("died_us", Position, nullable=False, index=True),
)


class DeadJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job given up after `tries`. `error` is the last one; `died_us` UTC microseconds."""

    id: str
    job: str
    args: tuple[str, ...]
    tries: int
    error: str
    traceparent: str | None
    died_us: int


class DeadJobs:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def keep(self, dead: DeadJob) -> None:
        """Keeping the same id again changes nothing."""
        row = msgspec.structs.asdict(dead) | {"args": msgspec.json.encode(dead.args).decode()}
        try:
            async with self._engine.begin() as connection:
                await connection.execute(DEAD_JOBS.insert().values(row))
        except IntegrityError:
            return

    async def count(self) -> int:
        async with self._engine.connect() as connection:
            found = await connection.execute(select(func.count()).select_from(DEAD_JOBS))
            return int(found.scalar_one())

    async def latest(self, *, limit: int) -> list[DeadJob]:
        """The most recent first."""
        statement = select(DEAD_JOBS).order_by(DEAD_JOBS.c.died_us.desc()).limit(limit)
        async with self._engine.connect() as connection:
            return [_dead_job(row) for row in (await connection.execute(statement)).mappings()]

    async def get(self, dead_id: str) -> DeadJob | None:
        statement = select(DEAD_JOBS).where(DEAD_JOBS.c.id == dead_id)
        async with self._engine.connect() as connection:
            row = (await connection.execute(statement)).mappings().one_or_none()
        return None if row is None else _dead_job(row)

    async def requeue(self, dead: Sequence[DeadJob], queue: DramatiqJobQueue) -> None:
        """Hands them over with all their tries again, then forgets them: at least once."""
        await queue.enqueue_all(
            [Sending(job=one.job, args=one.args, traceparent=one.traceparent) for one in dead]
        )
        async with self._engine.begin() as connection:
            for one in dead:
                await connection.execute(delete(DEAD_JOBS).where(DEAD_JOBS.c.id == one.id))

    async def prune(self, *, older_than_seconds: float) -> int:
        """How many were dropped."""
        before = int((time.time() - older_than_seconds) * 1_000_000)
        async with self._engine.begin() as connection:
            done = await connection.execute(delete(DEAD_JOBS).where(DEAD_JOBS.c.died_us < before))
            return done.rowcount


def _dead_job(row: RowMapping) -> DeadJob:
    args = msgspec.json.decode(row["args"], type=tuple[str, ...])
    return DeadJob(**{**row, "args": args})
