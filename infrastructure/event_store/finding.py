"""Finds an event by its time or its id, which bear no index: appends would pay for what is rarely
asked.

Times in the log never run backwards, so the place of one is found by halving. An id is a UUIDv7
and tells when it was made: only what was recorded around that time is looked through.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from infrastructure.event_store.schema import LOG

_UUID7 = 7
_DISAGREEING_CLOCKS_US = 600 * 1_000_000


async def position_of(engine: AsyncEngine, event_id: str) -> int | None:
    """None: the log has no such event, or its id was made more than ten minutes off by the clock
    of another machine."""
    made_us = _made_us(event_id)
    if made_us is None:
        return None
    async with engine.connect() as connection:
        first = await _first_since(connection, made_us - _DISAGREEING_CLOCKS_US)
        beyond = await _first_since(connection, made_us + _DISAGREEING_CLOCKS_US)
        events = LOG.events.c
        wanted = select(events.position).where(
            events.position.between(first, beyond), events.event_id == event_id
        )
        return await connection.scalar(wanted)


async def first_since(engine: AsyncEngine, moment_us: int) -> int:
    """The first position recorded at that moment, in UTC microseconds since 1970, or later; the
    one that follows the last where none was."""
    async with engine.connect() as connection:
        return await _first_since(connection, moment_us)


def _made_us(event_id: str) -> int | None:
    """RFC 9562 §5.7: the first 48 bits are milliseconds since 1970."""
    try:
        parsed = UUID(event_id)
    except ValueError:
        return None
    return (parsed.int >> 80) * 1000 if parsed.version == _UUID7 else None


async def _first_since(connection: AsyncConnection, moment_us: int) -> int:
    last = await connection.scalar(select(func.max(LOG.events.c.position))) or 0
    return await _first(last, lambda at: _recorded_by(connection, at, moment_us))


async def _first(last: int, holds: Callable[[int], Awaitable[bool]]) -> int:
    """The first of 1…`last` for which it holds, as it does for all after it; else the next."""
    low, high = 1, last + 1
    while low < high:
        middle = (low + high) // 2
        if await holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


async def _recorded_by(connection: AsyncConnection, position: int, moment_us: int) -> bool:
    events = LOG.events.c
    recorded = await connection.scalar(
        select(events.recorded_us).where(events.position == position)
    )
    return recorded is not None and recorded >= moment_us
