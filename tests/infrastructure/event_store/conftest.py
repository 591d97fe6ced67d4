import pytest
import pytest_asyncio

from tests.support.accounts import create_tables


@pytest_asyncio.fixture
async def log_url(database_url: str) -> str:
    """A database with an empty log, on each of the three in turn."""
    await create_tables(database_url)
    return database_url


@pytest_asyncio.fixture
async def sqlite_log_url(sqlite_url: str) -> str:
    await create_tables(sqlite_url)
    return sqlite_url


@pytest.fixture(params=["mysql", "mariadb"])
def server_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest_asyncio.fixture
async def server_log_url(server_url: str) -> str:
    """A database server with an empty log: for what SQLite's single writer cannot show."""
    await create_tables(server_url)
    return server_url
