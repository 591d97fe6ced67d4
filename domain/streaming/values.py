"""The words of live streaming: statuses, modes, limits, and what text a show may carry."""

import unicodedata
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

import msgspec

from domain.streaming.errors import (
    InvalidOutputUrlError,
    TextEmptyError,
    TextHasControlCharactersError,
    TextTooLongError,
)

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

# Overriding the reading direction lets a title display as something it is not.
_DIRECTION_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


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


def line(field: str, text: str, *, limit: int) -> str:
    """One line of text, trimmed; `limit` counts characters."""
    trimmed = text.strip()
    if not trimmed:
        raise TextEmptyError(field=field)
    return _checked(field, trimmed, limit=limit, allowed="")


def paragraphs(field: str, text: str, *, limit: int) -> str:
    """Text of several lines, trimmed, possibly empty; `limit` counts characters."""
    return _checked(field, text.strip(), limit=limit, allowed="\n\r\t")


def _checked(field: str, text: str, *, limit: int, allowed: str) -> str:
    if len(text) > limit:
        raise TextTooLongError(field=field, limit=limit)
    if not text.isprintable() and any(
        _is_control(character) and character not in allowed for character in text
    ):
        raise TextHasControlCharactersError(field=field)
    return text


def _is_control(character: str) -> bool:
    return character in _DIRECTION_OVERRIDES or unicodedata.category(character) in {"Cc", "Cs"}


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
