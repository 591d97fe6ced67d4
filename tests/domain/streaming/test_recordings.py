"""The replay: parts come, are settled in any order, and make the show an archived one."""

from typing import Any

import pytest

from domain.streaming.commands import RecordRecordings
from domain.streaming.deciding import LIVE_STREAM
from domain.streaming.events import (
    LiveStreamArchived,
    RecordingFailed,
    RecordingReady,
    RecordingStarted,
)
from domain.streaming.values import RECORDINGS_AT_MOST, RecordingReport, RecordingStatus
from tests.support.builders import (
    CANCELLED,
    ENDED,
    FAILED,
    LIVE,
    READY,
    SHOW,
    at,
    ended,
    interrupted,
    scheduled,
)
from tests.support.scenario import Scenario

History = tuple[Any, ...]


def report(recording_id: str, status: RecordingStatus, **details: Any) -> RecordingReport:
    return RecordingReport(
        recording_id=recording_id, status=status, **{"created_at": at(10), **details}
    )


def record(*recordings: RecordingReport) -> RecordRecordings:
    return RecordRecordings(stream_id=SHOW, recordings=recordings)


def begun(recording_id: str) -> RecordingStarted:
    return RecordingStarted(recording_id=recording_id, created_at=at(10))


def ready(recording_id: str, seconds: float | None = None) -> RecordingReady:
    return RecordingReady(recording_id=recording_id, duration_seconds=seconds)


def broken(recording_id: str, code: str | None = None) -> RecordingFailed:
    return RecordingFailed(recording_id=recording_id, provider_code=code)


def test_record_starts_a_recording_while_live() -> None:
    Scenario(LIVE_STREAM).given(*LIVE).when(record(report("a", "recording"))).then(begun("a")).when(
        record(report("a", "recording"))
    ).then_nothing()


def test_record_archives_the_ended_show_when_the_recording_is_ready() -> None:
    Scenario(LIVE_STREAM).given(*ENDED, begun("a")).when(
        record(report("a", "ready", duration_seconds=61.5))
    ).then(ready("a", 61.5), LiveStreamArchived())


def test_record_tells_the_start_too_when_first_heard_of_ready() -> None:
    Scenario(LIVE_STREAM).given(*ENDED).when(record(report("a", "ready"))).then(
        begun("a"), ready("a"), LiveStreamArchived()
    )


def test_record_waits_for_every_part_of_a_split_show() -> None:
    first, second = report("a", "ready"), report("b", "recording")
    Scenario(LIVE_STREAM).given(*ENDED).when(record(first, second)).then(
        begun("a"), ready("a"), begun("b")
    ).when(record(first, report("b", "ready"))).then(ready("b"), LiveStreamArchived())


def test_record_does_not_archive_a_show_that_goes_on() -> None:
    Scenario(LIVE_STREAM).given(*LIVE, interrupted(1, 20)).when(record(report("a", "ready"))).then(
        begun("a"), ready("a")
    )


def test_record_archives_when_every_part_was_ready_before_the_end() -> None:
    history = (*LIVE, begun("a"), ready("a"), ended())
    Scenario(LIVE_STREAM).given(*history).when(record(report("a", "ready"))).then(
        LiveStreamArchived()
    )


def test_record_archives_when_one_part_failed_and_another_is_ready() -> None:
    Scenario(LIVE_STREAM).given(*ENDED, begun("a"), begun("b")).when(
        record(report("a", "failed", provider_code="ERR_UNKNOWN"), report("b", "ready"))
    ).then(broken("a", "ERR_UNKNOWN"), ready("b"), LiveStreamArchived())


def test_record_leaves_the_show_ended_when_every_part_failed() -> None:
    scenario = Scenario(LIVE_STREAM).given(*ENDED, begun("a"))
    after = scenario.when(record(report("a", "failed"))).then(broken("a"))
    assert after.state.status == "ended"


def test_record_leaves_the_show_ended_when_there_is_no_recording() -> None:
    Scenario(LIVE_STREAM).given(*ENDED).when(record()).then_nothing()


def test_record_adds_a_part_that_turns_up_after_archiving() -> None:
    archived = (*ENDED, begun("a"), ready("a"), LiveStreamArchived())
    late = record(report("a", "ready"), report("b", "ready"))
    Scenario(LIVE_STREAM).given(*archived).when(late).then(begun("b"), ready("b")).when(
        late
    ).then_nothing()


def test_record_believes_a_recording_that_heals_but_not_one_that_breaks() -> None:
    Scenario(LIVE_STREAM).given(*ENDED, begun("a"), broken("a")).when(
        record(report("a", "ready"))
    ).then(ready("a"), LiveStreamArchived()).when(record(report("a", "failed"))).then_nothing()


def test_record_never_goes_back_to_recording() -> None:
    history = (*LIVE, begun("a"), ready("a"))
    Scenario(LIVE_STREAM).given(*history).when(record(report("a", "recording"))).then_nothing()


def test_record_counts_a_recording_told_twice_once() -> None:
    Scenario(LIVE_STREAM).given(*LIVE).when(
        record(report("a", "recording"), report("a", "recording"))
    ).then(begun("a"))


def test_record_keeps_the_state_bounded() -> None:
    many = tuple(report(f"r{number}", "recording") for number in range(RECORDINGS_AT_MOST + 5))
    scenario = Scenario(LIVE_STREAM).given(*LIVE)
    facts = LIVE_STREAM.decide(scenario.state, record(*many))
    assert len(facts) == RECORDINGS_AT_MOST


@pytest.mark.parametrize("history", [(), (scheduled(),), CANCELLED, FAILED])
def test_record_comes_to_nothing_when_the_show_has_no_broadcast(history: History) -> None:
    Scenario(LIVE_STREAM).given(*history).when(record(report("a", "ready"))).then_nothing()


def test_record_takes_a_recording_before_it_hears_of_the_feed() -> None:
    Scenario(LIVE_STREAM).given(*READY).when(record(report("a", "recording"))).then(begun("a"))
