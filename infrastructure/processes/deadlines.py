"""Deadlines: jobs that fall due. They live in SQL and survive any restart."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

import msgspec
from sqlalchemy import Delete, RowMapping, delete, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from application.processes.process import ClearDeadline, SetDeadline
from domain.shared import EPOCH
from infrastructure.jobs.job import Sending
from infrastructure.jobs.queue import DramatiqJobQueue
from infrastructure.processes.schema import DEADLINES

_AT_ONCE = 200


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    """`due_us` is UTC microseconds; `set_at_position` is the event that set it."""

    key: str
    due_us: int
    job: str
    args: tuple[str, ...]
    traceparent: str | None
    set_at_position: int

    @classmethod
    def of(cls, wanted: SetDeadline, position: int, traceparent: str | None) -> "Deadline":
        return cls(
            key=wanted.key,
            due_us=_microseconds(wanted.due_at),
            job=wanted.job,
            args=wanted.args,
            traceparent=traceparent,
            set_at_position=position,
        )


Change = Deadline | ClearDeadline


async def write_changes(connection: AsyncConnection, changes: Mapping[str, Change]) -> None:
    """Applies the last word on each key, within the caller's transaction, in order of the keys
    so that two writers never deadlock."""
    if not changes:
        return
    keys = sorted(changes)
    await connection.execute(delete(DEADLINES).where(DEADLINES.c.key.in_(keys)))
    rows = [_row(change) for key in keys if isinstance(change := changes[key], Deadline)]
    if rows:
        await connection.execute(DEADLINES.insert(), rows)


class Deadlines:
    """Hands due jobs to the queue. Any number of schedulers may do so at once."""

    def __init__(self, engine: AsyncEngine, queue: DramatiqJobQueue) -> None:
        self._engine = engine
        self._queue = queue

    async def fire_due(self) -> int:
        """How many were handed over. Each is forgotten only after that: at least once.

        On MySQL and MariaDB rows that another scheduler is handing over are passed by.
        """
        statement = (
            select(DEADLINES)
            .where(DEADLINES.c.due_us <= time.time_ns() // 1000)
            .order_by(DEADLINES.c.due_us)
            .limit(_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        async with self._engine.begin() as connection:
            due = [_deadline(row) for row in (await connection.execute(statement)).mappings()]
            if due:
                await self._queue.enqueue_all([_sending(deadline) for deadline in due])
                await connection.execute(_forget(due))
        return len(due)

    async def next_due_us(self) -> int | None:
        async with self._engine.connect() as connection:
            found = await connection.execute(select(func.min(DEADLINES.c.due_us)))
            return cast("int | None", found.scalar_one())

    async def count(self) -> int:
        async with self._engine.connect() as connection:
            found = await connection.execute(select(func.count()).select_from(DEADLINES))
            return int(found.scalar_one())

    async def wait_for_next(self, at_most: float) -> None:
        """Sleeps until the next deadline known now falls due, `at_most` seconds: a nearer one
        may be set meanwhile, by another process."""
        due_us = await self.next_due_us()
        left = at_most if due_us is None else due_us / 1_000_000 - time.time()
        await asyncio.sleep(min(max(left, 0.0), at_most))


def _forget(due: Sequence[Deadline]) -> Delete:
    """Only as they were: one that was set anew meanwhile stands."""
    known = tuple_(DEADLINES.c.key, DEADLINES.c.due_us)
    return delete(DEADLINES).where(known.in_([(one.key, one.due_us) for one in due]))


def _sending(deadline: Deadline) -> Sending:
    return Sending(job=deadline.job, args=deadline.args, traceparent=deadline.traceparent)


def _row(deadline: Deadline) -> dict[str, object]:
    return msgspec.structs.asdict(deadline) | {"args": msgspec.json.encode(deadline.args).decode()}


def _deadline(row: RowMapping) -> Deadline:
    args = msgspec.json.decode(row["args"], type=tuple[str, ...])
    return Deadline(**{**row, "args": args})


def _microseconds(moment: datetime) -> int:
    since = moment - EPOCH
    return (since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds
