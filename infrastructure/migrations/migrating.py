"""Brings a database's tables to the shape this code wants, and tells where they stand."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.event_store.opening import lay_head

FOLDER = Path(__file__).parent


async def upgrade(engine: AsyncEngine) -> None:
    """To the newest revision. Running it again, or from two machines in turn, changes nothing."""
    async with engine.connect() as connection:
        await connection.run_sync(lambda sync: command.upgrade(_config(sync), "head"))
        await connection.commit()
    await lay_head(engine)


async def current_revision(engine: AsyncEngine) -> str | None:
    """None: no migration has run yet."""
    async with engine.connect() as connection:
        return await connection.run_sync(
            lambda sync: MigrationContext.configure(sync).get_current_revision()
        )


def newest_revision() -> str | None:
    return ScriptDirectory(str(FOLDER)).get_current_head()


async def difference(engine: AsyncEngine) -> str | None:
    """What the tables differ in from the code, in words; None when they agree."""
    async with engine.connect() as connection:
        return await connection.run_sync(_difference)


def _difference(connection: Connection) -> str | None:
    try:
        command.check(_config(connection))
    except CommandError as difference:
        return str(difference)
    return None


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config
