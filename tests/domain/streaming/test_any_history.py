"""What holds for every history of a live stream, however strange."""

from functools import reduce
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.shared import Command, DomainError, Event
from domain.streaming.commands import ConfirmOutput, SystemCommand
from domain.streaming.deciding import DECISIONS, LIVE_STREAM
from domain.streaming.events import EVENTS
from domain.streaming.live_stream import LiveStream
from domain.streaming.values import OVER
from tests.support.builders import HOST, READY, SHOW, observe
from tests.support.examples import instances

_FEW = st.sampled_from(["a", "b", "c"])
_FIXED: dict[str, st.SearchStrategy[Any]] = {
    "stream_id": st.just(SHOW),
    "by": st.just(HOST),
    "output_id": _FEW,
    "url": st.sampled_from(["rtmp://one.example.com/app", "srt://two.example.com:9000"]),
    "number": st.integers(0, 3),
    "interruption": st.integers(0, 3),
    "title": st.sampled_from(["One", "Two"]),
}


def commands() -> st.SearchStrategy[Command]:
    return st.one_of(*(_commands_of(kind) for kind in DECISIONS))


def _commands_of(kind: type[Command]) -> st.SearchStrategy[Command]:
    fixed = {name: drawn for name, drawn in _FIXED.items() if name in kind.__struct_fields__}
    return instances(kind, **fixed)


def decided(state: LiveStream, command: Command) -> tuple[Event, ...]:
    try:
        return LIVE_STREAM.decide(state, command)
    except DomainError:
        return ()


@given(st.lists(st.one_of(*(instances(event) for event in EVENTS)), max_size=12))
def test_any_events_evolve_in_any_order(events: list[Event]) -> None:
    state = reduce(LIVE_STREAM.evolve, events, LIVE_STREAM.initial)
    assert msgspec.json.decode(msgspec.json.encode(state), type=LiveStream) == state


@given(st.one_of(*(instances(event) for event in EVENTS)))
def test_any_event_survives_the_trip_to_the_log_and_back(event: Event) -> None:
    assert msgspec.json.decode(msgspec.json.encode(event), type=type(event)) == event


@settings(max_examples=200)
@given(st.lists(commands(), max_size=30))
def test_any_decided_history_evolves_and_a_repeated_report_comes_to_nothing(
    asked: list[Command],
) -> None:
    state = reduce(LIVE_STREAM.evolve, READY, LIVE_STREAM.initial)
    for command in asked:
        before = state
        state = reduce(LIVE_STREAM.evolve, decided(state, command), state)
        _assert_sensible(before, state)
        if isinstance(command, SystemCommand) and not isinstance(command, ConfirmOutput):
            assert decided(state, command) == ()


def _assert_sensible(before: LiveStream, after: LiveStream) -> None:
    if before.status in OVER:
        assert after.status == before.status or (before.status, after.status) == (
            "ended",
            "archived",
        )
    if after.status == "interrupted":
        assert after.feed is not None
        assert not after.feed.connected
    if after.status == "live":
        assert after.feed is not None
        assert after.feed.connected
    assert after.rotations_done <= after.rotations_requested


@st.composite
def reordered_observations(draw: st.DrawFn) -> tuple[list[tuple[str, int]], list[int]]:
    """Feed states by the second they were entered, and an order of delivery with repeats."""
    sinces = sorted(draw(st.sets(st.integers(1, 100), min_size=1, max_size=10)))
    states = st.sampled_from(["connected", "disconnected", "errored"])
    truths = [(draw(states), since) for since in sinces]
    indexes = list(range(len(truths)))
    delivery = draw(st.permutations(indexes)) + draw(st.lists(st.sampled_from(indexes)))
    return truths, delivery


@settings(max_examples=300)
@given(reordered_observations())
def test_observations_late_reordered_and_repeated_end_where_the_true_order_ends(
    given_: tuple[list[tuple[str, int]], list[int]],
) -> None:
    truths, delivery = given_
    in_order = _after([*truths, truths[-1]])
    reordered = _after([*(truths[index] for index in delivery), truths[-1]])
    assert (reordered.status, _feed(reordered)) == (in_order.status, _feed(in_order))


def _after(truths: list[tuple[str, int]]) -> LiveStream:
    """The last one is a final look at the provider, later than all that was seen before."""
    state = reduce(LIVE_STREAM.evolve, READY, LIVE_STREAM.initial)
    for number, (feed, since) in enumerate(truths):
        looked = 1000 if number == len(truths) - 1 else since + 0.5
        command = observe(feed, since, looked=looked)
        state = reduce(LIVE_STREAM.evolve, LIVE_STREAM.decide(state, command), state)
    return state


def _feed(state: LiveStream) -> bool | None:
    return None if state.feed is None else state.feed.connected
