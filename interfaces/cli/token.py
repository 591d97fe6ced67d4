"""`live token`."""

import click

from domain.shared import Language, Market
from infrastructure.embedded.surroundings import completed
from infrastructure.ids import derived_id
from infrastructure.settings import load_settings
from infrastructure.tokens import ROLES, Role, User, open_tokens


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
    """Print an access token signed with this installation's key.

    \b
    TOKEN=$(live token --role host)
    curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8000/api/v1/streams
    """
    tokens = open_tokens(completed(load_settings()))
    person = User(
        id=derived_id("local user", name),
        name=name,
        roles=tuple(roles),
        market=market,
        language=language,
    )
    click.echo(tokens.issue(person, seconds=hours * 3600).text)
