"""Drops what has served its time. The log itself is never touched."""

import asyncio
import time

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.event_store.schema import LOG

_AT_ONCE = 2000
_PAUSE_SECONDS = 0.02
_DAY_US = 86_400_000_000


async def forget_commands(engine: AsyncEngine, *, older_than_days: int) -> int:
    """Forgets the ids and answers of old commands; how many.

    Walks the whole table by its key in slices, with pauses: an index by age would cost every
    append what this needs once a day.
    """
    commands = LOG.commands
    before = time.time_ns() // 1000 - older_than_days * _DAY_US
    columns = (commands.c.command_id, commands.c.recorded_us)
    forgotten, last = 0, ""
    while True:
        walked = select(*columns).where(commands.c.command_id > last)
        async with engine.begin() as connection:
            found = await connection.execute(walked.order_by(columns[0]).limit(_AT_ONCE))
            rows = found.all()
            old = [row.command_id for row in rows if row.recorded_us < before]
            if old:
                await connection.execute(delete(commands).where(commands.c.command_id.in_(old)))
        forgotten += len(old)
        if len(rows) < _AT_ONCE:
            return forgotten
        last = rows[-1].command_id
        await asyncio.sleep(_PAUSE_SECONDS)
