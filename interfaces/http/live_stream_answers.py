"""How a show is told to viewers and, with its troubles, to its host."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from msgspec import UNSET, UnsetType

from application.ports import IngestCredentials, Playback
from domain.shared import Language, Market
from domain.streaming.values import (
    ON_AIR,
    BroadcastMode,
    LiveStreamStatus,
    OutputStatus,
    RecordingStatus,
)
from interfaces.http.i18n import catalogue
from interfaces.http.shop.offer_answers import Offer
from interfaces.platform import Platform
from projections.streaming.broadcasts import OutputView, ProblemView
from projections.streaming.live_streams import LiveStreamView, RecordingView

NOWHERE = Playback(hls=None, dash=None, webrtc=None, token_expires_at=None)


class Host(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    avatar_url: str | None = None


class StreamProblem(msgspec.Struct, frozen=True, kw_only=True):
    """What troubles the show, in the host's words. `code` is stable."""

    code: str
    message: str
    since: datetime | None = None


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    status: RecordingStatus
    duration_seconds: float | None
    playback: Playback


class LiveStream(msgspec.Struct, frozen=True, kw_only=True):
    """A show. `position` is the log position this answer shows; `problem` is told to its host
    only. Playback addresses are made anew for every answer: they expire."""

    id: str
    title: str
    description: str
    host: Host
    market: Market
    language: Language
    status: LiveStreamStatus
    mode: BroadcastMode
    scheduled_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    viewers: int
    peak_viewers: int
    likes: int
    thumbnail_url: str | None
    playback: Playback
    recordings: list[Recording]
    position: int
    pinned_offer: Offer | None
    problem: StreamProblem | UnsetType | None = UNSET


class Rtmps(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    stream_key: str


class Srt(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    stream_id: str
    passphrase: str


class Whip(msgspec.Struct, frozen=True, kw_only=True):
    url: str


class Ingest(msgspec.Struct, frozen=True, kw_only=True):
    """Where to broadcast to. Secret: whoever has it can broadcast as this show."""

    rtmps: Rtmps
    srt: Srt
    whip: Whip


class Output(msgspec.Struct, frozen=True, kw_only=True):
    """A simulcast target; its stream key is never shown."""

    id: str
    url: str
    status: OutputStatus
    problem: StreamProblem | None = None


def live_stream(
    platform: Platform, view: LiveStreamView, position: int, pinned: Offer | None
) -> LiveStream:
    now = datetime.now(UTC)
    return LiveStream(
        id=view.id,
        title=view.title,
        description=view.description,
        host=Host(id=view.host_id, name=view.host_name),
        market=view.market,
        language=view.language,
        status=view.status,
        mode=view.mode,
        scheduled_at=view.scheduled_at,
        started_at=view.started_at,
        ended_at=view.ended_at,
        viewers=view.viewers,
        peak_viewers=view.peak_viewers,
        likes=view.likes,
        thumbnail_url=_thumbnail(platform, view),
        playback=_live_playback(platform, view, now),
        recordings=[_recording(platform, view, each, now) for each in view.recordings],
        position=position,
        pinned_offer=pinned,
    )


def problem_words(language: Language, problem: ProblemView | None) -> StreamProblem | None:
    if problem is None:
        return None
    return _in_words(language, problem.code, problem.at)


def outputs(language: Language, views: Sequence[OutputView]) -> list[Output]:
    return [
        Output(
            id=view.id,
            url=view.url,
            status=view.status,
            problem=_in_words(language, view.problem) if view.problem else None,
        )
        for view in views
    ]


def ingest(credentials: IngestCredentials) -> Ingest:
    rtmps, srt, whip = credentials.rtmps, credentials.srt, credentials.whip
    return Ingest(
        rtmps=Rtmps(url=rtmps.url, stream_key=rtmps.stream_key),
        srt=Srt(url=srt.url, stream_id=srt.stream_id, passphrase=srt.passphrase),
        whip=Whip(url=whip.url),
    )


def _thumbnail(platform: Platform, view: LiveStreamView) -> str | None:
    return platform.objects.public_url(view.thumbnail_key) if view.thumbnail_key else None


def _live_playback(platform: Platform, view: LiveStreamView, now: datetime) -> Playback:
    """While on the air an input's uid plays whatever is live on it."""
    if view.status not in ON_AIR or not view.input_uid or not view.customer_host:
        return NOWHERE
    return platform.signer.playback(
        host=view.customer_host,
        uid=view.input_uid,
        now=now,
        low_latency=view.low_latency,
        webrtc=view.mode == "whip",
    )


def _recording(
    platform: Platform, view: LiveStreamView, recording: RecordingView, now: datetime
) -> Recording:
    playback = NOWHERE
    if recording.status == "ready" and view.customer_host:
        playback = platform.signer.playback(host=view.customer_host, uid=recording.id, now=now)
    return Recording(
        id=recording.id,
        status=recording.status,
        duration_seconds=recording.duration_seconds,
        playback=playback,
    )


def _in_words(language: Language, code: str, since: datetime | None = None) -> StreamProblem:
    texts = catalogue()
    message = texts.text(language, f"stream_problem_{code}", {})
    unknown = texts.text(language, "stream_problem_unknown", {})
    return StreamProblem(code=code, message=message or unknown or code, since=since)
