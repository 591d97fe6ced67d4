"""Valid commands and facts of accounts by default: a test states only what matters to it."""

from typing import Any

from msgspec.structs import replace

from domain.identity import commands as ask
from domain.identity import events as fact
from domain.identity.account import Account, Login
from domain.identity.commands import LoginCommand
from domain.identity.deciding import ACCOUNT, LOGIN, decide_together
from domain.shared import Command, Decider, Event, Recorded
from tests.support import builders

PERSON = "0190f3a2-0000-7000-8000-00000000aa01"
ANOTHER = "0190f3a2-0000-7000-8000-00000000aa02"
ADMIN = "0190f3a2-0000-7000-8000-00000000aa0f"
LINE = "0190f3a2-0000-7000-8000-00000000bb01"
GOOGLE = "0190f3a2-0000-7000-8000-00000000bb02"
SESSION = "0190f3a2-0000-7000-8000-00000000cc01"


def opened(**changes: Any) -> fact.AccountOpened:
    given: dict[str, Any] = {
        "user_id": PERSON,
        "kind": "registered",
        "name": "Lin Mei",
        "market": "TW",
        "language": "zh-TW",
        "roles": ("viewer",),
    }
    return fact.AccountOpened(**{**given, **changes})


def linked(**changes: Any) -> fact.IdentityLinked:
    given: dict[str, Any] = {
        "user_id": PERSON,
        "login_id": LINE,
        "provider": "line",
        "name": "Lin Mei",
        "email": "mei@mail.example",
        "email_trusted": False,
    }
    return fact.IdentityLinked(**{**given, **changes})


def unlinked(**changes: Any) -> fact.IdentityUnlinked:
    given = {"user_id": PERSON, "login_id": LINE, "provider": "line", "reason": "person"}
    return fact.IdentityUnlinked(**{**given, **changes})


def claimed(**changes: Any) -> fact.LoginClaimed:
    return fact.LoginClaimed(**{"login_id": LINE, "user_id": PERSON, "provider": "line", **changes})


def released(**changes: Any) -> fact.LoginReleased:
    return fact.LoginReleased(**{"login_id": LINE, "user_id": PERSON, **changes})


def register(**changes: Any) -> ask.RegisterWithLogin:
    given: dict[str, Any] = {
        "user_id": PERSON,
        "login_id": LINE,
        "provider": "line",
        "name": "Lin Mei",
        "email": "mei@mail.example",
        "email_trusted": False,
        "market": "TW",
        "language": "zh-TW",
    }
    return ask.RegisterWithLogin(**{**given, **changes})


def link(**changes: Any) -> ask.LinkLogin:
    given: dict[str, Any] = {
        "user_id": PERSON,
        "login_id": LINE,
        "provider": "line",
        "name": "Lin Mei",
        "email": "mei@mail.example",
        "email_trusted": False,
    }
    return ask.LinkLogin(**{**given, **changes})


GUEST: tuple[Event, ...] = (opened(kind="guest", name="觀眾", named=False),)
REGISTERED: tuple[Event, ...] = (opened(), linked())
TWO_LOGINS: tuple[Event, ...] = (*REGISTERED, linked(login_id=GOOGLE, provider="google"))
ERASING: tuple[Event, ...] = (*REGISTERED, fact.ErasureRequested(user_id=PERSON))
ERASED: tuple[Event, ...] = (
    *ERASING,
    fact.PersonalDataErased(user_id=PERSON, subject_key_id=PERSON, method="key_destroyed"),
)


def recorded(event: Event, *, position: int = 1, user_id: str = PERSON) -> Recorded:
    """The event as the log has it, recorded so many seconds past noon as its position says."""
    return replace(builders.recorded(event, position=position), stream=f"account-{user_id}")


class Both:
    """An account and a login, for `Scenario`."""

    def __init__(self, account: Account, login: Login) -> None:
        self.account = account
        self.login = login


def _decide(state: Both, command: Command) -> tuple[Event, ...]:
    assert isinstance(command, LoginCommand)
    of_account, of_login = decide_together(state.account, state.login, command)
    return (*of_account, *of_login)


def _evolve(state: Both, event: Event) -> Both:
    return Both(ACCOUNT.evolve(state.account, event), LOGIN.evolve(state.login, event))


# Decided as one: an account's events change no login, and a login's no account.
ACCOUNT_AND_LOGIN: Decider[Both] = Decider(
    "account-and-login", Both(ACCOUNT.initial, LOGIN.initial), _decide, _evolve
)
