"""Who is who: for people themselves, and for those who administer accounts.

Holds personal data, and drops all of it when the person is erased.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import BigInteger, Column, Select, String, Table, select

from domain.identity import events as fact
from domain.identity.values import AccountKind, AccountStatus, ConsentDocument, Provider, Role
from domain.shared import Event, Language, Market, Recorded
from projections.projection import Seen, TableProjection, Views


class IdentityView(msgspec.Struct, frozen=True, kw_only=True):
    """A way in. `email_trusted`: the provider is the authority on the address."""

    login_id: str
    provider: Provider
    name: str | None
    email: str | None
    email_trusted: bool
    linked_at: datetime


class ConsentView(msgspec.Struct, frozen=True, kw_only=True):
    """The version agreed to, in the language it was shown in. Withdrawn ones are not there."""

    document: ConsentDocument
    version: str
    language: Language
    given_at: datetime


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """A person. `identities` and `consents` are in the order they came to be.

    `listed_at` is the log position the account was opened at, which orders lists; `position` the
    one of its last event here.
    """

    id: str
    kind: AccountKind
    status: AccountStatus
    name: str
    market: Market
    language: Language
    roles: tuple[Role, ...]
    created_at: datetime
    listed_at: int
    position: int
    avatar_key: str | None = None
    identities: tuple[IdentityView, ...] = ()
    consents: tuple[ConsentView, ...] = ()

    def __repr__(self) -> str:
        return f"AccountView(id={self.id!r}, …)"


Fold = Callable[[AccountView, Any, Recorded], AccountView]


def _opened(recorded: Recorded, event: fact.AccountOpened) -> AccountView:
    return AccountView(
        id=event.user_id,
        kind=event.kind,
        status="open",
        name=event.name,
        market=event.market,
        language=event.language,
        roles=event.roles,
        created_at=recorded.recorded_at,
        listed_at=recorded.position,
        position=recorded.position,
    )


def _registered(
    view: AccountView, _event: fact.AccountRegistered, _recorded: Recorded
) -> AccountView:
    return replace(view, kind="registered")


def _linked(view: AccountView, event: fact.IdentityLinked, recorded: Recorded) -> AccountView:
    linked = IdentityView(
        login_id=event.login_id,
        provider=event.provider,
        name=event.name,
        email=event.email,
        email_trusted=event.email_trusted,
        linked_at=recorded.recorded_at,
    )
    return replace(view, identities=(*view.identities, linked))


def _unlinked(view: AccountView, event: fact.IdentityUnlinked, _recorded: Recorded) -> AccountView:
    kept = tuple(each for each in view.identities if each.login_id != event.login_id)
    return replace(view, identities=kept)


def _roles(view: AccountView, event: fact.RolesChanged, _recorded: Recorded) -> AccountView:
    return replace(view, roles=event.roles)


def _revised(view: AccountView, event: fact.ProfileRevised, _recorded: Recorded) -> AccountView:
    name = view.name if event.name is None else event.name
    return replace(view, name=name, market=event.market, language=event.language)


def _avatar(view: AccountView, event: fact.AvatarAttached, _recorded: Recorded) -> AccountView:
    return replace(view, avatar_key=event.key)


def _consent_given(view: AccountView, event: fact.ConsentGiven, recorded: Recorded) -> AccountView:
    given = ConsentView(
        document=event.document,
        version=event.version,
        language=event.language,
        given_at=recorded.recorded_at,
    )
    return replace(view, consents=(*_without(view, event.document), given))


def _consent_withdrawn(
    view: AccountView, event: fact.ConsentWithdrawn, _recorded: Recorded
) -> AccountView:
    return replace(view, consents=_without(view, event.document))


def _without(view: AccountView, document: ConsentDocument) -> tuple[ConsentView, ...]:
    return tuple(consent for consent in view.consents if consent.document != document)


def _erasing(view: AccountView, _event: fact.ErasureRequested, _recorded: Recorded) -> AccountView:
    return replace(view, status="erasing")


FOLDS: dict[type[Event], Fold] = {
    fact.AccountRegistered: _registered,
    fact.IdentityLinked: _linked,
    fact.IdentityUnlinked: _unlinked,
    fact.RolesChanged: _roles,
    fact.ProfileRevised: _revised,
    fact.AvatarAttached: _avatar,
    fact.ConsentGiven: _consent_given,
    fact.ConsentWithdrawn: _consent_withdrawn,
    fact.ErasureRequested: _erasing,
}


def _fold(view: AccountView | None, recorded: Recorded) -> AccountView | None:
    event = recorded.event
    if isinstance(event, fact.AccountOpened):
        return _opened(recorded, event)
    if view is None or isinstance(event, fact.PersonalDataErased):
        return None
    return replace(FOLDS[type(event)](view, event, recorded), position=recorded.position)


def _user_id(recorded: Recorded) -> str:
    return recorded.entity_id


def _row(view: AccountView) -> Mapping[str, Any]:
    return {"kind": view.kind, "roles": _among(view.roles), "listed_at": view.listed_at}


def _among(roles: tuple[Role, ...]) -> str:
    """Every role between blanks, to be looked for with them."""
    return f" {' '.join(roles)} "


def _person(view: AccountView) -> tuple[str]:
    return (view.id,)


def _removed(_view: AccountView, _person: str) -> None:
    """Even while the account's stream is set aside, when no event of it is folded."""


ACCOUNTS = TableProjection(
    name="accounts",
    version=1,
    view=AccountView,
    types=frozenset(
        {
            fact.AccountOpened.tag,
            fact.PersonalDataErased.tag,
            *(event.tag for event in FOLDS),
        }
    ),
    key=_user_id,
    fold=_fold,
    persons=_person,
    forget=_removed,
    columns=(
        Column("kind", String(16), nullable=False),
        Column("roles", String(100), nullable=False),
        Column("listed_at", BigInteger, nullable=False, index=True),
    ),
    row=_row,
)


async def get_account(
    views: Views, user_id: str, *, min_position: int = 0
) -> Seen[AccountView | None]:
    """Raises `ProjectionBehind`."""
    await views.wait(ACCOUNTS, min_position)
    return await views.get(ACCOUNTS, user_id)


async def names_of(
    views: Views, user_ids: Sequence[str], *, min_position: int = 0
) -> Seen[dict[str, str]]:
    """What these people are called, by id; who has no account is left out. Raises
    `ProjectionBehind`."""
    await views.wait(ACCOUNTS, min_position)
    seen = await views.select(
        ACCOUNTS, lambda table: select(table.c.view).where(table.c.key.in_(user_ids))
    )
    return Seen({view.id: view.name for view in seen.value}, seen.position)


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """Which accounts to list: all that have every value given. `min_position`: wait for it."""

    kind: AccountKind | None = None
    role: Role | None = None
    min_position: int = 0


async def list_accounts(
    views: Views, wanted: Listed, *, limit: int, before: int | None = None
) -> Seen[list[AccountView]]:
    """The newest first, from just behind the account whose `listed_at` is `before`.

    Raises `ProjectionBehind`.
    """

    def build(table: Table) -> Select[Any]:
        chosen = select(table.c.view).order_by(table.c.listed_at.desc()).limit(limit)
        if before is not None:
            chosen = chosen.where(table.c.listed_at < before)
        if wanted.kind is not None:
            chosen = chosen.where(table.c.kind == wanted.kind)
        if wanted.role is not None:
            chosen = chosen.where(table.c.roles.contains(_among((wanted.role,))))
        return chosen

    await views.wait(ACCOUNTS, wanted.min_position)
    return await views.select(ACCOUNTS, build)
