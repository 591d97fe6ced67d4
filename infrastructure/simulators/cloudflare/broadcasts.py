"""The life of a broadcast: connected, lost, back in time or too late, recording. Knows no wire."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from infrastructure.simulators.cloudflare.state import (
    CloudflareState,
    FeedState,
    FeedStatus,
    LiveInputRecord,
    VideoRecord,
    new_uid,
    utc_now,
)
from infrastructure.simulators.cloudflare.webhooks import Webhooks

_ERROR_TEXTS = {
    "ERR_STORAGE_QUOTA_EXHAUSTED": "The storage quota of the account is exhausted.",
    "ERR_GOP_OUT_OF_RANGE": "The keyframes of the input are too far apart.",
    "ERR_UNSUPPORTED_VIDEO_CODEC": "The video codec of the input is not supported.",
    "ERR_UNSUPPORTED_AUDIO_CODEC": "The audio codec of the input is not supported.",
}


class FeedError(msgspec.Struct, frozen=True, kw_only=True):
    """Why a feed was refused. `code` is the provider's; codecs as the encoder named them."""

    code: str
    video_codec: str = ""
    audio_codec: str = ""


class Feed(Protocol):
    """A connection that brings pictures."""

    def cut(self) -> None:
        """Ends the connection; `Broadcasts.lost` is called once it is down."""
        ...


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What is on disk of a video; `seconds` is 0 when there is nothing."""

    seconds: float
    size: int


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """In seconds. `default_timeout` stands for `timeoutSeconds` 0."""

    processing: float
    default_timeout: float


class _Session(msgspec.Struct, frozen=True):
    record: LiveInputRecord
    feed: Feed
    since: datetime


class Broadcasts:
    """Which inputs are live. One feed an input: a new one takes over from the old."""

    def __init__(
        self,
        state: CloudflareState,
        webhooks: Webhooks,
        measure: Callable[[str], Measured],
        timing: Timing,
    ) -> None:
        self._state = state
        self._webhooks = webhooks
        self._measure = measure
        self._timing = timing
        self._sessions: dict[str, _Session] = {}
        self._timers: dict[str, asyncio.Task[None]] = {}
        self.storage_exhausted = False

    def resume(self) -> None:
        """After a restart: what was live has lost its feed, what was processing goes on."""
        for record in self._state.inputs:
            if record.status is not None and record.status.state == "connected":
                self._gone(record, self._current(record))
        for video in self._state.videos:
            if video.state == "inprogress":
                self._after(video, self._timing.processing, self._finish)
            elif video.state == "live-inprogress":
                self._close_later(video)

    async def stop(self) -> None:
        """Ends the waiting; what it was for resumes at the next start."""
        timers = tuple(self._timers.values())
        for timer in timers:
            timer.cancel()
        await asyncio.gather(*timers, return_exceptions=True)

    def connected(self, record: LiveInputRecord, feed: Feed, protocol: str) -> VideoRecord | None:
        """The broadcast that `feed` now belongs to; None when the input does not record."""
        previous = self._sessions.get(record.uid)
        self._sessions[record.uid] = _Session(record, feed, utc_now())
        if previous is not None:
            previous.feed.cut()
        video = self._take_up(record)
        self._enter(record, "connected", None, protocol)
        self._webhooks.live(record.uid, "connected")
        return video

    def lost(self, input_uid: str, feed: Feed) -> None:
        """Ignored for a feed that another one has taken over from."""
        session = self._sessions.get(input_uid)
        if session is None or session.feed is not feed:
            return
        del self._sessions[input_uid]
        video = self._current(session.record)
        if video is not None:
            video.connected_seconds += (utc_now() - session.since).total_seconds()
        self._gone(session.record, video)

    def failed(self, record: LiveInputRecord, error: FeedError, protocol: str = "rtmp") -> None:
        """The feed cannot be used: it is cut, and the host's side is told why."""
        session = self._sessions.pop(record.uid, None)
        video = self._current(record)
        if video is not None:
            self._close_later(video)
        self._enter(record, "errored", "badRequest", protocol)
        text = _ERROR_TEXTS.get(error.code, "The input cannot be used.")
        self._webhooks.live(
            record.uid,
            "errored",
            {
                "error": {"code": error.code, "message": text},
                "video_codec": error.video_codec,
                "audio_codec": error.audio_codec,
            },
        )
        if session is not None:
            session.feed.cut()

    def cut(self, input_uid: str) -> bool:
        """Ends the feed alone, as rotated keys do; whether there was one."""
        session = self._sessions.get(input_uid)
        if session is not None:
            session.feed.cut()
        return session is not None

    def end(self, record: LiveInputRecord) -> None:
        """Ends the broadcast for good: nobody will be let in again."""
        if self.cut(record.uid):
            return
        video = self._current(record)
        if video is not None:
            self._after(video, 0, self._process)

    def feed_of(self, input_uid: str) -> Feed | None:
        session = self._sessions.get(input_uid)
        return session.feed if session else None

    def hurry(self) -> int:
        """Lets everything that waits for its time go on at once; returns how many waited."""
        waiting = [one for one in self._state.videos if one.uid in self._timers]
        for video in waiting:
            following = self._finish if video.state == "inprogress" else self._process
            self._after(video, 0, following)
        return len(waiting)

    def discard(self, video: VideoRecord) -> None:
        """The video was deleted: nothing more will come of it."""
        self._forget(video.uid)
        self._state.videos.remove(video.uid)

    def spoil(self, video: VideoRecord, code: str) -> None:
        """Ends the processing of a recording with an error."""
        self._forget(video.uid)
        video.state = "error"
        video.error_code = code
        video.error_text = "The video could not be processed."
        self._state.save_video(video)
        self._webhooks.video(video)

    def _take_up(self, record: LiveInputRecord) -> VideoRecord | None:
        if record.recording.mode == "off":
            return None
        video = self._current(record) or self._begin(record)
        self._forget(video.uid)
        video.closes_at = None
        self._state.save_video(video)
        return video

    def _begin(self, record: LiveInputRecord) -> VideoRecord:
        now = utc_now()
        name = record.meta.get("name", "Live input")
        video = VideoRecord(
            uid=new_uid(),
            input_uid=record.uid,
            created=now,
            modified=now,
            meta={"name": f"{name} {now:%d %b %y %H:%M} UTC"},
            creator=record.default_creator,
            require_signed_urls=record.recording.require_signed_urls,
            allowed_origins=record.recording.allowed_origins or [],
            delete_after_days=record.delete_recording_after_days,
        )
        record.current_video = video.uid
        return video

    def _current(self, record: LiveInputRecord) -> VideoRecord | None:
        video = self._state.videos.get(record.current_video or "")
        return video if video is not None and video.state == "live-inprogress" else None

    def _gone(self, record: LiveInputRecord, video: VideoRecord | None) -> None:
        protocol = record.status.ingest_protocol if record.status else "rtmp"
        self._enter(record, "disconnected", "clientDisconnect", protocol)
        self._webhooks.live(record.uid, "disconnected")
        if video is not None:
            self._close_later(video)

    def _enter(
        self, record: LiveInputRecord, state: FeedState, reason: str | None, protocol: str
    ) -> None:
        now = utc_now()
        record.status = FeedStatus(
            state=state,
            reason=reason,
            status_entered_at=now,
            status_last_seen=now,
            ingest_protocol=protocol,
        )
        self._save(record)

    def _save(self, record: LiveInputRecord) -> None:
        """A deleted input's feed may still be going down; it stays deleted."""
        if self._state.inputs.get(record.uid) is record:
            self._state.save_input(record)

    def _close_later(self, video: VideoRecord) -> None:
        if video.closes_at is None:
            video.closes_at = utc_now() + timedelta(seconds=self._patience(video))
        self._state.save_video(video)
        wait = (video.closes_at - utc_now()).total_seconds()
        self._after(video, max(0.0, wait), self._process)

    def _patience(self, video: VideoRecord) -> float:
        record = self._state.inputs.get(video.input_uid)
        if record is None or not record.enabled:
            return 0
        return record.recording.timeout_seconds or self._timing.default_timeout

    def _after(
        self, video: VideoRecord, wait: float, then: Callable[[VideoRecord], Awaitable[None]]
    ) -> None:
        async def run() -> None:
            await asyncio.sleep(wait)
            await then(video)

        self._forget(video.uid)
        self._timers[video.uid] = asyncio.create_task(run())

    def _forget(self, video_uid: str) -> None:
        timer = self._timers.pop(video_uid, None)
        if timer is not None and timer is not asyncio.current_task():
            timer.cancel()

    async def _process(self, video: VideoRecord) -> None:
        record = self._state.inputs.get(video.input_uid)
        if record is not None and record.current_video == video.uid:
            record.current_video = None
            self._save(record)
        video.state = "inprogress"
        video.closes_at = None
        self._state.save_video(video)
        await asyncio.sleep(self._timing.processing)
        await self._finish(video)

    async def _finish(self, video: VideoRecord) -> None:
        measured = await asyncio.to_thread(self._measure, video.uid)
        video.state = "ready"
        video.ready_at = utc_now()
        video.duration = round(measured.seconds or video.connected_seconds, 1)
        video.size = measured.size
        if video.delete_after_days is not None:
            video.scheduled_deletion = video.ready_at + timedelta(days=video.delete_after_days)
        self._forget(video.uid)
        self._state.save_video(video)
        self._webhooks.video(video)
