"""Gives tests fresh databases on real servers. Servers themselves come from support/services.py."""

import asyncio
import functools
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from infrastructure.database import METADATA, create_engine
from tests.support.databases import claimed_redis_database, sql_database
from tests.support.programs import Unavailable
from tests.support.services import server_run, service_url

_RUN = ExitStack()
_LONGEST_SECONDS = 150.0


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        _RUN.enter_context(server_run())


def pytest_unconfigure() -> None:
    _RUN.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that waits for ever fails where it waits, and the others go on."""
    for item in items:
        test = getattr(item, "obj", None)
        if asyncio.iscoroutinefunction(test) and not hasattr(test, "hypothesis"):
            item.obj = _in_time(test)  # type: ignore[attr-defined]  # pytest.Function's


def _in_time(test: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(test)
    async def run(*arguments: Any, **fixtures: Any) -> Any:
        async with asyncio.timeout(_LONGEST_SECONDS):
            return await test(*arguments, **fixtures)

    return run


def _service(name: str) -> str:
    """A missing service fails the test, unless LIVE_TEST_SKIP_MISSING=1 asks for less."""
    try:
        return service_url(name)
    except Unavailable as missing:
        if os.environ.get("LIVE_TEST_SKIP_MISSING") == "1" and os.environ.get("CI") != "true":
            pytest.skip(str(missing))
        raise


@pytest.fixture
def mysql_url() -> Iterator[str]:
    """A fresh database on MySQL."""
    with sql_database(_service("mysql")) as url:
        yield url


@pytest.fixture
def mariadb_url() -> Iterator[str]:
    """A fresh database on MariaDB."""
    with sql_database(_service("mariadb")) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A database file that does not exist yet."""
    return f"sqlite+aiosqlite:///{tmp_path}/{uuid4().hex}.db"


@pytest.fixture(params=["mysql", "mariadb", "sqlite"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database on each of the three in turn."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def redis_url() -> Iterator[str]:
    """An empty logical database. FLUSHDB is fine in it; FLUSHALL empties others' too."""
    with claimed_redis_database(_service("redis")) as url:
        yield url


@pytest.fixture
def jobs_redis_url() -> Iterator[str]:
    """A second empty logical database, for the jobs."""
    with claimed_redis_database(_service("redis")) as url:
        yield url


@pytest.fixture
def redis_prefix() -> str:
    """A key and channel prefix nobody else uses: channels cross logical databases."""
    return f"t{uuid4().hex[:12]}:"


@pytest.fixture
def tables() -> Callable[[str], Awaitable[None]]:
    """`await tables(url)` creates every table whose module has been imported."""

    async def create(url: str) -> None:
        engine = create_engine(url)
        async with engine.begin() as connection:
            await connection.run_sync(METADATA.create_all)
        await engine.dispose()

    return create
