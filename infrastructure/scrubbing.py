"""Takes what was overwritten or deleted out of the stores' own files.

SQLite's write-ahead log and Redis' append-only file keep what a value was before, until they are
written anew. What a MySQL server keeps so is its operator's to limit (docs/operations.md).
"""

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine


async def scrub(engine: AsyncEngine, redis: "Redis") -> None:
    """May take a while, and is harmless at any time. Raises what the stores' clients do."""
    if engine.dialect.name == "sqlite":
        async with engine.connect() as connection:
            await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    persistence = await redis.info("persistence")
    if persistence["aof_enabled"]:
        await redis.bgrewriteaof()
