"""Drops what has served its time. The log itself is never touched."""

import time

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.event_store.schema import LOG

_AT_ONCE = 2000
_DAY_US = 86_400_000_000


async def forget_commands(engine: AsyncEngine, *, older_than_days: int) -> int:
    """Forgets the ids and answers of old commands, few at a time; how many."""
    commands = LOG.commands
    before = time.time_ns() // 1000 - older_than_days * _DAY_US
    old = select(commands.c.command_id).where(commands.c.recorded_us < before).limit(_AT_ONCE)
    forgotten = 0
    while True:
        async with engine.begin() as connection:
            ids = list((await connection.execute(old)).scalars())
            if ids:
                await connection.execute(delete(commands).where(commands.c.command_id.in_(ids)))
        forgotten += len(ids)
        if len(ids) < _AT_ONCE:
            return forgotten
