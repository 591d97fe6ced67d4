"""Gives identity's tests a lobby."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.lobby import Lobby, lobby


@pytest_asyncio.fixture
async def hall(sqlite_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Lobby]:
    """Accounts on the real log, with everything that is kept outside it."""
    async with lobby(sqlite_url, redis_url, tmp_path / "simulators") as built:
        yield built


@pytest_asyncio.fixture(params=["sqlite", "mysql"])
async def any_hall(
    request: pytest.FixtureRequest, redis_url: str, tmp_path: Path
) -> AsyncIterator[Lobby]:
    """The same, for what the database has a say in."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    async with lobby(url, redis_url, tmp_path / "simulators") as built:
        yield built
