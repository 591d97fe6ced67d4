"""What was deleted or overwritten leaves the files of SQLite and Redis too."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.database import create_engine
from infrastructure.embedded.private_redis import PrivateRedis
from infrastructure.scrubbing import scrub
from tests.support.eventually import eventually
from tests.support.searching import Search

PLANTED = Search(["Unmistakable 林 Name"])


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator["Redis"]:
    server = PrivateRedis(tmp_path / "redis")
    server.start()
    async with Redis.from_url(server.url(0)) as connection:
        yield connection
    server.stop()


async def test_scrubbing_takes_the_past_out_of_the_files(tmp_path: Path, redis: "Redis") -> None:
    engine = create_engine(f"sqlite+aiosqlite:///{tmp_path}/live.db")
    async with engine.connect() as kept_open:  # or the last to close would tidy up
        await _execute(engine, "CREATE TABLE names (name TEXT)")
        await kept_open.exec_driver_sql("SELECT * FROM names")
        await _execute(engine, "INSERT INTO names VALUES ('Unmistakable 林 Name')")
        await redis.set("name", "Unmistakable 林 Name")
        await _execute(engine, "DELETE FROM names")
        await redis.set("name", "[erased]")
        assert len(PLANTED.files(tmp_path)) == 2

        await scrub(engine, redis)

        await eventually(lambda: not PLANTED.files(tmp_path))
    await engine.dispose()


async def test_scrubbing_follows_on_a_rewrite_that_began_before(
    tmp_path: Path, redis: "Redis"
) -> None:
    engine = create_engine(f"sqlite+aiosqlite:///{tmp_path}/live.db")
    await redis.set("name", "Unmistakable 林 Name")
    await redis.config_set("rdb-key-save-delay", 1_000_000)  # microseconds a key
    await redis.bgrewriteaof()
    await redis.set("name", "[erased]")
    await scrub(engine, redis)
    await eventually(lambda: not PLANTED.files(tmp_path), timeout=15)
    await engine.dispose()


async def _execute(engine: AsyncEngine, statement: str) -> None:
    async with engine.begin() as connection:
        await connection.exec_driver_sql(statement)


async def test_scrubbing_leaves_alone_a_redis_that_keeps_no_file(
    sqlite_url: str, redis_url: str
) -> None:
    engine = create_engine(sqlite_url)
    async with Redis.from_url(redis_url) as connection:
        before = (await connection.info("persistence"))["aof_enabled"]
        await scrub(engine, connection)
        found = await connection.info("persistence")
    assert (before, found["aof_rewrite_in_progress"]) == (0, 0)
    await engine.dispose()
