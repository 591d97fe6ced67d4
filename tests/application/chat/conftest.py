"""Gives the chat's tests a parlour."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.parlour import Parlour, parlour


@pytest_asyncio.fixture
async def salon(sqlite_url: str, redis_url: str) -> AsyncIterator[Parlour]:
    """A show's room, which nobody came into yet."""
    async with parlour(sqlite_url, redis_url) as built:
        yield built


@pytest_asyncio.fixture(params=["sqlite", "mysql"])
async def any_salon(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Parlour]:
    """The same, for what the database has a say in."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    async with parlour(url, redis_url) as built:
        yield built
