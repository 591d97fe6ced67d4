"""Going live, dropping out, coming back, ending, cancelling."""

from typing import Any

import pytest

from domain.streaming import errors
from domain.streaming.commands import (
    CancelLiveStream,
    EndAfterGrace,
    EndLiveStream,
    HostCommand,
    StartLiveStream,
)
from domain.streaming.deciding import LIVE_STREAM
from domain.streaming.events import (
    BroadcastConnected,
    BroadcastInterrupted,
    BroadcastResumed,
    LiveStreamCancelled,
    LiveStreamStarted,
    StartRequested,
)
from tests.support.builders import (
    CANCELLED,
    ENDED,
    FAILED,
    HOST,
    INTERRUPTED,
    LIVE,
    READY,
    SHOW,
    STARTING,
    STRANGER,
    at,
    connected,
    ended,
    interrupted,
    observe,
    resumed,
    scheduled,
)
from tests.support.scenario import Scenario

History = tuple[Any, ...]

START = StartLiveStream(stream_id=SHOW, by=HOST)
END = EndLiveStream(stream_id=SHOW, by=HOST)
CANCEL = CancelLiveStream(stream_id=SHOW, by=HOST)


def grace(interruption: int) -> EndAfterGrace:
    return EndAfterGrace(stream_id=SHOW, interruption=interruption)


def test_start_waits_for_the_feed() -> None:
    Scenario(LIVE_STREAM).given(*READY).when(START).then(StartRequested())


@pytest.mark.parametrize("history", [STARTING, LIVE, INTERRUPTED])
def test_start_comes_to_nothing_when_started(history: History) -> None:
    Scenario(LIVE_STREAM).given(*history).when(START).then_nothing()


def test_start_refused_when_there_is_no_live_input() -> None:
    Scenario(LIVE_STREAM).given(scheduled()).when(START).then_refused(errors.LiveInputNotReadyError)


@pytest.mark.parametrize(
    ("history", "status"), [(ENDED, "ended"), (CANCELLED, "cancelled"), (FAILED, "failed")]
)
def test_start_refused_when_the_show_is_over(history: History, status: str) -> None:
    Scenario(LIVE_STREAM).given(*history).when(START).then_refused(
        errors.AlreadyOverError, status=status
    )


@pytest.mark.parametrize("history", [READY, STARTING])
def test_observe_goes_live_when_the_feed_connects(history: History) -> None:
    Scenario(LIVE_STREAM).given(*history).when(observe("connected", 10)).then(
        connected(10), LiveStreamStarted(at=at(10))
    )


def test_observe_takes_our_clock_when_the_provider_gives_no_time() -> None:
    Scenario(LIVE_STREAM).given(*READY).when(observe("connected", None, looked=9)).then(
        BroadcastConnected(since=None, observed_at=at(9)), LiveStreamStarted(at=at(9))
    )


@pytest.mark.parametrize("history", [READY, STARTING])
@pytest.mark.parametrize("state", ["disconnected", "errored"])
def test_observe_comes_to_nothing_when_no_feed_was_there(history: History, state: str) -> None:
    Scenario(LIVE_STREAM).given(*history).when(observe(state, 10)).then_nothing()


@pytest.mark.parametrize("history", [(), (scheduled(),), ENDED, CANCELLED, FAILED])
def test_observe_comes_to_nothing_when_the_show_takes_no_feed(history: History) -> None:
    Scenario(LIVE_STREAM).given(*history).when(observe("connected", 90)).then_nothing()


@pytest.mark.parametrize("state", ["disconnected", "errored"])
def test_observe_interrupts_when_the_feed_of_a_live_show_is_lost(state: str) -> None:
    Scenario(LIVE_STREAM).given(*LIVE).when(observe(state, 20)).then(interrupted(1, 20))


def test_observe_interrupts_when_told_without_a_time() -> None:
    Scenario(LIVE_STREAM).given(*LIVE).when(observe("disconnected", None, looked=30)).then(
        BroadcastInterrupted(number=1, since=None, observed_at=at(30))
    )


def test_observe_resumes_when_the_feed_is_back() -> None:
    Scenario(LIVE_STREAM).given(*INTERRUPTED).when(observe("connected", 25)).then(resumed(1, 25))


def test_observe_resumes_when_seen_later_though_the_provider_names_no_time() -> None:
    lost = BroadcastInterrupted(number=1, since=None, observed_at=at(30))
    Scenario(LIVE_STREAM).given(*LIVE, lost).when(observe("connected", 29, looked=40)).then(
        BroadcastResumed(number=1, since=at(29), observed_at=at(40))
    )


@pytest.mark.parametrize("since", [5, 9.9])
def test_observe_ignores_a_disconnect_older_than_the_connection(since: float) -> None:
    Scenario(LIVE_STREAM).given(*LIVE).when(observe("disconnected", since)).then_nothing()


def test_observe_ignores_a_connection_older_than_the_loss() -> None:
    Scenario(LIVE_STREAM).given(*INTERRUPTED).when(observe("connected", 15)).then_nothing()


def test_observe_believes_the_later_look_when_both_states_have_one_time() -> None:
    Scenario(LIVE_STREAM).given(*LIVE).when(
        observe("disconnected", 10, looked=11)
    ).then_nothing().when(observe("disconnected", 10, looked=12)).then(
        BroadcastInterrupted(number=1, since=at(10), observed_at=at(12))
    )


def test_observe_comes_to_nothing_when_repeated() -> None:
    Scenario(LIVE_STREAM).given(*LIVE).when(observe("connected", 10)).then_nothing().when(
        observe("connected", 10, looked=300)
    ).then_nothing()
    Scenario(LIVE_STREAM).given(*INTERRUPTED).when(observe("disconnected", 20)).then_nothing()


def test_observe_records_a_reconnection_whose_loss_nobody_saw() -> None:
    Scenario(LIVE_STREAM).given(*LIVE).when(observe("connected", 40)).then(connected(40)).when(
        observe("disconnected", 35)
    ).then_nothing()


def test_observe_comes_to_nothing_when_a_live_show_is_seen_without_a_time() -> None:
    Scenario(LIVE_STREAM).given(*LIVE).when(observe("connected", None, looked=90)).then_nothing()


def test_observe_only_toggles_when_the_feed_flaps() -> None:
    scenario = Scenario(LIVE_STREAM).given(*LIVE)
    for drop in range(1, 19):
        lost, back = 20.0 * drop, 20.0 * drop + 1
        scenario = scenario.when(observe("disconnected", lost)).then(interrupted(drop, lost))
        scenario = scenario.when(observe("connected", back)).then(resumed(drop, back))
    assert scenario.state.status == "live"
    assert scenario.state.interruptions == 18


def test_end_after_grace_ends_the_show_when_the_feed_stayed_away() -> None:
    Scenario(LIVE_STREAM).given(*INTERRUPTED).when(grace(1)).then(ended("feed_lost"))


def test_end_after_grace_comes_to_nothing_when_the_feed_came_back() -> None:
    Scenario(LIVE_STREAM).given(*INTERRUPTED, resumed(1, 25)).when(grace(1)).then_nothing()


def test_end_after_grace_comes_to_nothing_in_a_later_interruption() -> None:
    history = (*INTERRUPTED, resumed(1, 25), interrupted(2, 30))
    Scenario(LIVE_STREAM).given(*history).when(grace(1)).then_nothing().when(grace(2)).then(
        ended("feed_lost")
    )


@pytest.mark.parametrize("history", [STARTING, LIVE, INTERRUPTED])
def test_end_ends_a_started_show(history: History) -> None:
    Scenario(LIVE_STREAM).given(*history).when(END).then(ended("host")).when(END).then_nothing()


@pytest.mark.parametrize("history", [(scheduled(),), READY])
def test_end_refused_when_not_started(history: History) -> None:
    Scenario(LIVE_STREAM).given(*history).when(END).then_refused(errors.NotStartedError)


@pytest.mark.parametrize("history", [CANCELLED, FAILED])
def test_end_refused_when_the_show_never_was(history: History) -> None:
    Scenario(LIVE_STREAM).given(*history).when(END).then_refused(errors.AlreadyOverError)


def test_end_says_so_when_an_admin_ends_it() -> None:
    by_admin = EndLiveStream(stream_id=SHOW, by=STRANGER, as_admin=True)
    Scenario(LIVE_STREAM).given(*LIVE).when(by_admin).then(ended("admin"))


def test_end_leaves_no_way_back() -> None:
    Scenario(LIVE_STREAM).given(*ENDED).when(observe("connected", 90)).then_nothing().when(
        grace(1)
    ).then_nothing()


@pytest.mark.parametrize("history", [(scheduled(),), READY, STARTING])
def test_cancel_calls_the_show_off_before_it_is_live(history: History) -> None:
    Scenario(LIVE_STREAM).given(*history).when(CANCEL).then(LiveStreamCancelled()).when(
        CANCEL
    ).then_nothing()


@pytest.mark.parametrize("history", [LIVE, INTERRUPTED])
def test_cancel_refused_when_on_air(history: History) -> None:
    Scenario(LIVE_STREAM).given(*history).when(CANCEL).then_refused(errors.AlreadyStartedError)


@pytest.mark.parametrize("history", [ENDED, FAILED])
def test_cancel_refused_when_over(history: History) -> None:
    Scenario(LIVE_STREAM).given(*history).when(CANCEL).then_refused(errors.AlreadyOverError)


@pytest.mark.parametrize("kind", [StartLiveStream, EndLiveStream, CancelLiveStream])
def test_commands_of_the_host_refused_when_asked_by_a_stranger(kind: type[HostCommand]) -> None:
    Scenario(LIVE_STREAM).given(*LIVE).when(kind(stream_id=SHOW, by=STRANGER)).then_refused(
        errors.NotTheHostError
    )


@pytest.mark.parametrize("kind", [StartLiveStream, EndLiveStream, CancelLiveStream])
def test_commands_of_the_host_refused_when_there_is_no_show(kind: type[HostCommand]) -> None:
    Scenario(LIVE_STREAM).when(kind(stream_id=SHOW, by=HOST)).then_refused(
        errors.LiveStreamNotFoundError, stream_id=SHOW
    )
