"""A running API: one a module (`api`), or one with settings of its own (`settings`)."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from infrastructure.settings import Settings
from tests.support.databases import claimed_redis_database
from tests.support.http import Api, api_settings, running_api
from tests.support.services import service_url


@pytest.fixture(scope="module")
def module_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    folder = tmp_path_factory.mktemp("api")
    with claimed_redis_database(service_url("redis")) as redis_url:
        yield api_settings(
            folder,
            database_url=f"sqlite+aiosqlite:///{folder}/live.db",
            redis_url=redis_url,
            prefix=f"t{uuid4().hex[:12]}:",
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(module_settings: Settings) -> AsyncIterator[Api]:
    """Shared by a module's tests: each uses names and keys of its own."""
    async with running_api(module_settings) as running:
        yield running


@pytest.fixture
def settings(
    tmp_path: Path, sqlite_url: str, redis_url: str, redis_prefix: str
) -> Callable[..., Settings]:
    """Makes settings for an API of one's own."""

    def make(**more: str) -> Settings:
        return api_settings(
            tmp_path, database_url=sqlite_url, redis_url=redis_url, prefix=redis_prefix, **more
        )

    return make
