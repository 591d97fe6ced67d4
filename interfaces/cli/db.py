"""`live db`: the tables, and whether they are what the code wants."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import click
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.database import create_engine
from infrastructure.embedded.surroundings import completed
from infrastructure.migrations import migrating
from infrastructure.settings import load_settings
from interfaces.cli.opening import run


class TablesDiffer(Exception):
    """The tables are not what this version of the code wants. The text is one line."""


@click.group()
def db() -> None:
    """Create, upgrade and check the tables of LIVE_DATABASE_URL.

    \b
    live db upgrade     before a new version is started
    live db check       ends with 1 when something is missing
    """


@db.command()
def upgrade() -> None:
    """Bring the tables to the newest revision. Running it again changes nothing."""
    run(_upgrade())


@db.command()
def current() -> None:
    """Print the revision the tables are at."""
    run(_current())


@db.command()
def check() -> None:
    """Say whether the tables are what this version wants."""
    run(_check())


async def _upgrade() -> None:
    async with _engine() as engine:
        before = await migrating.current_revision(engine)
        await migrating.upgrade(engine)
        after = await migrating.current_revision(engine)
    click.echo(
        f"at {after} already" if before == after else f"from {before or 'nothing'} to {after}"
    )


async def _current() -> None:
    async with _engine() as engine:
        click.echo(await migrating.current_revision(engine) or "none")


async def _check() -> None:
    async with _engine() as engine:
        found, wanted = await migrating.current_revision(engine), migrating.newest_revision()
        if found != wanted:
            raise TablesDiffer(f"tables are at {found}, wanted is {wanted}: run `live db upgrade`")
        difference = await migrating.difference(engine)
    if difference is not None:
        raise TablesDiffer(difference.replace("\n", " "))
    click.echo(f"ok, at {found}")


@asynccontextmanager
async def _engine() -> AsyncIterator[AsyncEngine]:
    engine = create_engine(completed(load_settings()).database_url)
    try:
        yield engine
    finally:
        await engine.dispose()
