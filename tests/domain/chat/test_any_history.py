"""What holds for every history of a room, however strange."""

from functools import reduce
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.chat.commands import SendChatMessage
from domain.chat.deciding import DECISIONS, ROOM
from domain.chat.events import EVENTS, ChatMessageSent
from domain.chat.room import Room
from domain.shared import Command, DomainError, Event, personal_fields
from tests.support.builders import HOST, SHOW, at
from tests.support.chatting import OPEN
from tests.support.examples import instances

PLANTED = "Unmistakable Words"
PEOPLE = st.sampled_from([HOST, "a", "b", "c"])
_FIXED: dict[str, st.SearchStrategy[Any]] = {
    "stream_id": st.just(SHOW),
    "by": PEOPLE,
    "user_id": PEOPLE,
    "message_id": st.sampled_from(["m-1", "m-2", "m-3"]),
    "name": st.just(PLANTED),
    "text": st.just(PLANTED),
    "seconds": st.integers(0, 60),
    "slow_mode_seconds": st.just(msgspec.UNSET) | st.integers(0, 60),
    "now": st.integers(0, 200).map(at),
}


def commands() -> st.SearchStrategy[Command]:
    return st.one_of(*(_commands_of(kind) for kind in DECISIONS))


def _commands_of(kind: type[Command]) -> st.SearchStrategy[Command]:
    fixed = {name: drawn for name, drawn in _FIXED.items() if name in kind.__struct_fields__}
    return instances(kind, **fixed)


def decided(state: Room, command: Command) -> tuple[Event, ...]:
    try:
        return ROOM.decide(state, command)
    except DomainError:
        return ()


def stored(state: Room) -> Room:
    """As it comes back from a snapshot."""
    return msgspec.json.decode(msgspec.json.encode(state), type=Room)


@given(st.lists(st.one_of(*(instances(event) for event in EVENTS)), max_size=12))
def test_any_events_evolve_in_any_order(events: list[Event]) -> None:
    state = reduce(ROOM.evolve, events, ROOM.initial)
    assert stored(state) == state


@given(st.one_of(*(instances(event) for event in EVENTS)))
def test_any_event_survives_the_trip_to_the_log_and_back(event: Event) -> None:
    assert msgspec.json.decode(msgspec.json.encode(event), type=type(event)) == event


@settings(max_examples=200)
@given(st.lists(commands(), max_size=30), st.integers(0, 30))
def test_any_decided_history_evolves_the_same_at_once_and_from_a_snapshot(
    asked: list[Command], kept_at: int
) -> None:
    """Decided one by one, and rebuilt from all facts; with a snapshot taken on the way."""
    state, facts, snapshot = reduce(ROOM.evolve, OPEN, ROOM.initial), [*OPEN], (0, ROOM.initial)
    for number, command in enumerate(asked):
        new = decided(state, command)
        before, state = state, reduce(ROOM.evolve, new, state)
        facts += new
        _assert_sensible(before, command, new, state)
        if number == kept_at:
            snapshot = (len(facts), stored(state))
    assert reduce(ROOM.evolve, facts, ROOM.initial) == state
    assert reduce(ROOM.evolve, facts[snapshot[0] :], snapshot[1]) == state


def _assert_sensible(before: Room, command: Any, new: tuple[Event, ...], after: Room) -> None:
    assert after.host_id == HOST
    assert HOST not in after.banned
    assert not before.closed or after.closed
    assert not set(after.moderators) & after.banned
    assert after.pinned is None or after.pinned not in after.removed
    for kind, total in before.reactions.items():
        assert after.reactions[kind] >= total
    if isinstance(command, SendChatMessage):
        assert all(isinstance(event, ChatMessageSent) for event in new)
        assert not new or command.staff or command.by not in before.banned
    else:  # to repeat it changes nothing
        assert decided(after, command) == ()


@given(st.lists(commands(), max_size=30))
def test_no_state_holds_anything_personal(asked: list[Command]) -> None:
    state = reduce(ROOM.evolve, OPEN, ROOM.initial)
    for command in asked:
        state = reduce(ROOM.evolve, decided(state, command), state)
    assert PLANTED.encode() not in msgspec.json.encode(state)


def test_what_is_personal_is_marked() -> None:
    marked = {event.__name__: personal_fields(event) for event in EVENTS if personal_fields(event)}
    assert marked == {"ChatMessageSent": {"name": "user_id", "text": "user_id"}}
