"""One running API for the tests of this folder."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from infrastructure.settings import Settings
from tests.support.http import Api, api_settings, running_api


@pytest.fixture
def settings(
    tmp_path: Path, sqlite_url: str, redis_url: str, redis_prefix: str
) -> Callable[..., Settings]:
    def make(**more: str) -> Settings:
        return api_settings(
            tmp_path, database_url=sqlite_url, redis_url=redis_url, prefix=redis_prefix, **more
        )

    return make


@pytest.fixture
async def api(settings: Callable[..., Settings]) -> AsyncIterator[Api]:
    async with running_api(settings()) as running:
        yield running
