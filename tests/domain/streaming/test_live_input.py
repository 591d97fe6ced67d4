"""The live input: provided, refused, its keys rotated, its errors told, retired."""

from typing import Any

import pytest

from domain.streaming import errors
from domain.streaming.commands import (
    ConfirmIngestKeys,
    RecordLiveInput,
    RecordProvisioningFailure,
    ReportIngestError,
    RetireLiveInput,
    RotateIngestKeys,
)
from domain.streaming.deciding import LIVE_STREAM
from domain.streaming.events import (
    IngestErrorReported,
    IngestKeyRotationRequested,
    IngestKeysRotated,
    LiveInputProvisioningFailed,
    LiveInputRetired,
    LiveStreamFailed,
)
from tests.support.builders import (
    CANCELLED,
    CUSTOMER_HOST,
    ENDED,
    FAILED,
    HOST,
    INPUT,
    INTERRUPTED,
    LIVE,
    READY,
    SHOW,
    STARTING,
    STRANGER,
    at,
    connected,
    observe,
    provisioned,
    resumed,
    scheduled,
)
from tests.support.scenario import Scenario

History = tuple[Any, ...]

ROTATE = RotateIngestKeys(stream_id=SHOW, by=HOST)
RETIRE = RetireLiveInput(stream_id=SHOW)


def made(input_uid: str = INPUT) -> RecordLiveInput:
    return RecordLiveInput(stream_id=SHOW, input_uid=input_uid, customer_host=CUSTOMER_HOST)


def not_made(
    problem: str = "provider_unavailable", *, final: bool = False
) -> RecordProvisioningFailure:
    return RecordProvisioningFailure(stream_id=SHOW, problem=problem, final=final)


def rejected(code: str, seconds: float) -> ReportIngestError:
    return ReportIngestError(stream_id=SHOW, provider_code=code, at=at(seconds))


def told(problem: str, code: str, seconds: float) -> IngestErrorReported:
    return IngestErrorReported(
        problem=problem, provider_code=code, video_codec=None, audio_codec=None, at=at(seconds)
    )


def confirm_keys(number: int) -> ConfirmIngestKeys:
    return ConfirmIngestKeys(stream_id=SHOW, number=number)


def test_record_live_input_makes_the_show_ready() -> None:
    scenario = Scenario(LIVE_STREAM).given(scheduled()).when(made()).then(provisioned())
    assert scenario.state.status == "ready"


def test_record_live_input_comes_to_nothing_when_there_is_one() -> None:
    Scenario(LIVE_STREAM).given(*READY).when(made()).then_nothing().when(
        made("another")
    ).then_nothing()


@pytest.mark.parametrize(
    ("history", "status"), [((scheduled(), CANCELLED[-1]), "cancelled"), (FAILED, "failed")]
)
def test_record_live_input_keeps_it_for_retiring_when_the_show_is_off(
    history: History, status: str
) -> None:
    scenario = Scenario(LIVE_STREAM).given(*history).when(made()).then(provisioned())
    assert scenario.state.status == status
    scenario.when(RETIRE).then(LiveInputRetired(input_uid=INPUT))


def test_record_live_input_refused_when_there_is_no_show() -> None:
    Scenario(LIVE_STREAM).when(made()).then_refused(errors.LiveStreamNotFoundError)


def test_provisioning_failure_is_told_once_while_it_is_tried_again() -> None:
    Scenario(LIVE_STREAM).given(scheduled()).when(not_made()).then(
        LiveInputProvisioningFailed(problem="provider_unavailable")
    ).when(not_made()).then_nothing().when(not_made("provider_refused")).then(
        LiveInputProvisioningFailed(problem="provider_refused")
    ).when(made()).then(provisioned())


def test_provisioning_failure_fails_the_show_when_final() -> None:
    Scenario(LIVE_STREAM).given(scheduled()).when(not_made("provider_refused", final=True)).then(
        LiveStreamFailed(problem="provider_refused")
    )


@pytest.mark.parametrize("history", [(), READY, LIVE, CANCELLED, FAILED])
def test_provisioning_failure_comes_to_nothing_when_not_waiting_for_it(history: History) -> None:
    Scenario(LIVE_STREAM).given(*history).when(not_made(final=True)).then_nothing()


@pytest.mark.parametrize("history", [READY, STARTING, LIVE, INTERRUPTED])
def test_rotate_asks_for_new_keys_once_at_a_time(history: History) -> None:
    Scenario(LIVE_STREAM).given(*history).when(ROTATE).then(
        IngestKeyRotationRequested(number=1)
    ).when(ROTATE).then_nothing().when(confirm_keys(1)).then(IngestKeysRotated(number=1)).when(
        ROTATE
    ).then(IngestKeyRotationRequested(number=2))


def test_rotate_refused_when_there_is_no_live_input() -> None:
    Scenario(LIVE_STREAM).given(scheduled()).when(ROTATE).then_refused(
        errors.LiveInputNotReadyError
    )


@pytest.mark.parametrize("history", [ENDED, CANCELLED])
def test_rotate_refused_when_over(history: History) -> None:
    Scenario(LIVE_STREAM).given(*history).when(ROTATE).then_refused(errors.AlreadyOverError)


def test_rotate_refused_when_asked_by_a_stranger() -> None:
    Scenario(LIVE_STREAM).given(*READY).when(
        RotateIngestKeys(stream_id=SHOW, by=STRANGER)
    ).then_refused(errors.NotTheHostError)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_confirm_keys_comes_to_nothing_when_nobody_asked(number: int) -> None:
    Scenario(LIVE_STREAM).given(*READY).when(confirm_keys(number)).then_nothing()


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("ERR_STORAGE_QUOTA_EXHAUSTED", "storage_quota_exhausted"),
        ("ERR_GOP_OUT_OF_RANGE", "keyframe_interval_out_of_range"),
        ("ERR_UNSUPPORTED_VIDEO_CODEC", "unsupported_video_codec"),
        ("ERR_UNSUPPORTED_AUDIO_CODEC", "unsupported_audio_codec"),
        ("ERR_OF_THE_FUTURE", "ingest_rejected"),
        ("", "ingest_rejected"),
    ],
)
def test_report_ingest_error_tells_the_host_why(code: str, problem: str) -> None:
    Scenario(LIVE_STREAM).given(*STARTING).when(rejected(code, 5)).then(told(problem, code, 5))


def test_report_ingest_error_keeps_the_codecs() -> None:
    error = ReportIngestError(
        stream_id=SHOW,
        provider_code="ERR_UNSUPPORTED_VIDEO_CODEC",
        at=at(5),
        video_codec="hev1",
        audio_codec="mp4a",
    )
    after = Scenario(LIVE_STREAM).given(*READY).when(error)
    after.then(
        IngestErrorReported(
            problem="unsupported_video_codec",
            provider_code="ERR_UNSUPPORTED_VIDEO_CODEC",
            video_codec="hev1",
            audio_codec="mp4a",
            at=at(5),
        )
    )


def test_report_ingest_error_comes_to_nothing_when_repeated_or_older() -> None:
    gop = told("keyframe_interval_out_of_range", "ERR_GOP_OUT_OF_RANGE", 5)
    scenario = Scenario(LIVE_STREAM).given(*STARTING, gop)
    for seconds in (4, 5, 6):
        scenario.when(rejected("ERR_GOP_OUT_OF_RANGE", seconds)).then_nothing()
    scenario.when(rejected("ERR_UNSUPPORTED_AUDIO_CODEC", 4)).then_nothing()
    scenario.when(rejected("ERR_UNSUPPORTED_AUDIO_CODEC", 5)).then_nothing()
    scenario.when(rejected("ERR_UNSUPPORTED_AUDIO_CODEC", 6)).then(
        told("unsupported_audio_codec", "ERR_UNSUPPORTED_AUDIO_CODEC", 6)
    )


def test_report_ingest_error_prefers_the_precise_reason() -> None:
    Scenario(LIVE_STREAM).given(*STARTING).when(rejected("bad_request", 5)).then(
        told("ingest_rejected", "bad_request", 5)
    ).when(rejected("", 6)).then_nothing().when(rejected("ERR_GOP_OUT_OF_RANGE", 5)).then(
        told("keyframe_interval_out_of_range", "ERR_GOP_OUT_OF_RANGE", 5)
    ).when(rejected("bad_request", 9)).then_nothing()


def test_report_ingest_error_comes_to_nothing_when_the_feed_was_taken_since() -> None:
    Scenario(LIVE_STREAM).given(*LIVE).when(rejected("ERR_GOP_OUT_OF_RANGE", 9)).then_nothing()


def test_report_ingest_error_is_told_when_it_came_with_the_feed() -> None:
    Scenario(LIVE_STREAM).given(*LIVE).when(rejected("ERR_GOP_OUT_OF_RANGE", 10)).then(
        told("keyframe_interval_out_of_range", "ERR_GOP_OUT_OF_RANGE", 10)
    )


@pytest.mark.parametrize("taken", [connected(40), resumed(1, 40)])
def test_report_ingest_error_is_forgotten_when_the_feed_is_taken(taken: Any) -> None:
    gop = told("keyframe_interval_out_of_range", "ERR_GOP_OUT_OF_RANGE", 30)
    scenario = Scenario(LIVE_STREAM).given(*INTERRUPTED, gop, taken)
    assert scenario.state.ingest_problem is None


@pytest.mark.parametrize("history", [(), (scheduled(),), ENDED, CANCELLED, FAILED])
def test_report_ingest_error_comes_to_nothing_when_no_feed_is_taken(history: History) -> None:
    Scenario(LIVE_STREAM).given(*history).when(rejected("ERR_GOP_OUT_OF_RANGE", 90)).then_nothing()


@pytest.mark.parametrize("history", [ENDED, CANCELLED])
def test_retire_lets_go_of_the_input_once(history: History) -> None:
    Scenario(LIVE_STREAM).given(*history).when(RETIRE).then(LiveInputRetired(input_uid=INPUT)).when(
        RETIRE
    ).then_nothing().when(observe("connected", 90)).then_nothing()


@pytest.mark.parametrize("history", [(), (scheduled(),), READY, LIVE, INTERRUPTED, FAILED])
def test_retire_comes_to_nothing_when_in_use_or_absent(history: History) -> None:
    Scenario(LIVE_STREAM).given(*history).when(RETIRE).then_nothing()
