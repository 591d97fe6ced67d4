"""What everybody sees of a show."""

from functools import reduce
from typing import Any

import pytest

from domain.audience.events import AudienceSampled
from domain.chat.events import ReactionsCounted
from domain.shared import Event
from domain.streaming import events as fact
from domain.streaming.deciding import LIVE_STREAM
from projections.streaming.live_streams import LIVE_STREAMS, LiveStreamView, ranking
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
    at,
    recorded,
    resumed,
    scheduled,
)

History = tuple[Event, ...]


def seen(*events: Event) -> LiveStreamView:
    """The view after these events, at positions 1, 2, 3 …"""
    view: LiveStreamView | None = None
    for position, event in enumerate(events, start=1):
        if event.tag in LIVE_STREAMS.types:
            view = LIVE_STREAMS.fold(view, recorded(event, position=position))
    assert view is not None
    return view


def begun(recording_id: str, created: float | None) -> Event:
    created_at = None if created is None else at(created)
    return fact.RecordingStarted(recording_id=recording_id, created_at=created_at)


def ready(recording_id: str) -> Event:
    return fact.RecordingReady(recording_id=recording_id, duration_seconds=61.5)


ARCHIVED = (*ENDED, begun("a", 10), ready("a"), fact.LiveStreamArchived())


def test_a_scheduled_show_shows_its_announcement() -> None:
    assert seen(scheduled(scheduled_at=at(3600))) == LiveStreamView(
        id=SHOW,
        title="Autumn sale",
        description="Coats and boots",
        host_id=HOST,
        host_name="Mei",
        market="TW",
        language="zh-TW",
        status="scheduled",
        mode="rtmps",
        low_latency=False,
        scheduled_at=at(3600),
        listed_at=1,
        position=1,
    )


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
        ARCHIVED,
        CANCELLED,
        FAILED,
    ],
)
def test_the_status_shown_is_the_one_decided_on(history: History) -> None:
    state = reduce(LIVE_STREAM.evolve, history, LIVE_STREAM.initial)
    assert seen(*history).status == state.status


def test_an_input_that_comes_after_the_cancellation_leaves_it_cancelled() -> None:
    assert seen(scheduled(), fact.LiveStreamCancelled(), READY[1]).status == "cancelled"


def test_a_revised_announcement_is_shown() -> None:
    revised = fact.LiveStreamRevised(title="New", description="", scheduled_at=at(60))
    view = seen(*READY, revised)
    assert (view.title, view.description, view.scheduled_at) == ("New", "", at(60))


def test_a_live_show_can_be_played_and_tells_since_when() -> None:
    view = seen(*LIVE)
    assert (view.input_uid, view.customer_host) == (INPUT, CUSTOMER_HOST)
    assert view.started_at == at(10)


def test_an_ended_show_tells_when_it_ended() -> None:
    assert seen(*ENDED).ended_at == at(len(ENDED))


def test_parts_of_the_replay_are_in_order_of_the_broadcast() -> None:
    view = seen(*ENDED, begun("c", None), begun("b", 40), begun("a", 20))
    assert [recording.id for recording in view.recordings] == ["a", "b", "c"]


def test_parts_of_the_replay_show_their_state() -> None:
    broken = fact.RecordingFailed(recording_id="b", provider_code="ERR_UNKNOWN")
    view = seen(*ENDED, begun("a", 20), begun("b", 40), ready("a"), broken)
    first, second = view.recordings
    assert (first.status, first.duration_seconds) == ("ready", 61.5)
    assert (second.status, second.duration_seconds) == ("failed", None)


def test_the_newest_picture_is_shown() -> None:
    pictures = (fact.ThumbnailAttached(key="one"), fact.ThumbnailAttached(key="two"))
    assert seen(*READY, *pictures).thumbnail_key == "two"


def test_the_position_is_that_of_the_last_event_shown() -> None:
    assert seen(*LIVE, fact.IngestKeysRotated(number=1)).position == len(LIVE)


def test_who_watches_and_likes_is_shown_as_it_was_last_counted() -> None:
    counted = ReactionsCounted(totals={"like": 7, "wow": 2})
    view = seen(*LIVE, AudienceSampled(viewers=5, peak=9), counted)
    assert (view.viewers, view.peak_viewers, view.likes) == (5, 9, 7)


def test_a_show_stands_among_the_watched_while_somebody_watches() -> None:
    watched, left = AudienceSampled(viewers=1, peak=1), AudienceSampled(viewers=0, peak=1)
    assert "watched" not in LIVE_STREAMS.rankings(seen(*LIVE))
    assert "watched" in LIVE_STREAMS.rankings(seen(*LIVE, watched))
    assert "watched" not in LIVE_STREAMS.rankings(seen(*LIVE, watched, left))


def test_a_history_that_does_not_begin_is_refused() -> None:
    with pytest.raises(ValueError, match="scheduled"):
        LIVE_STREAMS.fold(None, recorded(fact.LiveStreamArchived()))


def test_a_show_stands_in_every_list_its_values_belong_to() -> None:
    sets = LIVE_STREAMS.rankings(seen(*LIVE))
    assert set(sets.values()) == {1.0}
    assert set(sets) == {
        ranking(status=status, market=market, host=host)
        for status in (None, "live")
        for market in (None, "TW")
        for host in (None, HOST)
    }
    assert len(sets) == 8


def test_nothing_secret_or_technical_is_shown() -> None:
    fields: Any = set(LiveStreamView.__struct_fields__)
    assert not fields & {"credentials_ref", "problem", "outputs", "stream_key"}
