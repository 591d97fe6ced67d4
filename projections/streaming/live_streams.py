"""What everybody sees of a show, and the lists of shows.

What only its host and operations see is in `broadcasts`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from itertools import product
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.audience.events import AudienceSampled
from domain.chat.events import ReactionsCounted
from domain.shared import ERASED_TEXT, Event, Language, Market, Recorded
from domain.showcase.events import ProductPinned, ProductUnpinned
from domain.streaming import events as fact
from domain.streaming.values import BroadcastMode, LiveStreamStatus, RecordingStatus
from projections.projection import RedisProjection, Seen, Views


class RecordingView(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the replay; it plays under its `id` on the show's `customer_host`."""

    id: str
    status: RecordingStatus
    created_at: datetime | None
    duration_seconds: float | None = None


class LiveStreamView(msgspec.Struct, frozen=True, kw_only=True):
    """A show as its viewers see it. Playback addresses are made of it on reading, as they expire.

    `recordings` are in order of the broadcast. `viewers` and `likes` are as of the last sample,
    some seconds old while it is watched. `pinned_offer` is an id. `listed_at` is the log position
    it was announced at, which orders lists; `position` the one of its last event here.
    """

    id: str
    title: str
    description: str
    host_id: str
    host_name: str
    market: Market
    language: Language
    status: LiveStreamStatus
    mode: BroadcastMode
    low_latency: bool
    scheduled_at: datetime | None
    listed_at: int
    position: int
    started_at: datetime | None = None
    ended_at: datetime | None = None
    input_uid: str | None = None
    customer_host: str | None = None
    thumbnail_key: str | None = None
    recordings: tuple[RecordingView, ...] = ()
    viewers: int = 0
    peak_viewers: int = 0
    likes: int = 0
    pinned_offer: str | None = None


Fold = Callable[[LiveStreamView, Any, Recorded], LiveStreamView]
_WATCHED = "watched"
_WATCHED_AT_ONCE = 200


def _scheduled(recorded: Recorded, event: fact.LiveStreamScheduled) -> LiveStreamView:
    return LiveStreamView(
        id=recorded.entity_id,
        title=event.title,
        description=event.description,
        host_id=event.host_id,
        host_name=event.host_name,
        market=event.market,
        language=event.language,
        status="scheduled",
        mode=event.mode,
        low_latency=event.low_latency,
        scheduled_at=event.scheduled_at,
        listed_at=recorded.position,
        position=recorded.position,
    )


def _revised(
    view: LiveStreamView, event: fact.LiveStreamRevised, _recorded: Recorded
) -> LiveStreamView:
    return replace(
        view, title=event.title, description=event.description, scheduled_at=event.scheduled_at
    )


def _provisioned(
    view: LiveStreamView, event: fact.LiveInputProvisioned, _recorded: Recorded
) -> LiveStreamView:
    status = "ready" if view.status == "scheduled" else view.status
    return replace(
        view, status=status, input_uid=event.input_uid, customer_host=event.customer_host
    )


def _became(status: LiveStreamStatus) -> Fold:
    def fold(view: LiveStreamView, _event: Event, _recorded: Recorded) -> LiveStreamView:
        return replace(view, status=status)

    return fold


def _started(
    view: LiveStreamView, event: fact.LiveStreamStarted, _recorded: Recorded
) -> LiveStreamView:
    return replace(view, status="live", started_at=event.at)


def _ended(
    view: LiveStreamView, _event: fact.LiveStreamEnded, recorded: Recorded
) -> LiveStreamView:
    return replace(view, status="ended", ended_at=recorded.recorded_at)


def _recording_started(
    view: LiveStreamView, event: fact.RecordingStarted, _recorded: Recorded
) -> LiveStreamView:
    begun = RecordingView(id=event.recording_id, status="recording", created_at=event.created_at)
    return replace(view, recordings=tuple(sorted((*view.recordings, begun), key=_by_creation)))


def _recording_ready(
    view: LiveStreamView, event: fact.RecordingReady, _recorded: Recorded
) -> LiveStreamView:
    return _with_recording(
        view, event.recording_id, status="ready", duration_seconds=event.duration_seconds
    )


def _recording_failed(
    view: LiveStreamView, event: fact.RecordingFailed, _recorded: Recorded
) -> LiveStreamView:
    return _with_recording(view, event.recording_id, status="failed")


def _with_recording(view: LiveStreamView, recording_id: str, **changes: Any) -> LiveStreamView:
    recordings = tuple(
        replace(recording, **changes) if recording.id == recording_id else recording
        for recording in view.recordings
    )
    return replace(view, recordings=recordings)


def _by_creation(recording: RecordingView) -> tuple[bool, str, str]:
    created_at = recording.created_at
    return (created_at is None, created_at.isoformat() if created_at else "", recording.id)


def _thumbnail(
    view: LiveStreamView, event: fact.ThumbnailAttached, _recorded: Recorded
) -> LiveStreamView:
    return replace(view, thumbnail_key=event.key)


def _sampled(view: LiveStreamView, event: AudienceSampled, _recorded: Recorded) -> LiveStreamView:
    return replace(view, viewers=event.viewers, peak_viewers=event.peak)


def _liked(view: LiveStreamView, event: ReactionsCounted, _recorded: Recorded) -> LiveStreamView:
    return replace(view, likes=event.totals.get("like", 0))


def _pinned(view: LiveStreamView, event: ProductPinned, _recorded: Recorded) -> LiveStreamView:
    return replace(view, pinned_offer=event.offer_id)


def _unpinned(view: LiveStreamView, event: ProductUnpinned, _recorded: Recorded) -> LiveStreamView:
    gone = view.pinned_offer == event.offer_id
    return replace(view, pinned_offer=None) if gone else view


FOLDS: dict[type[Event], Fold] = {
    fact.LiveStreamRevised: _revised,
    fact.LiveInputProvisioned: _provisioned,
    fact.LiveStreamFailed: _became("failed"),
    fact.StartRequested: _became("starting"),
    fact.LiveStreamStarted: _started,
    fact.BroadcastInterrupted: _became("interrupted"),
    fact.BroadcastResumed: _became("live"),
    fact.LiveStreamEnded: _ended,
    fact.LiveStreamCancelled: _became("cancelled"),
    fact.RecordingStarted: _recording_started,
    fact.RecordingReady: _recording_ready,
    fact.RecordingFailed: _recording_failed,
    fact.LiveStreamArchived: _became("archived"),
    fact.ThumbnailAttached: _thumbnail,
    AudienceSampled: _sampled,
    ReactionsCounted: _liked,
    ProductPinned: _pinned,
    ProductUnpinned: _unpinned,
}


def _fold(view: LiveStreamView | None, recorded: Recorded) -> LiveStreamView:
    event = recorded.event
    if isinstance(event, fact.LiveStreamScheduled):
        return _scheduled(recorded, event)
    if view is None:
        raise ValueError("a show begins by being scheduled")
    return replace(FOLDS[type(event)](view, event, recorded), position=recorded.position)


def _stream_id(recorded: Recorded) -> str:
    return recorded.entity_id


def ranking(
    *, status: str | None = None, market: str | None = None, host: str | None = None
) -> str:
    """The name of the list of shows that have all that is given."""
    return "/".join(("shows", status or "", market or "", host or ""))


def _rankings(view: LiveStreamView) -> Mapping[str, float]:
    names = _rankings_of(view.status, view.market, view.host_id)
    found = dict.fromkeys(names, float(view.listed_at))
    if view.viewers:
        found[_WATCHED] = float(view.listed_at)
    return found


@lru_cache(maxsize=4096)
def _rankings_of(status: str, market: str, host: str) -> tuple[str, ...]:
    filters = product((None, status), (None, market), (None, host))
    return tuple(ranking(status=each[0], market=each[1], host=each[2]) for each in filters)


def _host(view: LiveStreamView) -> tuple[str]:
    return (view.host_id,)


def _without_host(view: LiveStreamView, _person: str) -> LiveStreamView:
    """Its viewers keep the show: what it sold and when stays true."""
    if view.host_name == ERASED_TEXT:
        return view
    return replace(view, host_name=ERASED_TEXT)


LIVE_STREAMS = RedisProjection(
    name="live_streams",
    version=4,
    view=LiveStreamView,
    types=frozenset({fact.LiveStreamScheduled.tag, *(event.tag for event in FOLDS)}),
    key=_stream_id,
    fold=_fold,
    begins=frozenset({fact.LiveStreamScheduled.tag}),
    persons=_host,
    forget=_without_host,
    rankings=_rankings,
)


async def get_live_stream(
    views: Views, stream_id: str, *, min_position: int = 0
) -> Seen[LiveStreamView | None]:
    """Raises `ProjectionBehind`."""
    await views.wait(LIVE_STREAMS, min_position)
    return await views.get(LIVE_STREAMS, stream_id)


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """Which shows to list: all that have every value given. `min_position`: wait for it."""

    status: LiveStreamStatus | None = None
    market: Market | None = None
    host: str | None = None
    min_position: int = 0


async def list_live_streams(
    views: Views, wanted: Listed, *, limit: int, before: tuple[float, str] | None = None
) -> Seen[list[LiveStreamView]]:
    """The newest first, from just behind the show whose `cursor_of` is `before`.

    A show that changes while somebody pages through neither repeats nor hides another.
    Raises `ProjectionBehind`.
    """
    await views.wait(LIVE_STREAMS, wanted.min_position)
    name = ranking(status=wanted.status, market=wanted.market, host=wanted.host)
    return await views.ranked(LIVE_STREAMS, name, limit=limit, before=before)


async def watched_streams(views: Views) -> list[str]:
    """Ids of the shows that somebody watched as of their last sample. Raises
    `ProjectionBehind`."""
    ids: list[str] = []
    before: tuple[float, str] | None = None
    while True:
        found = await views.ranked(LIVE_STREAMS, _WATCHED, limit=_WATCHED_AT_ONCE, before=before)
        ids += (view.id for view in found.value)
        if len(found.value) < _WATCHED_AT_ONCE:
            return ids
        before = cursor_of(found.value[-1])


def cursor_of(view: LiveStreamView) -> tuple[float, str]:
    """Where a show stands in any list."""
    return (float(view.listed_at), view.id)
