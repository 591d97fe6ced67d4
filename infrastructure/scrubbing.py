"""Takes what was overwritten or deleted out of the stores' own files.

SQLite's write-ahead log and Redis' append-only file keep what a value was before, until they are
written anew. What a MySQL server keeps so is its operator's to limit (docs/operations.md).
"""

import asyncio

from redis.asyncio import Redis
from redis.exceptions import ResponseError
from sqlalchemy.ext.asyncio import AsyncEngine

_AGAIN_SECONDS = 0.5


class StillRead(Exception):
    """Somebody is reading from the journal; it has to be tried again."""


async def scrub(engine: AsyncEngine, redis: Redis) -> None:
    """May take a while, and is harmless at any time. Raises `StillRead`, and what the stores'
    clients do."""
    if engine.dialect.name == "sqlite":
        async with engine.connect() as connection:
            (busy, *_), *_ = await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        if busy:
            raise StillRead
    persistence = await redis.info("persistence")
    if persistence["aof_enabled"]:
        await _rewrite(redis)


async def _rewrite(redis: "Redis") -> None:
    """A rewrite under way may have begun before the latest deletions: ours comes after it."""
    while True:
        try:
            await redis.bgrewriteaof()
        except ResponseError as refused:
            if "in progress" not in str(refused):
                raise
            await asyncio.sleep(_AGAIN_SECONDS)
        else:
            return
