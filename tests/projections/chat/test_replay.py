"""Where in a replay what was said stands, whatever recordings there are."""

from datetime import datetime
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.shared import EPOCH
from projections.chat.replay import Place, alone, moment_at, place_of, replay_of
from projections.streaming.live_streams import LiveStreamView, RecordingView
from tests.support.builders import HOST, NOON, SHOW, at


def recording(
    name: str, begins: float | None, seconds: float | None = None, status: Any = "ready"
) -> RecordingView:
    """One that began so many seconds past noon."""
    created_at = None if begins is None else at(begins)
    return RecordingView(id=name, status=status, created_at=created_at, duration_seconds=seconds)


def show(*recordings: RecordingView, ended: float | None = None) -> LiveStreamView:
    return LiveStreamView(
        id=SHOW,
        title="Autumn sale",
        description="",
        host_id=HOST,
        host_name="Mei",
        market="TW",
        language="zh-TW",
        status="archived",
        mode="rtmps",
        low_latency=False,
        scheduled_at=None,
        listed_at=1,
        position=1,
        started_at=NOON,
        ended_at=None if ended is None else at(ended),
        recordings=recordings,
    )


def us(moment: datetime) -> int:
    return round((moment - EPOCH).total_seconds() * 1e6)


def said(seconds: float) -> int:
    """The moment so many seconds past noon."""
    return us(at(seconds))


# Twenty seconds, ten of nothing, and thirty more.
TWO = replay_of(show(recording("a", 100, 20.0), recording("b", 130, 30.0), ended=170))


def test_second_of_the_show_is_counted_over_all_recordings() -> None:
    assert place_of(TWO, said(105.25)) == Place("a", 5.25)
    assert place_of(TWO, said(131)) == Place("b", 21.0)


def test_second_of_one_recording_is_counted_from_its_beginning() -> None:
    assert place_of(alone(TWO, "a"), said(105.25)) == Place("a", 5.25)
    assert place_of(alone(TWO, "b"), said(131)) == Place("b", 1.0)
    assert alone(TWO, "c") == ()


def test_what_was_said_between_recordings_stands_at_the_seam() -> None:
    assert place_of(TWO, said(125)) == Place("a", 20.0)
    assert place_of(alone(TWO, "a"), said(125)) == Place("a", 20.0)
    assert moment_at(TWO, 20.0) == said(120)
    assert moment_at(alone(TWO, "b"), 0) == said(130)  # it is told with the one before
    assert [part.until_us for part in TWO] == [said(130), None]


def test_what_was_said_before_all_recordings_stands_at_their_beginning() -> None:
    assert place_of(TWO, said(3)) == Place("a", 0.0)
    assert moment_at(TWO, 0) == 0
    assert moment_at(TWO, 0.001) == said(100.001)


def test_what_was_said_after_all_recordings_stands_at_their_end() -> None:
    assert place_of(TWO, said(500)) == Place("b", 50.0)
    assert moment_at(TWO, 50.0) == said(160)
    assert moment_at(TWO, 50.001) is None


def test_recording_that_goes_on_has_no_end() -> None:
    parts = replay_of(show(recording("a", 100, 20.0), recording("b", 130, None, "recording")))
    assert place_of(parts, said(4130)) == Place("b", 4020.0)
    assert moment_at(parts, 4020.0) == said(4130)


def test_recording_of_unknown_length_lasts_until_the_next_began_or_the_show_ended() -> None:
    parts = replay_of(show(recording("a", 100), recording("b", 130), ended=150))
    assert [part.seconds for part in parts] == [30.0, 20.0]
    assert place_of(parts, said(160)) == Place("b", 50.0)


def test_failed_recording_is_a_gap() -> None:
    failed = recording("b", 130, 30.0, "failed")
    parts = replay_of(show(recording("a", 100), failed, recording("c", 170, 5.0)))
    assert [part.recording_id for part in parts] == ["a", "c"]
    assert place_of(parts, said(140)) == Place("a", 30.0)
    assert place_of(parts, said(171)) == Place("c", 31.0)
    assert alone(parts, "b") == ()


def test_there_is_nothing_to_replay_where_nothing_was_recorded_or_all_failed() -> None:
    assert replay_of(show()) == ()
    assert replay_of(show(recording("a", 100, 5.0, "failed"))) == ()
    assert moment_at((), 0) is None


def test_only_recording_whose_beginning_is_not_told_began_with_the_show() -> None:
    (part,) = replay_of(show(recording("a", None, 20.0)))
    assert place_of((part,), said(7)) == Place("a", 7.0)


def test_one_of_several_whose_beginning_is_not_told_is_left_out() -> None:
    parts = replay_of(show(recording("a", 100, 20.0), recording("b", None, 30.0)))
    assert [part.recording_id for part in parts] == ["a"]


def test_recordings_that_overlap_by_their_clocks_go_over_where_the_next_begins() -> None:
    parts = replay_of(show(recording("a", 100, 50.0), recording("b", 130, 10.0)))
    assert place_of(parts, said(129)) == Place("a", 29.0)
    assert place_of(parts, said(130)) == Place("b", 50.0)
    assert moment_at(parts, 40.0) == said(130)


def test_recording_said_to_end_before_it_began_is_empty() -> None:
    parts = replay_of(show(recording("a", 100), recording("b", 130, -5.0), ended=90))
    assert [part.seconds for part in parts] == [30.0, 0.0]
    assert replay_of(show(recording("a", 100), ended=90))[0].seconds == 0.0


RECORDINGS = st.lists(
    st.tuples(
        st.floats(0, 500),
        st.one_of(st.none(), st.floats(0, 300)),
        st.sampled_from(["ready", "recording", "failed"]),
    ),
    max_size=5,
).map(
    lambda made: [
        recording(f"r{number}", begins, seconds, status)
        for number, (begins, seconds, status) in enumerate(sorted(made, key=lambda one: one[0]))
    ]
)
MOMENTS = st.lists(st.floats(-100, 1500), max_size=20).map(sorted)


@given(RECORDINGS, MOMENTS, st.one_of(st.none(), st.floats(0, 900)))
def test_what_was_said_later_never_stands_earlier_and_is_found_where_it_stands(
    recordings: list[RecordingView], moments: list[float], ended: float | None
) -> None:
    parts = replay_of(show(*recordings, ended=ended))
    if not parts:
        return
    spoken = [said(moment) for moment in moments]
    places = [place_of(parts, moment).seconds for moment in spoken]
    assert all(one <= other for one, other in pairwise(places))
    for moment, place in zip(spoken, places, strict=True):
        first = moment_at(parts, place)
        assert first is not None
        assert first <= moment


@given(RECORDINGS, st.floats(0, 1500), st.floats(-100, 2000))
def test_what_is_found_from_a_second_on_stands_there_or_later(
    recordings: list[RecordingView], second: float, moment: float
) -> None:
    parts = replay_of(show(*recordings, ended=1000))
    first = moment_at(parts, second)
    if first is not None and said(moment) >= first:
        assert place_of(parts, said(moment)).seconds >= second - 0.001
