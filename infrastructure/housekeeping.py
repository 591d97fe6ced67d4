"""Drops what has served its time. The log itself is never touched."""

import asyncio
import time

from sqlalchemy import Column, delete, select
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.event_store.schema import LOG
from infrastructure.identity.schema import SESSIONS

_AT_ONCE = 2000
_PAUSE_SECONDS = 0.02
_DAY_US = 86_400_000_000


async def forget_commands(engine: AsyncEngine, *, older_than_days: int) -> int:
    """Forgets the ids and answers of old commands; how many."""
    columns = LOG.commands.c
    before = _now_us() - older_than_days * _DAY_US
    return await _drop(engine, columns.command_id, columns.recorded_us, before)


async def drop_expired_sessions(engine: AsyncEngine) -> int:
    """Drops sessions that were not used in time; how many."""
    return await _drop(engine, SESSIONS.c.session_id, SESSIONS.c.expires_us, _now_us())


async def _drop(engine: AsyncEngine, key: Column[str], time_us: Column[int], before: int) -> int:
    """Drops the rows whose time lies before `before`; how many.

    Walks the whole table by its key in slices, with pauses: an index by time would cost every
    write what this needs now and then.
    """
    dropped, last = 0, ""
    while True:
        walked = select(key, time_us).where(key > last).order_by(key).limit(_AT_ONCE)
        async with engine.begin() as connection:
            rows = (await connection.execute(walked)).all()
            old = [found for found, at_us in rows if at_us < before]
            if old:
                await connection.execute(delete(key.table).where(key.in_(old)))
        dropped += len(old)
        if len(rows) < _AT_ONCE:
            return dropped
        last = rows[-1][0]
        await asyncio.sleep(_PAUSE_SECONDS)


def _now_us() -> int:
    return time.time_ns() // 1000
