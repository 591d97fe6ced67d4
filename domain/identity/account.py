"""The states of accounts and of logins, and how recorded facts change them.

They are cached and snapshotted: no name, no address, nothing a person could be known by. A session
has no place in them either, as an account may start any number over the years.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.identity import events as fact
from domain.identity.values import AccountKind, AccountStatus, ConsentDocument, Provider, Role
from domain.shared import Event, Language, Market


class Account(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One person here. `status` is None before the account is opened.

    `named`: the person, or who vouched for them, gave the name it has. `logins` are by login id,
    `consents` hold the version agreed to.
    """

    status: AccountStatus | None = None
    kind: AccountKind = "guest"
    named: bool = False
    market: Market = "TW"
    language: Language = "zh-TW"
    roles: tuple[Role, ...] = ()
    logins: dict[str, Provider] = {}
    consents: dict[ConsentDocument, str] = {}
    avatar_key: str | None = None


class Login(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One person at one provider. A login that was given up is never claimed again: whoever comes
    in that way once more is a new login."""

    owner: str | None = None
    released: bool = False


def evolve_account(state: Account, event: Event) -> Account:
    """A fact of a type unknown here changes nothing."""
    change = CHANGES.get(type(event))
    return state if change is None else change(state, event)


def evolve_login(state: Login, event: Event) -> Login:
    match event:
        case fact.LoginClaimed():
            return Login(owner=event.user_id)
        case fact.LoginReleased():
            return Login(released=True)
        case _:
            return state


def _opened(_state: Account, event: fact.AccountOpened) -> Account:
    return Account(
        status="open",
        kind=event.kind,
        named=event.named,
        market=event.market,
        language=event.language,
        roles=event.roles,
    )


def _registered(state: Account, _event: fact.AccountRegistered) -> Account:
    return replace(state, kind="registered")


def _linked(state: Account, event: fact.IdentityLinked) -> Account:
    return replace(state, logins={**state.logins, event.login_id: event.provider})


def _unlinked(state: Account, event: fact.IdentityUnlinked) -> Account:
    kept = {login: of for login, of in state.logins.items() if login != event.login_id}
    return replace(state, logins=kept)


def _roles_changed(state: Account, event: fact.RolesChanged) -> Account:
    return replace(state, roles=event.roles)


def _revised(state: Account, event: fact.ProfileRevised) -> Account:
    named = state.named or event.name is not None
    return replace(state, named=named, market=event.market, language=event.language)


def _avatar(state: Account, event: fact.AvatarAttached) -> Account:
    return replace(state, avatar_key=event.key)


def _consent_given(state: Account, event: fact.ConsentGiven) -> Account:
    return replace(state, consents={**state.consents, event.document: event.version})


def _consent_withdrawn(state: Account, event: fact.ConsentWithdrawn) -> Account:
    kept = {doc: version for doc, version in state.consents.items() if doc != event.document}
    return replace(state, consents=kept)


def _erasing(state: Account, _event: fact.ErasureRequested) -> Account:
    return replace(state, status="erasing")


def _erased(_state: Account, _event: fact.PersonalDataErased) -> Account:
    return Account(status="erased")


CHANGES: dict[type[Event], Callable[[Account, Any], Account]] = {
    fact.AccountOpened: _opened,
    fact.AccountRegistered: _registered,
    fact.IdentityLinked: _linked,
    fact.IdentityUnlinked: _unlinked,
    fact.RolesChanged: _roles_changed,
    fact.ProfileRevised: _revised,
    fact.AvatarAttached: _avatar,
    fact.ConsentGiven: _consent_given,
    fact.ConsentWithdrawn: _consent_withdrawn,
    fact.ErasureRequested: _erasing,
    fact.PersonalDataErased: _erased,
}
