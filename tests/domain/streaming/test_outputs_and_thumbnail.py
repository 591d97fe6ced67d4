"""Simulcast targets and the cover picture."""

from typing import Any

import pytest

from domain.streaming import errors
from domain.streaming.commands import (
    AddOutput,
    AttachThumbnail,
    ConfirmOutput,
    RemoveOutput,
    ReportOutputFailure,
)
from domain.streaming.deciding import LIVE_STREAM
from domain.streaming.events import (
    OutputAdded,
    OutputAttached,
    OutputFailed,
    OutputRemoved,
    ThumbnailAttached,
)
from domain.streaming.values import OUTPUTS_AT_MOST
from tests.support.builders import (
    CANCELLED,
    ENDED,
    FAILED,
    HOST,
    LIVE,
    READY,
    SHOW,
    STRANGER,
    provisioned,
    scheduled,
)
from tests.support.scenario import Scenario

History = tuple[Any, ...]

URL = "rtmp://a.rtmp.example.com/live2"
ADDED = OutputAdded(output_id="o1", url=URL)
ATTACHED = OutputAttached(output_id="o1", output_uid="baea4d9c515887b80289d5c33cf01145")
REFUSED = ReportOutputFailure(stream_id=SHOW, output_id="o1", problem="output_refused")
PICTURE = f"streams/{SHOW}/thumbnails/p1.jpg"


def add(output_id: str = "o1", url: str = URL, **changes: Any) -> AddOutput:
    return AddOutput(**{"stream_id": SHOW, "by": HOST, **changes}, output_id=output_id, url=url)


def remove(output_id: str = "o1", **changes: Any) -> RemoveOutput:
    return RemoveOutput(**{"stream_id": SHOW, "by": HOST, **changes}, output_id=output_id)


def confirm(output_uid: str = ATTACHED.output_uid) -> ConfirmOutput:
    return ConfirmOutput(stream_id=SHOW, output_id="o1", output_uid=output_uid)


def picture(**changes: Any) -> AttachThumbnail:
    return AttachThumbnail(**{"stream_id": SHOW, "by": HOST, "key": PICTURE, **changes})


@pytest.mark.parametrize("history", [(scheduled(),), READY, LIVE])
def test_add_output_records_the_wish(history: History) -> None:
    Scenario(LIVE_STREAM).given(*history).when(add()).then(ADDED).when(add()).then_nothing()


@pytest.mark.parametrize(
    ("url", "recorded"),
    [
        ("rtmp://live.example.com:1935/app", "rtmp://live.example.com:1935/app"),
        ("rtmps://live.example.com/app?key=s3cret#frag", "rtmps://live.example.com/app"),
        ("srt://[2001:db8::1]:9000?streamid=s3cret", "srt://[2001:db8::1]:9000"),
    ],
)
def test_add_output_records_no_secret_of_the_url(url: str, recorded: str) -> None:
    Scenario(LIVE_STREAM).given(*READY).when(add(url=url)).then(
        OutputAdded(output_id="o1", url=recorded)
    )


@pytest.mark.parametrize(
    "url",
    [
        "",
        "live.example.com",
        "http://h/app",
        "rtmp:///app",
        "rtmp://h:99999/a",
        "rtmp://[::1/app",
        "rtmp://user:hunter2@live.example.com/app",
        "srt://hunter2@live.example.com:9000",
        "rtmp://live.example.com/app\n",
        "\x00rtmp://live.example.com/app",
        "rtmp://live.example.com/a\tpp",
        "rtmp://live.example.com/a pp",
        "rtmp://live.example.com/a\u2028pp",
        f"rtmp://h/{'x' * 2048}",
    ],
)
def test_add_output_refused_when_the_url_is_no_target(url: str) -> None:
    Scenario(LIVE_STREAM).given(*READY).when(add(url=url)).then_refused(
        errors.InvalidOutputUrlError, field="url"
    )


def test_add_output_refused_when_broadcast_by_whip() -> None:
    Scenario(LIVE_STREAM).given(scheduled(mode="whip"), provisioned()).when(add()).then_refused(
        errors.OutputsNotAvailableError
    )


def test_add_output_refused_when_there_are_too_many() -> None:
    many = [OutputAdded(output_id=f"m{number}", url=URL) for number in range(OUTPUTS_AT_MOST)]
    Scenario(LIVE_STREAM).given(*READY, *many).when(add()).then_refused(
        errors.TooManyOutputsError, limit=OUTPUTS_AT_MOST
    )


@pytest.mark.parametrize("history", [ENDED, CANCELLED, FAILED])
def test_add_output_refused_when_over(history: History) -> None:
    Scenario(LIVE_STREAM).given(*history).when(add()).then_refused(errors.AlreadyOverError)


@pytest.mark.parametrize("command", [add(by=STRANGER), remove(by=STRANGER), picture(by=STRANGER)])
def test_outputs_and_picture_refused_when_asked_by_a_stranger(command: Any) -> None:
    Scenario(LIVE_STREAM).given(*READY, ADDED).when(command).then_refused(errors.NotTheHostError)


def test_confirm_output_attaches_it_once() -> None:
    Scenario(LIVE_STREAM).given(*READY, ADDED).when(confirm()).then(ATTACHED).when(
        confirm()
    ).then_nothing()


def test_confirm_output_removes_it_again_when_it_was_removed_meanwhile() -> None:
    removed = OutputRemoved(output_id="o1", output_uid=None)
    Scenario(LIVE_STREAM).given(*READY, ADDED, removed).when(confirm("uid")).then(
        OutputRemoved(output_id="o1", output_uid="uid")
    )


def test_output_failure_is_told_and_may_heal() -> None:
    Scenario(LIVE_STREAM).given(*READY, ADDED).when(REFUSED).then(
        OutputFailed(output_id="o1", problem="output_refused")
    ).when(REFUSED).then_nothing().when(confirm()).then(ATTACHED)


@pytest.mark.parametrize("history", [READY, (*READY, ADDED, ATTACHED)])
def test_output_failure_comes_to_nothing_when_none_is_awaited(history: History) -> None:
    Scenario(LIVE_STREAM).given(*history).when(REFUSED).then_nothing()


@pytest.mark.parametrize(
    ("history", "output_uid"), [((ADDED,), None), ((ADDED, ATTACHED), ATTACHED.output_uid)]
)
def test_remove_output_tells_what_to_detach(history: History, output_uid: str | None) -> None:
    Scenario(LIVE_STREAM).given(*READY, *history).when(remove()).then(
        OutputRemoved(output_id="o1", output_uid=output_uid)
    ).when(remove()).then_refused(errors.OutputNotFoundError, output_id="o1")


@pytest.mark.parametrize("history", [READY, LIVE, ENDED])
def test_attach_thumbnail_replaces_the_picture(history: History) -> None:
    Scenario(LIVE_STREAM).given(*history).when(picture()).then(ThumbnailAttached(key=PICTURE)).when(
        picture()
    ).then_nothing().when(picture(key="another")).then(ThumbnailAttached(key="another"))


@pytest.mark.parametrize("history", [CANCELLED, FAILED])
def test_attach_thumbnail_refused_when_the_show_never_was(history: History) -> None:
    Scenario(LIVE_STREAM).given(*history).when(picture()).then_refused(errors.AlreadyOverError)
