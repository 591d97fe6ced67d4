"""`live users`: who there is, giving roles, the first admin's among them, and forgetting people."""

from typing import Any
from uuid import UUID

import click
import msgspec

from domain.identity.values import ROLES, AccountKind, Role
from domain.shared import DomainError
from infrastructure.ids import new_id
from interfaces.cli.opening import operated_platform, run
from interfaces.cli.output import show_json, show_table
from interfaces.http.i18n import catalogue
from projections.identity.accounts import AccountView, Listed, get_account, list_accounts

_ACTOR = "system:cli"
_MOST = 10_000

_personal = click.option("--personal", is_flag=True, help="Show names and e-mail addresses.")
_user = click.argument("user_id", type=click.UUID)
_roles = click.argument("roles", nargs=-1, required=True, type=click.Choice(ROLES))


class NoSuchUser(Exception):
    """The id is nobody's. The text is one line."""


class NotChanged(Exception):
    """What was asked for was refused. The text is one line."""


@click.group()
def users() -> None:
    """See accounts, give and take roles, and forget people.

    A change of roles takes effect with the person's next access token.

    \b
    live users list --personal
    live users grant USER_ID admin
    live users revoke USER_ID merchant host
    live users erase USER_ID
    """


@users.command("list")
@click.option("--role", type=click.Choice(ROLES), help="Only who has it.")
@click.option("--kind", type=click.Choice(["guest", "registered"]))
@click.option("--limit", type=click.IntRange(1, _MOST), default=50, show_default=True)
@_personal
def list_users(role: Role | None, kind: AccountKind | None, limit: int, *, personal: bool) -> None:
    """List accounts, the newest first."""
    run(_list(Listed(role=role, kind=kind), limit, personal=personal))


@users.command()
@_user
@_personal
def show(user_id: UUID, *, personal: bool) -> None:
    """Show one account: roles, ways in, consents."""
    run(_show(str(user_id), personal=personal))


@users.command()
@_user
@_roles
def grant(user_id: UUID, roles: tuple[Role, ...]) -> None:
    """Give roles to somebody. Prints the roles they have then."""
    run(_change(str(user_id), roles, giving=True))


@users.command()
@_user
@_roles
def revoke(user_id: UUID, roles: tuple[Role, ...]) -> None:
    """Take roles from somebody. Prints the roles they have then."""
    run(_change(str(user_id), roles, giving=False))


@users.command()
@_user
@click.confirmation_option(prompt="This cannot be undone. Erase them?")
def erase(user_id: UUID) -> None:
    """Forget somebody for good, as if they had asked for it themselves.

    A worker carries it out. Asked for again, as after a restore, it does no harm.
    """
    run(_erase(str(user_id)))


async def _list(wanted: Listed, limit: int, *, personal: bool) -> None:
    async with operated_platform() as platform:
        found = (await list_accounts(platform.views, wanted, limit=limit)).value
    columns = ("id", "kind", "status", "roles", "market", "language", "since")
    shown = (*columns, "name") if personal else columns
    show_table(shown, [_row(view)[: len(shown)] for view in found])


def _row(view: AccountView) -> tuple[str, ...]:
    since = view.created_at.isoformat(timespec="seconds")
    who = (view.id, view.kind, view.status, _listed(view.roles))
    facts = (*who, view.market, view.language, since)
    return (*facts, view.name)


async def _show(user_id: str, *, personal: bool) -> None:
    async with operated_platform() as platform:
        found = (await get_account(platform.views, user_id)).value
    if found is None:
        raise NoSuchUser(f"no account {user_id}")
    show_json(msgspec.to_builtins(found) if personal else _without_personal_data(found))


def _without_personal_data(view: AccountView) -> Any:
    shown = msgspec.to_builtins(view)
    for told in (shown, *shown["identities"]):
        told.pop("name")
        told.pop("email", None)
    return shown


async def _change(user_id: str, roles: tuple[Role, ...], *, giving: bool) -> None:
    async with operated_platform() as platform:
        profiles = platform.services.identity.profiles
        change = profiles.grant if giving else profiles.revoke
        try:
            for role in roles:
                await change(user_id, role, actor=_ACTOR)
            person = await profiles.person(user_id)
        except DomainError as refused:
            raise NotChanged(_worded(refused)) from refused
    click.echo(f"{user_id}\t{_listed(person.roles)}")


async def _erase(user_id: str) -> None:
    async with operated_platform() as platform:
        try:
            erasing = platform.services.identity.erasing
            await erasing.request(user_id, actor=_ACTOR, once=new_id())
        except DomainError as refused:
            raise NotChanged(_worded(refused)) from refused
    click.echo(f"{user_id}\terasing")


def _listed(roles: tuple[Role, ...]) -> str:
    return ",".join(roles) or "-"


def _worded(refused: DomainError) -> str:
    words = catalogue().text("en", f"problem_{refused.code}_detail", refused.fields)
    return words or refused.code
