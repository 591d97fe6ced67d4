import pytest_asyncio

from tests.support.accounts import create_tables


@pytest_asyncio.fixture
async def log_url(database_url: str) -> str:
    """A database with an empty product log, on each of the three in turn."""
    await create_tables(database_url)
    return database_url
