"""Every fact and request of the context is named, explained, decided and kept small."""

from types import ModuleType

import msgspec
import pytest

from domain.chat import commands, events
from domain.chat.commands import ModeratorCommand
from domain.chat.deciding import DECISIONS, ROOM
from domain.chat.events import EVENTS
from domain.chat.room import CHANGES
from domain.chat.values import MUTES_REMEMBERED, REMOVALS_REMEMBERED, SPEAKERS_REMEMBERED
from domain.identity.commands import RequestErasure
from domain.shared import Command, Event
from tests.support.builders import at
from tests.support.chatting import VIEWER, given, muted, removed, sent, slow


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
    assert event.tag == f"chat.{event.__name__}"
    assert event.__doc__


def test_every_command_is_explained_and_decided() -> None:
    asked = _defined_in(commands, Command) - {ModeratorCommand}
    assert set(DECISIONS) == asked
    assert [command.__name__ for command in asked if not command.__doc__] == []


def test_what_is_another_context_s_is_not_decided() -> None:
    with pytest.raises(TypeError):
        ROOM.decide(ROOM.initial, RequestErasure(user_id=VIEWER))


def test_a_talkative_room_keeps_a_small_state() -> None:
    people = [f"user-{number}" for number in range(500)]
    talk = [sent(seconds=second, user_id=people[second % 500]) for second in range(5000)]
    assert given(*talk).state == given().state
    assert len(given(slow(30), *talk).state.spoke_at) == 30


def test_what_a_room_remembers_is_bounded() -> None:
    removals = [removed(message_id=str(number)) for number in range(REMOVALS_REMEMBERED + 5)]
    assert given(*removals).state.removed == tuple(
        str(number) for number in range(5, REMOVALS_REMEMBERED + 5)
    )
    state = given(slow(600)).state
    many = {f"user-{number}": at(0) for number in range(SPEAKERS_REMEMBERED)}
    state = ROOM.evolve(msgspec.structs.replace(state, spoke_at=many), sent(seconds=1))
    assert len(state.spoke_at) == SPEAKERS_REMEMBERED
    assert "user-0" not in state.spoke_at


def test_of_too_many_mutes_the_one_that_runs_out_first_is_forgotten() -> None:
    many = {f"user-{number}": at(100 + number) for number in range(MUTES_REMEMBERED)}
    full = msgspec.structs.replace(given().state, muted_until=many)
    assert ROOM.evolve(full, muted(99)).muted_until == many
    after = ROOM.evolve(full, muted(101)).muted_until
    assert VIEWER in after
    assert "user-0" not in after
