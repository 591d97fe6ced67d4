"""Every fact and request of the context is named, explained, decided and kept small."""

from types import ModuleType

import msgspec
import pytest

from domain.shared import Event
from domain.streaming import commands, events
from domain.streaming.commands import HostCommand, SystemCommand
from domain.streaming.deciding import DECISIONS, LIVE_STREAM
from domain.streaming.events import EVENTS
from domain.streaming.live_stream import CHANGES
from tests.support.builders import INTERRUPTED, LIVE, interrupted, resumed
from tests.support.scenario import Scenario


def _defined_in(module: ModuleType, base: type) -> set[type]:
    return {
        thing
        for thing in vars(module).values()
        if isinstance(thing, type)
        and issubclass(thing, base)
        and thing.__module__ == module.__name__
    }


def test_every_event_is_exported_and_changes_the_state() -> None:
    assert set(EVENTS) == _defined_in(events, Event) == set(CHANGES)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_every_event_says_what_it_means_to_the_business(event: type[Event]) -> None:
    assert event.tag == f"streaming.{event.__name__}"
    assert event.__doc__


def test_every_command_is_decided() -> None:
    asked = _defined_in(commands, msgspec.Struct) - {HostCommand, SystemCommand}
    assert set(DECISIONS) == asked


def test_a_long_show_keeps_a_small_state() -> None:
    scenario = Scenario(LIVE_STREAM).given(*LIVE)
    for number in range(1, 2001):
        scenario.given(interrupted(number, number * 2), resumed(number, number * 2 + 1))
    small = msgspec.json.encode(Scenario(LIVE_STREAM).given(*INTERRUPTED).state)
    assert len(msgspec.json.encode(scenario.state)) < len(small) + 20
