"""Announcing a show and changing the announcement."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from domain.streaming import errors
from domain.streaming.commands import ReviseLiveStream
from domain.streaming.deciding import LIVE_STREAM
from domain.streaming.events import LiveStreamRevised
from domain.text import TextEmptyError, TextHasControlCharactersError, TextTooLongError
from tests.support.builders import (
    CANCELLED,
    ENDED,
    HOST,
    LIVE,
    NOON,
    READY,
    SHOW,
    STRANGER,
    at,
    schedule,
    scheduled,
)
from tests.support.scenario import Scenario


def revise(**changes: Any) -> ReviseLiveStream:
    return ReviseLiveStream(**{"stream_id": SHOW, "by": HOST, "now": NOON, **changes})


def revised(**changes: Any) -> LiveStreamRevised:
    given = {"title": "Autumn sale", "description": "Coats and boots", "scheduled_at": None}
    return LiveStreamRevised(**{**given, **changes})


def test_schedule_records_the_announcement() -> None:
    Scenario(LIVE_STREAM).when(schedule()).then(scheduled())


def test_schedule_trims_title_and_description() -> None:
    Scenario(LIVE_STREAM).when(schedule(title="  A ", description="\n B\n")).then(
        scheduled(title="A", description="B")
    )


def test_schedule_accepts_an_empty_description_and_lines_in_it() -> None:
    Scenario(LIVE_STREAM).when(schedule(description="")).then(scheduled(description=""))
    Scenario(LIVE_STREAM).when(schedule(description="A\nB")).then(scheduled(description="A\nB"))


def test_schedule_counts_characters_not_bytes() -> None:
    longest = "ส" * 200
    Scenario(LIVE_STREAM).when(schedule(title=longest)).then(scheduled(title=longest))


def test_schedule_keeps_joined_emoji_whole() -> None:
    family = "👨\u200d👩\u200d👧 ขายของ"
    Scenario(LIVE_STREAM).when(schedule(title=family)).then(scheduled(title=family))


@pytest.mark.parametrize("title", ["", "   ", "\n\t"])
def test_schedule_refused_when_the_title_is_empty(title: str) -> None:
    Scenario(LIVE_STREAM).when(schedule(title=title)).then_refused(TextEmptyError, field="title")


@pytest.mark.parametrize(
    ("field", "length", "limit"), [("title", 201, 200), ("description", 5001, 5000)]
)
def test_schedule_refused_when_a_text_is_too_long(field: str, length: int, limit: int) -> None:
    Scenario(LIVE_STREAM).when(schedule(**{field: "x" * length})).then_refused(
        TextTooLongError, field=field, limit=limit
    )


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x7f", "\u0085", "\u202e", "\u2066"])
@pytest.mark.parametrize("field", ["title", "description"])
def test_schedule_refused_when_a_text_has_control_characters(field: str, character: str) -> None:
    Scenario(LIVE_STREAM).when(schedule(**{field: f"a{character}b"})).then_refused(
        TextHasControlCharactersError, field=field
    )


def test_schedule_refused_when_the_title_has_several_lines() -> None:
    Scenario(LIVE_STREAM).when(schedule(title="a\nb")).then_refused(
        TextHasControlCharactersError, field="title"
    )


def test_schedule_accepts_a_time_that_is_just_past() -> None:
    Scenario(LIVE_STREAM).when(schedule(scheduled_at=at(-30))).then(scheduled(scheduled_at=at(-30)))


def test_schedule_records_the_time_in_utc() -> None:
    taipei = timezone(timedelta(hours=8))
    command = schedule(scheduled_at=at(3600).astimezone(taipei))
    (event,) = LIVE_STREAM.decide(LIVE_STREAM.initial, command)
    assert b"2026-11-23T13:00:00Z" in msgspec.json.encode(event)


def test_schedule_accepts_the_last_hours_of_the_calendar() -> None:
    last = datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-12)))
    Scenario(LIVE_STREAM).when(schedule(scheduled_at=last)).then(
        scheduled(scheduled_at=datetime.max.replace(tzinfo=UTC))
    )


def test_schedule_refused_when_the_time_is_past() -> None:
    Scenario(LIVE_STREAM).when(schedule(scheduled_at=at(-61))).then_refused(
        errors.ScheduledInThePastError, field="scheduled_at"
    )


def test_schedule_refused_when_the_show_exists() -> None:
    Scenario(LIVE_STREAM).given(scheduled()).when(schedule()).then_refused(
        errors.LiveStreamExistsError, stream_id=SHOW
    )


def test_revise_changes_only_what_is_given() -> None:
    Scenario(LIVE_STREAM).given(*READY).when(revise(title=" Winter sale ")).then(
        revised(title="Winter sale")
    ).when(revise(description="")).then(revised(title="Winter sale", description=""))


def test_revise_moves_and_clears_the_time_before_the_start() -> None:
    Scenario(LIVE_STREAM).given(*READY).when(revise(scheduled_at=at(3600))).then(
        revised(scheduled_at=at(3600))
    ).when(revise(scheduled_at=None)).then(revised())


def test_revise_comes_to_nothing_when_nothing_changes() -> None:
    Scenario(LIVE_STREAM).given(*READY).when(revise(title="Autumn sale")).then_nothing().when(
        revise()
    ).then_nothing()


def test_revise_changes_the_title_of_a_running_show() -> None:
    Scenario(LIVE_STREAM).given(*LIVE).when(revise(title="Last hour")).then(
        revised(title="Last hour")
    )


def test_revise_refused_when_a_running_show_is_moved() -> None:
    Scenario(LIVE_STREAM).given(*LIVE).when(revise(scheduled_at=at(3600))).then_refused(
        errors.AlreadyStartedError, status="live"
    )


def test_revise_accepts_a_past_time_that_stands_already() -> None:
    history = scheduled(scheduled_at=at(-7200))
    Scenario(LIVE_STREAM).given(history).when(revise(scheduled_at=at(-7200))).then_nothing()


def test_revise_refused_when_moved_into_the_past() -> None:
    Scenario(LIVE_STREAM).given(*READY).when(revise(scheduled_at=at(-3600))).then_refused(
        errors.ScheduledInThePastError, field="scheduled_at"
    )


@pytest.mark.parametrize("history", [ENDED, CANCELLED])
def test_revise_refused_when_the_show_is_over(history: tuple[Any, ...]) -> None:
    Scenario(LIVE_STREAM).given(*history).when(revise(title="x")).then_refused(
        errors.AlreadyOverError
    )


def test_revise_refused_when_a_text_is_bad() -> None:
    Scenario(LIVE_STREAM).given(*READY).when(revise(title="")).then_refused(
        TextEmptyError, field="title"
    )


def test_revise_refused_when_asked_by_a_stranger() -> None:
    Scenario(LIVE_STREAM).given(*READY).when(revise(by=STRANGER, title="x")).then_refused(
        errors.NotTheHostError
    )


def test_revise_accepted_when_asked_by_an_admin() -> None:
    Scenario(LIVE_STREAM).given(*READY).when(revise(by=STRANGER, as_admin=True, title="x")).then(
        revised(title="x")
    )


def test_revise_refused_when_there_is_no_such_show() -> None:
    Scenario(LIVE_STREAM).when(revise(title="x")).then_refused(
        errors.LiveStreamNotFoundError, stream_id=SHOW
    )
