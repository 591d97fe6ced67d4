"""Every fact and request of the context is named, explained and decided."""

from types import ModuleType

import pytest

from domain.identity.commands import RequestErasure
from domain.inventory import commands, events
from domain.inventory.commands import StockCommand
from domain.inventory.deciding import DECISIONS, SKU
from domain.inventory.events import EVENTS, StockFact, StockWrittenOff
from domain.inventory.sku import CHANGES
from domain.shared import Command, Event
from tests.support.shop_floor import MEI


def _defined_in(module: ModuleType, base: type) -> set[type]:
    return {
        thing
        for thing in vars(module).values()
        if isinstance(thing, type)
        and issubclass(thing, base)
        and thing.__module__ == module.__name__
    }


def test_every_event_is_exported_and_changes_the_state() -> None:
    """But for goods that came back only to be thrown away."""
    assert set(EVENTS) == _defined_in(events, Event) - {StockFact}
    assert set(EVENTS) == set(CHANGES) | {StockWrittenOff}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_every_event_says_what_it_means_to_the_business(event: type[Event]) -> None:
    assert event.tag == f"inventory.{event.__name__}"
    assert event.__doc__


def test_every_command_is_explained_and_decided() -> None:
    asked = _defined_in(commands, Command) - {StockCommand}
    assert set(DECISIONS) == asked
    assert [command.__name__ for command in asked if not command.__doc__] == []


def test_what_is_another_context_s_is_not_decided() -> None:
    with pytest.raises(TypeError):
        SKU.decide(SKU.initial, RequestErasure(user_id=MEI))
