"""Fresh places on shared servers: a database of its own in SQL, a logical one in Redis."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pymysql
import redis
from sqlalchemy.engine import make_url

_CLAIM_SECONDS = 1800
_FIRST_CLAIMABLE = 10  # those below are left to people at work on the same server


@contextmanager
def sql_database(server_url: str) -> Iterator[str]:
    """The URL of a new, empty database; dropped at the end."""
    name = f"t_{uuid4().hex[:16]}"
    _execute(server_url, f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    try:
        yield f"{server_url}/{name}"
    finally:
        _execute(server_url, f"DROP DATABASE IF EXISTS {name}")


def _execute(server_url: str, statement: str) -> None:
    url = make_url(server_url)
    connection = pymysql.connect(
        host=url.host, port=url.port or 3306, user=url.username, password=url.password or ""
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def claimed_redis_database(server_url: str) -> Iterator[str]:
    """The URL of an empty logical database nobody else has; its claim stands in database 0."""
    keeper = redis.Redis.from_url(server_url, db=0)
    number = _claim(keeper)
    url = f"{server_url}/{number}"
    try:
        _flush(url)
        yield url
        _flush(url)
    finally:
        keeper.delete(f"live-test:{number}")
        keeper.close()


def _claim(keeper: redis.Redis) -> int:
    databases = int(keeper.config_get("databases")["databases"] or 16)
    numbers = list(range(_FIRST_CLAIMABLE, databases))
    random.shuffle(numbers)
    for number in numbers:
        if keeper.set(f"live-test:{number}", "claimed", nx=True, ex=_CLAIM_SECONDS):
            return number
    raise RuntimeError("every logical database of this Redis is claimed: give it more")


def _flush(url: str) -> None:
    client = redis.Redis.from_url(url)
    client.flushdb()
    client.close()
