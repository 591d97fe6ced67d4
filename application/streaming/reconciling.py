"""Brings shows in line with what the provider says of their feeds and recordings.

A webhook or a sweep is only the occasion: what is recorded is what the provider answers when asked.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from application.ports import (
    BroadcastIndex,
    IngestState,
    IngestStatus,
    JobQueue,
    LiveVideo,
    Loaded,
    ProviderNotFound,
    Video,
)
from application.streaming.ports import Clock
from application.streaming.recordings import reports
from application.streaming.shows import Shows
from domain.streaming.commands import (
    EndAfterGrace,
    ObserveFeed,
    RecordRecordings,
    ReportIngestError,
)
from domain.streaming.live_stream import LiveStream
from domain.streaming.values import BEFORE_LIVE, OVER, FeedState

_JOB = "streaming.reconcile_live_input"
_LOOKS_FOR_A_PICTURE = 20
_LOOK_AGAIN_SECONDS = 1.5
LAST_LOOK = str(_LOOKS_FOR_A_PICTURE)  # as an argument of the job: looks this once

# An input that never had a feed reads idle; on air, that can only mean the feed is gone.
_FEED_STATES: dict[IngestState, FeedState | None] = {
    "connected": "connected",
    "disconnected": "disconnected",
    "errored": "errored",
    "idle": "disconnected",
    "unknown": None,
}


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What a look at the provider showed. `on_air`: connected, and viewers can see it."""

    connected: bool
    on_air: bool


class Reconciling:
    def __init__(
        self, *, shows: Shows, video: LiveVideo, index: BroadcastIndex, jobs: JobQueue, clock: Clock
    ) -> None:
        self._shows = shows
        self._video = video
        self._index = index
        self._jobs = jobs
        self._clock = clock

    async def reconcile_live_input(self, input_uid: str, look: str = "1") -> None:
        """Asks the provider and tells the show. An input that is no show's is passed over.

        A connected encoder is not a picture yet: before the show is live this looks again, up to
        20 times, until the provider makes video of the feed.
        """
        stream_id = await self._index.stream_of_input(input_uid)
        if stream_id is None:
            return
        shown = await self.reconcile(stream_id)
        if shown.connected and not shown.on_air and int(look) < _LOOKS_FOR_A_PICTURE:
            again = (input_uid, str(int(look) + 1))
            await self._jobs.enqueue(_JOB, *again, delay_seconds=_LOOK_AGAIN_SECONDS)

    async def end_after_grace(self, stream_id: str, interruption: str) -> None:
        """Ends the show unless the feed is back: asks first, as the webhook may have been lost.

        A feed that is connected keeps the show, even where the show knows nothing of it yet.
        """
        ended = EndAfterGrace(stream_id=stream_id, interruption=int(interruption))
        before = (await self._shows.load(stream_id)).state
        if before.status != "interrupted" or before.interruptions != ended.interruption:
            return
        if not (await self.reconcile(stream_id)).connected:
            seen = await self._shows.load(stream_id)
            await self._shows.report(seen, ended, job="streaming.end_after_grace")

    async def reconcile(self, stream_id: str) -> Look:
        """Asks the provider once for feed and recordings, and tells the show.

        Raises `ProviderError`; nothing is concluded from a provider that does not answer.
        """
        seen = await self._shows.load(stream_id)
        if seen.state.input_uid is None or seen.state.status in {"cancelled", "failed"}:
            return Look(connected=False, on_air=False)
        observed_at = self._clock()
        status = await self._status(seen.state, seen.state.input_uid)
        videos = await videos_of(self._video, seen.state.input_uid)
        connected = status.state == "connected"
        on_air = connected and _shows_a_picture(seen.state, videos)
        if on_air or not connected:
            await self._tell_feed(stream_id, seen, status, observed_at)
        told = RecordRecordings(stream_id=stream_id, recordings=reports(videos))
        await self._shows.report(seen, told, job=_JOB)
        return Look(connected=connected, on_air=on_air)

    async def _status(self, state: LiveStream, input_uid: str) -> IngestStatus:
        if state.status in OVER:
            return IngestStatus(state="unknown")
        try:
            return await self._video.input_status(input_uid)
        except ProviderNotFound:
            return IngestStatus(state="disconnected")

    async def _tell_feed(
        self, stream_id: str, seen: Loaded[LiveStream], status: IngestStatus, observed_at: datetime
    ) -> None:
        feed_state = _FEED_STATES[status.state]
        if feed_state is None:
            return
        observed = ObserveFeed(
            stream_id=stream_id, state=feed_state, since=status.since, observed_at=observed_at
        )
        await self._shows.report(seen, observed, job=_JOB)
        if feed_state == "errored":
            await self._tell_error(stream_id, status, observed_at)

    async def _tell_error(
        self, stream_id: str, status: IngestStatus, observed_at: datetime
    ) -> None:
        error = ReportIngestError(
            stream_id=stream_id,
            provider_code=status.reason or "",
            at=status.since or observed_at,
        )
        await self._shows.report(await self._shows.load(stream_id), error, job=_JOB)


async def videos_of(video: LiveVideo, input_uid: str) -> Sequence[Video]:
    """Oldest first; none of an input that is gone."""
    try:
        return await video.input_videos(input_uid)
    except ProviderNotFound:
        return ()


def _shows_a_picture(state: LiveStream, videos: Sequence[Video]) -> bool:
    """Only going live waits for the picture. WHIP feeds are watched directly, without video."""
    if state.mode == "whip" or state.status not in BEFORE_LIVE:
        return True
    return any(video.state == "live" for video in videos)
