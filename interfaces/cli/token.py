"""`live token`."""

import click
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.identity.values import ROLES, Role
from domain.shared import Language, Market
from infrastructure.identity.signing_key_table import SigningKeyTable
from infrastructure.identity.signing_keys import SigningKeys
from infrastructure.ids import derived_id
from infrastructure.migrations.migrating import current_revision, newest_revision
from infrastructure.tokens import Tokens, User
from infrastructure.vault import master_keys
from interfaces.cli.opening import log_store, run


class NoTables(Exception):
    """The database does not have the tables keys are kept in. The text is one line."""


@click.command()
@click.option("--role", "roles", multiple=True, type=click.Choice(ROLES), default=["host"])
@click.option(
    "--name",
    default="Local",
    show_default=True,
    help="Who it speaks for; the same name is the same person.",
)
@click.option("--market", type=click.Choice(["TW", "TH"]), default="TW", show_default=True)
@click.option(
    "--language",
    type=click.Choice(["zh-TW", "zh-CN", "th", "ja", "en"]),
    default="en",
    show_default=True,
)
@click.option("--hours", type=click.IntRange(1, 24 * 30), default=12, show_default=True)
def token(
    roles: tuple[Role, ...], name: str, market: Market, language: Language, hours: int
) -> None:
    """Print an access token signed with this installation's key. Needs its database.

    \b
    TOKEN=$(live token --role host)
    curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8000/api/v1/streams
    """
    person = User(
        id=derived_id("local user", name),
        name=name,
        roles=tuple(roles),
        market=market,
        language=language,
    )
    run(_token(person, seconds=hours * 3600))


async def _token(person: User, *, seconds: int) -> None:
    async with log_store() as store:
        keys = SigningKeys(SigningKeyTable(store.engine, master_keys(store.settings)))
        try:
            issued = await Tokens(keys, seconds=seconds).issue(person)
        except DBAPIError:
            await _refuse_old_tables(store.engine)
            raise
    click.echo(issued.text)


async def _refuse_old_tables(engine: AsyncEngine) -> None:
    if await current_revision(engine) != newest_revision():
        raise NoTables("the tables are not there: start `live serve`, or run `live db upgrade`")
