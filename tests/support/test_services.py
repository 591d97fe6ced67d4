"""The test bed itself: each fixture gives a real, empty, private place."""

from collections.abc import Awaitable, Callable

import redis
from sqlalchemy import text

from infrastructure.database import create_engine


async def test_database_url_gives_an_empty_database(
    database_url: str, tables: Callable[[str], Awaitable[None]]
) -> None:
    await tables(database_url)
    engine = create_engine(database_url)
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
    await engine.dispose()


def test_redis_urls_do_not_share_keys(redis_url: str, jobs_redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as one, redis.Redis.from_url(jobs_redis_url) as other:
        one.set("key", "1")
        assert other.dbsize() == 0
