"""Every fact and request of the context is named, explained and decided."""

import pytest

from domain.shared import Command, Event
from domain.showcase import commands, events
from domain.showcase.codes import meant_by_code
from domain.showcase.deciding import DECISIONS
from domain.showcase.events import EVENTS
from domain.showcase.showcase import CHANGES
from tests.support.showcasing import ANOTHER, OFFER, closed, given, opened, prepared


def test_every_event_is_exported_and_changes_the_state() -> None:
    defined = {one for one in vars(events).values() if isinstance(one, type)}
    assert set(EVENTS) == set(CHANGES)
    assert set(EVENTS) == {one for one in defined if issubclass(one, Event)} - {Event}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_every_event_says_what_it_means_to_the_business(event: type[Event]) -> None:
    assert event.tag == f"showcase.{event.__name__}"
    assert event.__doc__


def test_every_command_is_explained_and_decided() -> None:
    defined = {one for one in vars(commands).values() if isinstance(one, type)}
    asked = {one for one in defined if issubclass(one, Command)}
    asked -= {Command, commands.ShowcaseCommand, commands.OfferCommand}
    assert set(DECISIONS) == asked
    assert [command.__name__ for command in asked if not command.__doc__] == []


def test_code_means_what_is_open_before_what_was() -> None:
    reused = given(prepared(), opened(), closed(), prepared(ANOTHER))
    assert meant_by_code(reused.state) == {"a01": ANOTHER}
    assert meant_by_code(given(prepared(), opened(), closed()).state) == {"a01": OFFER}
