"""Streams a process set aside, because it failed on an event of theirs.

Nothing is skipped: the event and those behind it in its stream wait here, are tried again with
growing pauses, and stand in `live processes status` with the error. Other streams go on.
"""

import time
from collections.abc import Sequence

import msgspec
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from infrastructure.faults import fault_text
from infrastructure.processes.schema import PROCESS_PARKED

_FIRST_PAUSE = 5.0
_LONGEST_PAUSE = 300.0
_TABLE = PROCESS_PARKED.c


class ParkedStream(msgspec.Struct, frozen=True, kw_only=True):
    """`version` is the event the process fails on. Times are UTC microseconds."""

    process: str
    stream: str
    version: int
    error: str
    tries: int
    next_try_us: int
    parked_us: int


def parked(process: str, stream: str, version: int, error: Exception) -> ParkedStream:
    now_us = time.time_ns() // 1000
    return ParkedStream(
        process=process,
        stream=stream,
        version=version,
        error=fault_text(error),
        tries=1,
        next_try_us=now_us + int(_FIRST_PAUSE * 1_000_000),
        parked_us=now_us,
    )


def failed_again(stream: ParkedStream, version: int, error: Exception) -> ParkedStream:
    """As it stands after another failure, at the same event or at a later one."""
    tries = stream.tries + 1 if version == stream.version else 1
    pause = min(_FIRST_PAUSE * 2 ** (tries - 1), _LONGEST_PAUSE)
    return msgspec.structs.replace(
        stream,
        version=version,
        error=fault_text(error),
        tries=tries,
        next_try_us=time.time_ns() // 1000 + int(pause * 1_000_000),
    )


async def write_parked(
    connection: AsyncConnection, process: str, now: Sequence[ParkedStream], freed: Sequence[str]
) -> None:
    """Within the caller's transaction: the rows of `now` replace older ones, `freed` go."""
    gone = sorted([*freed, *(one.stream for one in now)])
    if gone:
        await connection.execute(
            delete(PROCESS_PARKED).where(_TABLE.process == process, _TABLE.stream.in_(gone))
        )
    if now:
        rows = [msgspec.structs.asdict(one) for one in sorted(now, key=lambda one: one.stream)]
        await connection.execute(PROCESS_PARKED.insert(), rows)


class ParkedStreams:
    """What operators and the runner read of them, and what operators may do."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of(self, process: str) -> list[ParkedStream]:
        statement = select(PROCESS_PARKED).where(_TABLE.process == process).order_by(_TABLE.stream)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(statement)).mappings()
            return [ParkedStream(**row) for row in rows]

    async def counts(self) -> dict[str, int]:
        statement = select(_TABLE.process, func.count()).group_by(_TABLE.process)
        async with self._engine.connect() as connection:
            return {row[0]: row[1] for row in await connection.execute(statement)}

    async def retry(self, process: str, stream: str | None = None) -> int:
        """Has them tried now; how many."""
        return await self._update(process, stream, next_try_us=0)

    async def release(self, process: str, stream: str) -> int:
        """Gives up the one event the process fails on; those behind it follow. How many."""
        return await self._update(process, stream, next_try_us=0, version=_TABLE.version + 1)

    async def _update(self, process: str, stream: str | None, **values: object) -> int:
        statement = update(PROCESS_PARKED).where(_TABLE.process == process).values(values)
        if stream is not None:
            statement = statement.where(_TABLE.stream == stream)
        async with self._engine.begin() as connection:
            return (await connection.execute(statement)).rowcount
