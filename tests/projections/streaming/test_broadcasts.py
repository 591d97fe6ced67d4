"""What the host and operations see of a show."""

from functools import reduce
from typing import Any

import pytest

from domain.shared import Event
from domain.streaming import events as fact
from domain.streaming.deciding import LIVE_STREAM
from projections.streaming.broadcasts import BROADCASTS, BroadcastView, OutputView, ProblemView
from tests.support.builders import (
    CANCELLED,
    ENDED,
    FAILED,
    HOST,
    INPUT,
    INTERRUPTED,
    LIVE,
    READY,
    SHOW,
    STARTING,
    at,
    connected,
    ended,
    recorded,
    resumed,
    scheduled,
)

History = tuple[Event, ...]

RETIRED = fact.LiveInputRetired(input_uid=INPUT)
GOP = fact.IngestErrorReported(
    problem="keyframe_interval_out_of_range",
    provider_code="ERR_GOP_OUT_OF_RANGE",
    video_codec="avc1",
    audio_codec=None,
    at=at(5),
)


def seen(*events: Event) -> BroadcastView:
    """The view after these events, at positions 1, 2, 3 …"""
    view: BroadcastView | None = None
    for position, event in enumerate(events, start=1):
        if event.tag in BROADCASTS.types:
            view = BROADCASTS.fold(view, recorded(event, position=position))
    assert view is not None
    return view


def test_a_ready_show_names_its_input_and_where_its_keys_are() -> None:
    view = seen(*READY)
    assert (view.stream_id, view.host_id, view.input_uid) == (SHOW, HOST, INPUT)
    assert view.credentials_ref == f"live_input-{SHOW}"


@pytest.mark.parametrize(
    "history",
    [
        (scheduled(),),
        READY,
        STARTING,
        LIVE,
        INTERRUPTED,
        (*INTERRUPTED, resumed(1, 25)),
        ENDED,
        CANCELLED,
        FAILED,
        (*ENDED, fact.LiveStreamArchived()),
    ],
)
def test_the_status_shown_is_the_one_decided_on(history: History) -> None:
    state = reduce(LIVE_STREAM.evolve, history, LIVE_STREAM.initial)
    assert seen(*history).status == state.status


@pytest.mark.parametrize(
    ("history", "is_open"),
    [
        ((scheduled(),), True),
        (LIVE, True),
        (ENDED, True),
        ((*ENDED, fact.LiveStreamArchived()), True),
        ((*ENDED, RETIRED), False),
        (CANCELLED, True),
        ((*CANCELLED, RETIRED), False),
        ((scheduled(), fact.LiveStreamCancelled()), False),
        ((scheduled(), fact.LiveStreamCancelled(), READY[1]), True),
        (FAILED, False),
    ],
)
def test_a_show_is_open_while_there_is_work_to_do(history: History, *, is_open: bool) -> None:
    view = seen(*history)
    assert view.is_open is is_open
    assert BROADCASTS.row(view)["is_open"] is is_open


def test_the_time_of_the_last_change_of_status_is_kept() -> None:
    assert seen(*LIVE, connected(40)).changed_at == at(len(LIVE))
    assert seen(*INTERRUPTED).changed_at == at(len(INTERRUPTED))


def test_the_feed_is_shown() -> None:
    view = seen(*INTERRUPTED)
    assert (view.feed_connected, view.feed_since, view.interruptions) == (False, at(20), 1)
    view = seen(*INTERRUPTED, resumed(1, 25))
    assert (view.feed_connected, view.feed_since, view.interruptions) == (True, at(25), 1)


def test_the_reason_of_the_end_is_shown() -> None:
    assert seen(*INTERRUPTED, ended("feed_lost")).end_reason == "feed_lost"


def test_a_rejected_feed_is_shown_until_it_is_taken() -> None:
    assert seen(*STARTING, GOP).problem == ProblemView(
        code="keyframe_interval_out_of_range",
        at=at(5),
        provider_code="ERR_GOP_OUT_OF_RANGE",
        video_codec="avc1",
    )
    assert seen(*STARTING, GOP, connected(10)).problem is None
    assert seen(*STARTING, GOP, ended()).problem is None


def test_failing_to_get_an_input_is_shown_until_there_is_one() -> None:
    failing = fact.LiveInputProvisioningFailed(problem="provider_unavailable")
    assert seen(scheduled(), failing).problem == ProblemView(code="provider_unavailable", at=at(2))
    assert seen(scheduled(), failing, READY[1]).problem is None
    assert seen(*FAILED).problem == ProblemView(code="provider_refused", at=at(2))


def test_failed_recordings_are_counted() -> None:
    failed = [fact.RecordingFailed(recording_id=name, provider_code="ERR_UNKNOWN") for name in "ab"]
    view = seen(*ENDED, *failed)
    assert view.failed_recordings == 2
    assert view.problem is not None
    assert (view.problem.code, view.problem.provider_code) == ("recording_failed", "ERR_UNKNOWN")


def test_new_keys_are_shown_as_pending_and_then_by_their_time() -> None:
    asked = fact.IngestKeyRotationRequested(number=1)
    assert seen(*READY, asked).key_rotation_pending
    view = seen(*READY, asked, fact.IngestKeysRotated(number=1))
    assert (view.key_rotation_pending, view.keys_rotated_at) == (False, at(4))


def test_outputs_are_shown_with_what_became_of_them() -> None:
    url = "rtmp://live.example.com/app"
    added = [fact.OutputAdded(output_id=name, url=url) for name in "abc"]
    changes: list[Any] = [
        fact.OutputAttached(output_id="a", output_uid="u"),
        fact.OutputFailed(output_id="b", problem="output_refused"),
        fact.OutputRemoved(output_id="c", output_uid=None),
    ]
    assert seen(*READY, *added, *changes).outputs == (
        OutputView(id="a", url=url, status="attached"),
        OutputView(id="b", url=url, status="failed", problem="output_refused"),
    )


def test_a_retired_input_has_no_keys_any_more_but_stays_findable() -> None:
    view = seen(*ENDED, RETIRED)
    assert (view.input_retired, view.credentials_ref) == (True, None)
    assert BROADCASTS.row(view)["input_uid"] == INPUT


def test_a_history_that_does_not_begin_is_refused() -> None:
    with pytest.raises(ValueError, match="scheduled"):
        BROADCASTS.fold(None, recorded(RETIRED))
