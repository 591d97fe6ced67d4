"""What accounts and logins answer to each command: the facts it comes to, or a refusal. Pure.

What concerns an account and a login is decided on both at once, by `decide_together`.
"""

from collections.abc import Callable
from typing import Any

from msgspec import UNSET

from domain.identity import commands as ask
from domain.identity import errors
from domain.identity import events as fact
from domain.identity.account import Account, Login, evolve_account, evolve_login
from domain.identity.values import (
    CONSENT_VERSION_CHARACTERS,
    EMAIL_CHARACTERS,
    GUEST_ROLES,
    NAME_CHARACTERS,
    NO_WAY_IN,
    ROLES,
    UNNAMED,
    Role,
)
from domain.shared import Command, Decider, Event
from domain.text import line, tidied

Facts = tuple[Event, ...]
Both = tuple[Facts, Facts]  # the account's, then the login's


def decide(state: Account, command: Command) -> Facts:
    """Raises a `DomainError` when refused, `TypeError` for a command of another context."""
    decision = DECISIONS.get(type(command))
    if decision is None:
        raise TypeError(f"an account alone does not decide {type(command).__name__}")
    return decision(state, command)


def decide_together(account: Account, login: Login, command: ask.LoginCommand) -> Both:
    """Raises a `DomainError` when refused, `TypeError` for a command about less than both."""
    decision = SHARED_DECISIONS.get(type(command))
    if decision is None:
        raise TypeError(f"accounts and logins do not decide {type(command).__name__} together")
    return decision(account, login, command)


def _refuse_alone(_state: Login, command: Command) -> Facts:
    raise TypeError(f"a login alone does not decide {type(command).__name__}")


def _open(state: Account, command: ask.OpenAccount) -> Facts:
    _refuse_existing(state, command.user_id)
    _refuse_roles_of_guests(command.kind, command.roles)
    name = None if command.name is None else line("name", command.name, limit=NAME_CHARACTERS)
    return (
        fact.AccountOpened(
            user_id=command.user_id,
            kind=command.kind,
            name=name or UNNAMED[command.language],
            named=name is not None,
            market=command.market,
            language=command.language,
            roles=_in_order(command.roles),
        ),
    )


def _register(account: Account, login: Login, command: ask.RegisterWithLogin) -> Both:
    _refuse_taken(login)
    opening = ask.OpenAccount(
        user_id=command.user_id,
        kind="registered",
        name=tidied(command.name, limit=NAME_CHARACTERS),
        market=command.market,
        language=command.language,
        roles=GUEST_ROLES,
    )
    return (*_open(account, opening), _linked(command)), (_claimed(command),)


def _link(account: Account, login: Login, command: ask.LinkLogin) -> Both:
    _refuse_unless_open(account, command.user_id)
    if login.owner == command.user_id:
        return (), ()
    _refuse_taken(login)
    if command.provider in account.logins.values():
        raise errors.ProviderAlreadyLinkedError(provider=command.provider)
    return (*_registration(account, command), _linked(command)), (_claimed(command),)


def _registration(account: Account, command: ask.LinkLogin) -> Facts:
    """What becomes of a guest. Who gave no name gets the one they have at the provider."""
    if account.kind == "registered":
        return ()
    registered = fact.AccountRegistered(user_id=command.user_id)
    name = None if account.named else tidied(command.name, limit=NAME_CHARACTERS)
    if name is None:
        return (registered,)
    named = fact.ProfileRevised(
        user_id=command.user_id, name=name, market=account.market, language=account.language
    )
    return (registered, named)


def _linked(command: ask.RegisterWithLogin | ask.LinkLogin) -> Event:
    return fact.IdentityLinked(
        user_id=command.user_id,
        login_id=command.login_id,
        provider=command.provider,
        name=tidied(command.name, limit=NAME_CHARACTERS),
        email=tidied(command.email, limit=EMAIL_CHARACTERS),
        email_trusted=command.email_trusted,
    )


def _claimed(command: ask.RegisterWithLogin | ask.LinkLogin) -> Event:
    return fact.LoginClaimed(
        login_id=command.login_id, user_id=command.user_id, provider=command.provider
    )


def _unlink(account: Account, login: Login, command: ask.UnlinkLogin) -> Both:
    _refuse_unless_open(account, command.user_id)
    provider = account.logins.get(command.login_id)
    if provider is None:
        raise errors.IdentityNotFoundError()
    kept = {of for login_id, of in account.logins.items() if login_id != command.login_id}
    if kept <= NO_WAY_IN:
        raise errors.LastIdentityError(provider=provider)
    unlinked = fact.IdentityUnlinked(
        user_id=command.user_id,
        login_id=command.login_id,
        provider=provider,
        reason=command.reason,
    )
    return (unlinked,), _released(login, command)


def _release(account: Account, login: Login, command: ask.ReleaseLogin) -> Both:
    if account.status != "erasing":
        return (), ()
    return (), _released(login, command)


def _released(login: Login, command: ask.LoginCommand) -> Facts:
    if login.owner != command.user_id:
        return ()
    return (fact.LoginReleased(login_id=command.login_id, user_id=command.user_id),)


def _change_roles(state: Account, command: ask.ChangeRoles) -> Facts:
    _refuse_unless_open(state, command.user_id)
    roles = _in_order(command.roles)
    _refuse_roles_of_guests(state.kind, roles)
    if command.by == command.user_id and "admin" in state.roles and "admin" not in roles:
        raise errors.OwnAdminRoleError()
    if roles == state.roles:
        return ()
    return (fact.RolesChanged(user_id=command.user_id, roles=roles),)


def _revise(state: Account, command: ask.ReviseProfile) -> Facts:
    _refuse_unless_open(state, command.user_id)
    revised = fact.ProfileRevised(
        user_id=command.user_id,
        name=None if command.name is UNSET else line("name", command.name, limit=NAME_CHARACTERS),
        market=state.market if command.market is UNSET else command.market,
        language=state.language if command.language is UNSET else command.language,
    )
    unchanged = fact.ProfileRevised(
        user_id=command.user_id, name=None, market=state.market, language=state.language
    )
    avatar = _attached(state, command)
    return avatar if revised == unchanged else (revised, *avatar)


def _attached(state: Account, command: ask.ReviseProfile) -> Facts:
    if command.avatar_key is UNSET:
        return ()
    if state.kind == "guest":
        raise errors.GuestForbiddenError()
    if command.avatar_key == state.avatar_key:
        return ()
    return (fact.AvatarAttached(user_id=command.user_id, key=command.avatar_key),)


def _give_consent(state: Account, command: ask.GiveConsent) -> Facts:
    _refuse_unless_open(state, command.user_id)
    version = line("version", command.version, limit=CONSENT_VERSION_CHARACTERS)
    if state.consents.get(command.document) == version:
        return ()
    return (
        fact.ConsentGiven(
            user_id=command.user_id,
            document=command.document,
            version=version,
            language=command.language,
        ),
    )


def _withdraw_consent(state: Account, command: ask.WithdrawConsent) -> Facts:
    _refuse_unless_open(state, command.user_id)
    if command.document not in state.consents:
        return ()
    return (fact.ConsentWithdrawn(user_id=command.user_id, document=command.document),)


def _start_session(state: Account, command: ask.StartSession) -> Facts:
    _refuse_unless_open(state, command.user_id)
    return (
        fact.SessionStarted(
            user_id=command.user_id,
            session_id=command.session_id,
            provider=command.provider,
            platform=command.platform,
        ),
    )


def _end_session(state: Account, command: ask.EndSession) -> Facts:
    if state.status not in {"open", "erasing"}:
        raise errors.AccountNotFoundError(user_id=command.user_id)
    if not command.under_way:
        raise errors.SessionNotFoundError()
    return (
        fact.SessionEnded(
            user_id=command.user_id, session_id=command.session_id, reason=command.reason
        ),
    )


def _request_erasure(state: Account, command: ask.RequestErasure) -> Facts:
    if state.status is None:
        raise errors.AccountNotFoundError(user_id=command.user_id)
    if state.status != "open":
        return ()
    return (fact.ErasureRequested(user_id=command.user_id),)


def _record_erasure(state: Account, command: ask.RecordErasure) -> Facts:
    if state.status in {None, "erased"}:
        return ()
    return (
        fact.PersonalDataErased(
            user_id=command.user_id,
            subject_key_id=command.subject_key_id,
            method=command.method,
        ),
    )


def _in_order(roles: tuple[Role, ...]) -> tuple[Role, ...]:
    """Each once, in the order roles are named in."""
    return tuple(role for role in ROLES if role in roles)


def _refuse_existing(state: Account, user_id: str) -> None:
    if state.status is not None:
        raise errors.AccountExistsError(user_id=user_id)


def _refuse_unless_open(state: Account, user_id: str) -> None:
    if state.status != "open":
        raise errors.AccountNotFoundError(user_id=user_id)


def _refuse_taken(login: Login) -> None:
    if login.released:
        raise errors.IdentityNotFoundError()
    if login.owner is not None:
        raise errors.LoginTakenError()


def _refuse_roles_of_guests(kind: str, roles: tuple[Role, ...]) -> None:
    if kind == "guest" and not set(roles) <= set(GUEST_ROLES):
        raise errors.RoleNeedsRegistrationError()


DECISIONS: dict[type[Command], Callable[[Account, Any], Facts]] = {
    ask.OpenAccount: _open,
    ask.ChangeRoles: _change_roles,
    ask.ReviseProfile: _revise,
    ask.GiveConsent: _give_consent,
    ask.WithdrawConsent: _withdraw_consent,
    ask.StartSession: _start_session,
    ask.EndSession: _end_session,
    ask.RequestErasure: _request_erasure,
    ask.RecordErasure: _record_erasure,
}

SHARED_DECISIONS: dict[type[Command], Callable[[Account, Login, Any], Both]] = {
    ask.RegisterWithLogin: _register,
    ask.LinkLogin: _link,
    ask.UnlinkLogin: _unlink,
    ask.ReleaseLogin: _release,
}

ACCOUNT: Decider[Account] = Decider(
    category="account", initial=Account(), decide=decide, evolve=evolve_account
)
LOGIN: Decider[Login] = Decider(
    category="login", initial=Login(), decide=_refuse_alone, evolve=evolve_login
)
