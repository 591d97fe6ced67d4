"""What holds for every history of accounts and logins, however strange."""

from functools import reduce
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.identity.account import Account, Login
from domain.identity.deciding import ACCOUNT, DECISIONS, LOGIN, SHARED_DECISIONS, decide_together
from domain.identity.events import EVENTS
from domain.shared import Command, DomainError, Event, personal_fields
from tests.support.examples import instances

PEOPLE = ("person-1", "person-2")
LOGINS = ("login-1", "login-2", "login-3")
PLANTED = "planted"
_FIXED: dict[str, st.SearchStrategy[Any]] = {
    "user_id": st.sampled_from(PEOPLE),
    "login_id": st.sampled_from(LOGINS),
    "by": st.sampled_from(PEOPLE),
    "name": st.just(PLANTED),
    "email": st.just(PLANTED),
    "version": st.sampled_from(["1", "2"]),
    "key": st.sampled_from(["a.png", "b.png"]),
}


class World:
    """Two people and three logins; facts are kept as the log would."""

    def __init__(self) -> None:
        self.accounts = dict.fromkeys(PEOPLE, ACCOUNT.initial)
        self.logins = dict.fromkeys(LOGINS, LOGIN.initial)

    def ask(self, command: Any) -> None:
        account = self.accounts[command.user_id]
        try:
            if type(command) in DECISIONS:
                self._happened(command, ACCOUNT.decide(account, command), ())
            else:
                login = self.logins[command.login_id]
                self._happened(command, *decide_together(account, login, command))
        except DomainError:
            return

    def _happened(self, command: Any, of_account: Any, of_login: Any) -> None:
        person = command.user_id
        self.accounts[person] = reduce(ACCOUNT.evolve, of_account, self.accounts[person])
        if of_login:
            login = command.login_id
            self.logins[login] = reduce(LOGIN.evolve, of_login, self.logins[login])


def commands() -> st.SearchStrategy[Command]:
    return st.one_of(*(_commands_of(kind) for kind in (*DECISIONS, *SHARED_DECISIONS)))


def _commands_of(kind: type[Command]) -> st.SearchStrategy[Command]:
    fixed = {name: drawn for name, drawn in _FIXED.items() if name in kind.__struct_fields__}
    return instances(kind, **fixed)


@given(st.lists(st.one_of(*(instances(event) for event in EVENTS)), max_size=12))
def test_any_events_evolve_in_any_order(events: list[Event]) -> None:
    account = reduce(ACCOUNT.evolve, events, ACCOUNT.initial)
    login = reduce(LOGIN.evolve, events, LOGIN.initial)
    assert msgspec.json.decode(msgspec.json.encode(account), type=Account) == account
    assert msgspec.json.decode(msgspec.json.encode(login), type=Login) == login


@given(st.one_of(*(instances(event) for event in EVENTS)))
def test_any_event_survives_the_trip_to_the_log_and_back(event: Event) -> None:
    assert msgspec.json.decode(msgspec.json.encode(event), type=type(event)) == event


@settings(max_examples=300)
@given(st.lists(commands(), max_size=40))
def test_whatever_is_asked_a_login_has_one_account_and_an_account_knows_its_logins(
    asked: list[Command],
) -> None:
    world = World()
    for command in asked:
        before = dict(world.logins)
        world.ask(command)
        for login_id, login in world.logins.items():
            if login.owner is not None:
                account = world.accounts[login.owner]
                assert login_id in account.logins or account.status == "erased"
            assert not (before[login_id].released and not login.released)
        for account in world.accounts.values():
            assert len(set(account.logins.values())) == len(account.logins)
            assert account.kind == "registered" or not account.logins


@given(st.lists(commands(), max_size=40))
def test_no_state_holds_anything_personal(asked: list[Command]) -> None:
    world = World()
    for command in asked:
        world.ask(command)
    assert PLANTED.encode() not in msgspec.json.encode((world.accounts, world.logins))


def test_what_is_personal_is_marked() -> None:
    marked = {event.__name__: personal_fields(event) for event in EVENTS if personal_fields(event)}
    assert marked == {
        "AccountOpened": {"name": "user_id"},
        "IdentityLinked": {"name": "login_id", "email": "login_id"},
        "ProfileRevised": {"name": "user_id"},
    }
