"""How many watch a show, and the most there have been."""

from functools import reduce

import msgspec
import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from domain.audience import commands, events
from domain.audience.commands import SampleAudience
from domain.audience.counting import AUDIENCE, Audience
from domain.audience.events import EVENTS, AudienceSampled
from domain.identity.commands import RequestErasure
from domain.identity.events import ErasureRequested
from domain.shared import Command, Event
from tests.support.builders import SHOW
from tests.support.examples import instances
from tests.support.people import PERSON
from tests.support.scenario import Scenario


def sample(viewers: int, most: int = 0) -> SampleAudience:
    return SampleAudience(stream_id=SHOW, viewers=viewers, most=max(viewers, most))


def sampled(viewers: int, peak: int) -> AudienceSampled:
    return AudienceSampled(viewers=viewers, peak=peak)


def given(*facts: Event) -> Scenario[Audience]:
    return Scenario(AUDIENCE).given(*facts)


def test_sample_keeps_the_most_there_have_been() -> None:
    few = given().when(sample(5)).then(sampled(5, 5)).when(sample(3)).then(sampled(3, 5))
    few.when(sample(4, most=9)).then(sampled(4, 9))


def test_sample_counts_also_when_nothing_changed() -> None:
    given(sampled(5, 5)).when(sample(5)).then(sampled(5, 5))


def test_sample_of_nobody_is_told_once() -> None:
    given().when(sample(0)).then_nothing()
    given(sampled(5, 5)).when(sample(0)).then(sampled(0, 5)).when(sample(0)).then_nothing()


def test_sample_tells_of_a_peak_between_two_of_nobody() -> None:
    given(sampled(0, 5)).when(sample(0, most=2)).then(sampled(0, 5))


@over(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20))
def test_peak_never_falls_and_is_never_below_what_was_seen(seen: list[tuple[int, int]]) -> None:
    state = AUDIENCE.initial
    for viewers, most in seen:
        new = AUDIENCE.decide(state, sample(viewers, most))
        before, state = state, reduce(AUDIENCE.evolve, new, state)
        assert state.peak >= max(before.peak, viewers, most)
        assert state.viewers == viewers


@over(st.lists(instances(AudienceSampled)))
def test_any_events_evolve_and_survive_the_trip_to_the_log(facts: list[AudienceSampled]) -> None:
    state = reduce(AUDIENCE.evolve, facts, AUDIENCE.initial)
    assert msgspec.json.decode(msgspec.json.encode(state), type=Audience) == state
    for event in facts:
        assert msgspec.json.decode(msgspec.json.encode(event), type=AudienceSampled) == event


def test_every_fact_and_request_is_explained() -> None:
    for module, base in ((events, Event), (commands, Command)):
        own = [one for one in vars(module).values() if _is_a(one, base, module.__name__)]
        assert own
        assert [one for one in own if not one.__doc__] == []
    assert [event.tag for event in EVENTS] == ["audience.AudienceSampled"]


def _is_a(thing: object, base: type, module: str) -> bool:
    return isinstance(thing, type) and issubclass(thing, base) and thing.__module__ == module


def test_what_is_another_context_s_is_not_decided() -> None:
    with pytest.raises(TypeError):
        AUDIENCE.decide(AUDIENCE.initial, RequestErasure(user_id=PERSON))
    unknown = ErasureRequested(user_id=PERSON)
    assert AUDIENCE.evolve(AUDIENCE.initial, unknown) == AUDIENCE.initial
