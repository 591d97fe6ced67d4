"""Every fact and request of the context is named, explained, decided and survives its storage."""

from functools import reduce
from types import ModuleType

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.catalogue import commands, events
from domain.catalogue.commands import ProductCommand
from domain.catalogue.deciding import DECISIONS, PRODUCT
from domain.catalogue.events import EVENTS, VariantFact
from domain.catalogue.product import CHANGES, Product
from domain.identity.commands import RequestErasure
from domain.shared import Command, Event
from tests.support.examples import instances
from tests.support.goods import MERCHANT


def _defined_in(module: ModuleType, base: type) -> set[type]:
    return {
        thing
        for thing in vars(module).values()
        if isinstance(thing, type)
        and issubclass(thing, base)
        and thing.__module__ == module.__name__
    }


def test_every_event_is_exported_and_changes_the_state() -> None:
    assert set(EVENTS) == _defined_in(events, Event) - {VariantFact} == set(CHANGES)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_every_event_says_what_it_means_to_the_business(event: type[Event]) -> None:
    assert event.tag == f"catalogue.{event.__name__}"
    assert event.__doc__


def test_every_command_is_explained_and_decided() -> None:
    asked = _defined_in(commands, Command) - {ProductCommand}
    assert set(DECISIONS) == asked
    assert [command.__name__ for command in asked if not command.__doc__] == []


def test_what_is_another_context_s_is_not_decided() -> None:
    with pytest.raises(TypeError):
        PRODUCT.decide(PRODUCT.initial, RequestErasure(user_id=MERCHANT))


@settings(max_examples=40)
@given(st.lists(st.one_of(*(instances(event) for event in EVENTS)), max_size=10))
def test_any_events_evolve_in_any_order(history: list[Event]) -> None:
    state = reduce(PRODUCT.evolve, history, PRODUCT.initial)
    assert msgspec.json.decode(msgspec.json.encode(state), type=Product) == state


@settings(max_examples=40)
@given(st.one_of(*(instances(event) for event in EVENTS)))
def test_any_event_survives_the_trip_to_the_log_and_back(event: Event) -> None:
    assert msgspec.json.decode(msgspec.json.encode(event), type=type(event)) == event
