"""Every fact and request of the context is named, explained, decided and kept small."""

from types import ModuleType

import msgspec
import pytest

from domain.identity import commands, events
from domain.identity.account import CHANGES
from domain.identity.commands import AccountCommand, LoginCommand
from domain.identity.deciding import ACCOUNT, DECISIONS, LOGIN, SHARED_DECISIONS, decide_together
from domain.identity.events import (
    EVENTS,
    LoginClaimed,
    LoginReleased,
    SessionEnded,
    SessionStarted,
)
from domain.shared import Command, Event
from tests.support.people import PERSON, REGISTERED, SESSION, link, opened
from tests.support.scenario import Scenario


def _defined_in(module: ModuleType, base: type) -> set[type]:
    return {
        thing
        for thing in vars(module).values()
        if isinstance(thing, type)
        and issubclass(thing, base)
        and thing.__module__ == module.__name__
    }


def test_every_event_is_exported_and_changes_a_state_or_is_only_told() -> None:
    of_logins, only_told = {LoginClaimed, LoginReleased}, {SessionStarted, SessionEnded}
    assert set(EVENTS) == _defined_in(events, Event) == set(CHANGES) | of_logins | only_told


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_every_event_says_what_it_means_to_the_business(event: type[Event]) -> None:
    assert event.tag == f"identity.{event.__name__}"
    assert event.__doc__


def test_every_command_is_explained_and_decided() -> None:
    asked = _defined_in(commands, Command) - {AccountCommand, LoginCommand}
    assert {*DECISIONS, *SHARED_DECISIONS} == asked
    assert [command.__name__ for command in asked if not command.__doc__] == []


def test_what_is_not_theirs_is_not_decided() -> None:
    with pytest.raises(TypeError):
        ACCOUNT.decide(ACCOUNT.initial, link())
    with pytest.raises(TypeError):
        LOGIN.decide(LOGIN.initial, link())
    alone = commands.RequestErasure(user_id=PERSON)
    with pytest.raises(TypeError):
        decide_together(ACCOUNT.initial, LOGIN.initial, alone)  # type: ignore[arg-type]


def test_years_of_signing_in_keep_a_small_state() -> None:
    started = SessionStarted(user_id=PERSON, session_id=SESSION, provider="line", platform="ios")
    ended = SessionEnded(user_id=PERSON, session_id=SESSION, reason="signed_out")
    years = Scenario(ACCOUNT).given(*REGISTERED).given(*[started, ended] * 2000)
    assert years.state == Scenario(ACCOUNT).given(*REGISTERED).state
    assert len(msgspec.json.encode(Scenario(ACCOUNT).given(opened()).state)) < 250
