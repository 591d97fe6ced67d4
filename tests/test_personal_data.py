"""Personal data stands where it can be forgotten: in events, sealed, and in views that say whose
it is. Never in a state, which is cached and snapshotted, nor in a command's kept answer."""

from collections.abc import Iterator
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.shared import Decider, Event, personal_fields
from interfaces.contexts import EVENTS, HANDLERS, PROJECTIONS
from projections.projection import Projection

PLANTED = "Unmistakable Name"
PERSONAL: dict[type[Event], dict[str, str]] = {
    event_type: fields for event_type in EVENTS if (fields := personal_fields(event_type))
}
NAMES = frozenset(name for fields in PERSONAL.values() for name in fields)
DECIDERS: dict[str, Decider[Any]] = {
    decider.category: decider for handler in HANDLERS.values() for decider in handler.deciders
}
ANSWERS = {get_type_hints(handler.answer).get("return") for handler in HANDLERS.values()}


def fields_within(kind: Any) -> Iterator[str]:
    """The names of all fields of a type and of what it is made of, as `Struct.field`."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        for name, hint in get_type_hints(kind).items():
            if name in kind.__struct_fields__:
                yield f"{kind.__name__}.{name}"
                yield from fields_within(hint)
    for part in get_args(kind) if get_origin(kind) is not None else ():
        yield from fields_within(part)


def personal_within(kind: Any) -> set[str]:
    return {field for field in fields_within(kind) if field.partition(".")[2] in NAMES}


def planted(event_type: type[Event]) -> st.SearchStrategy[Event]:
    """Any event of the type, with the planted text wherever it is personal."""
    texts = {name: st.just(PLANTED) for name in personal_fields(event_type)}
    return st.builds(event_type, **texts)


def test_the_events_that_hold_personal_data_are_these() -> None:
    assert {f"{kind.tag}: {', '.join(sorted(fields))}" for kind, fields in PERSONAL.items()} == {
        "streaming.LiveStreamScheduled: host_name",
        "chat.ChatMessageSent: name, text",
        "identity.AccountOpened: name",
        "identity.IdentityLinked: email, name",
        "identity.ProfileRevised: name",
        "ordering.ItemClaimed: comment",
        "ordering.ClaimRefused: comment",
        "ordering.OrderPlaced: address, phone, recipient, store_id, store_name",
        "ordering.OrderCancelled: reason",
        "ordering.ReturnRequested: reason",
    }


def test_the_person_a_field_is_about_is_named_in_the_same_event() -> None:
    for event_type, fields in PERSONAL.items():
        assert set(fields.values()) <= set(event_type.__struct_fields__)


@pytest.mark.parametrize("decider", DECIDERS.values(), ids=DECIDERS.keys())
def test_no_state_has_a_field_for_personal_data(decider: Decider[Any]) -> None:
    assert list(fields_within(type(decider.initial)))
    assert not personal_within(type(decider.initial))


@pytest.mark.parametrize("decider", DECIDERS.values(), ids=DECIDERS.keys())
@given(history=st.lists(st.one_of(*map(planted, PERSONAL)), max_size=5))
def test_no_state_takes_personal_data_over(decider: Decider[Any], history: list[Event]) -> None:
    state = decider.initial
    for event in history:
        state = decider.evolve(state, event)
    assert PLANTED.encode() not in msgspec.json.encode(state)
    assert PLANTED not in repr(state)


@pytest.mark.parametrize("answer", sorted(ANSWERS, key=str), ids=str)
def test_no_kept_answer_has_a_field_for_personal_data(answer: Any) -> None:
    assert not personal_within(answer)


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda each: each.name)
def test_a_view_that_can_hold_personal_data_can_forget_it(projection: Projection[Any]) -> None:
    reads = any(event_type.tag in projection.types for event_type in PERSONAL)
    if reads and personal_within(projection.view):
        assert projection.forget is not None
