"""The words of live streaming: statuses, modes, limits, and what address an output may have."""

from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

import msgspec

from domain.streaming.errors import InvalidOutputUrlError

LiveStreamStatus = Literal[
    "scheduled",
    "ready",
    "starting",
    "live",
    "interrupted",
    "ended",
    "archived",
    "cancelled",
    "failed",
]
BroadcastMode = Literal["rtmps", "whip"]
FeedState = Literal["connected", "disconnected", "errored"]
RecordingStatus = Literal["recording", "ready", "failed"]
OutputStatus = Literal["pending", "attached", "failed"]
EndReason = Literal["host", "admin", "feed_lost"]

BEFORE_LIVE: frozenset[LiveStreamStatus] = frozenset({"scheduled", "ready", "starting"})
ON_AIR: frozenset[LiveStreamStatus] = frozenset({"live", "interrupted"})
OVER: frozenset[LiveStreamStatus] = frozenset({"ended", "archived", "cancelled", "failed"})

TITLE_CHARACTERS = 200
DESCRIPTION_CHARACTERS = 5000
URL_CHARACTERS = 2048
OUTPUTS_AT_MOST = 50  # concurrent destinations of one live input, Cloudflare's limit
RECORDINGS_AT_MOST = 500
SCHEDULING_TOLERANCE = timedelta(minutes=1)  # a client's clock may be this far behind ours

UNKNOWN_PROBLEM = "ingest_rejected"
INGEST_PROBLEMS: dict[str, str] = {
    "ERR_STORAGE_QUOTA_EXHAUSTED": "storage_quota_exhausted",
    "ERR_GOP_OUT_OF_RANGE": "keyframe_interval_out_of_range",
    "ERR_UNSUPPORTED_VIDEO_CODEC": "unsupported_video_codec",
    "ERR_UNSUPPORTED_AUDIO_CODEC": "unsupported_audio_codec",
}


class RecordingReport(msgspec.Struct, frozen=True, kw_only=True):
    """The provider's word on one recording. `duration_seconds` is None where not known yet."""

    recording_id: str
    status: RecordingStatus
    created_at: datetime | None = None
    duration_seconds: float | None = None
    provider_code: str | None = None


def ingest_problem(provider_code: str) -> str:
    """The stable code of a provider's ingest error; the provider's list of codes is open-ended."""
    return INGEST_PROBLEMS.get(provider_code, UNKNOWN_PROBLEM)


def public_output_url(url: str) -> str:
    """`url` without what may be secret in it: query and fragment. User info is refused, as is what
    no address holds, white space and control characters: parsers drop some of it silently."""
    if not url.isprintable() or " " in url:
        raise InvalidOutputUrlError(field="url")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise InvalidOutputUrlError(field="url") from None
    if parts.scheme not in {"rtmp", "rtmps", "srt"} or not host or len(url) > URL_CHARACTERS:
        raise InvalidOutputUrlError(field="url")
    if "@" in parts.netloc:
        raise InvalidOutputUrlError(field="url")
    shown = f"[{host}]" if ":" in host else host
    netloc = shown if port is None else f"{shown}:{port}"
    return urlunsplit((parts.scheme, netloc, parts.path, "", ""))
