"""Reads what Cloudflare says of feeds and videos, in every shape it has been seen in.

Documentation and replies disagree (status: null, a string, or an object; `clientDisconnect` beside
`client_disconnect`; `errReasonCode` beside `errorReasonCode`), so nothing here raises.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from application.ports import IngestState, IngestStatus, Video, VideoState

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

# Reconnecting counts as connected: Cloudflare still waits for the feed itself.
_INGEST_STATES: dict[str, IngestState] = {
    "connected": "connected",
    "reconnected": "connected",
    "reconnecting": "connected",
    "new_configuration_accepted": "connected",
    "disconnected": "disconnected",
    "client_disconnect": "disconnected",
    "ttl_exceeded": "disconnected",
    "errored": "errored",
    "failed_to_connect": "errored",
    "failed_to_reconnect": "errored",
}
_UNPLAYABLE = frozenset(
    {"pendingupload", "downloading", "queued", "not_found", "not_started", "unknown"}
)


def ingest_status(raw: Any) -> IngestStatus:
    """From a live input's `status`: null, a state, or {"current": {"state", "reason", …}}."""
    if raw is None:
        return IngestStatus(state="idle")
    if isinstance(raw, str):
        return IngestStatus(state=_ingest_state(raw))
    current = raw.get("current", raw) if isinstance(raw, Mapping) else raw
    if current is None:
        return IngestStatus(state="idle")
    if not isinstance(current, Mapping):
        return IngestStatus(state=_ingest_state(current))
    return IngestStatus(
        state=_ingest_state(current.get("state")),
        reason=snake(current.get("reason")),
        since=moment(current.get("statusEnteredAt")),
        protocol=snake(current.get("ingestProtocol")),
    )


def video(raw: Any) -> Video | None:
    """From a video object; None when it names no uid."""
    if not isinstance(raw, Mapping) or not text(raw.get("uid")):
        return None
    status = _video_status(raw)
    state = _video_state(snake(status.get("state")), is_ready=raw.get("readyToStream") is True)
    return Video(
        uid=raw["uid"],
        state=state,
        input_uid=text(raw.get("liveInput")),
        created_at=moment(raw.get("created")),
        duration_seconds=_duration(raw.get("duration")),
        error_code=_error_code(status) if state == "failed" else None,
    )


def text(raw: Any) -> str | None:
    """A text that says something."""
    return raw if isinstance(raw, str) and raw else None


def snake(raw: Any) -> str | None:
    """`clientDisconnect`, `client-disconnect` and `CLIENT_DISCONNECT` are one word."""
    word = text(raw)
    return _CAMEL.sub("_", word).replace("-", "_").lower() if word else None


def moment(raw: Any) -> datetime | None:
    """RFC 3339, UTC where it names no zone; nanoseconds are cut to microseconds."""
    try:
        parsed = datetime.fromisoformat(text(raw) or "")
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _ingest_state(raw: Any) -> IngestState:
    return _INGEST_STATES.get(snake(raw) or "", "unknown")


def _video_status(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    status = raw.get("status")
    return status if isinstance(status, Mapping) else {"state": status}


def _video_state(state: str | None, *, is_ready: bool) -> VideoState:
    """A live video reads ready too, so live goes first; `ready` without readyToStream is not."""
    if state == "live_inprogress":
        return "live"
    if state == "error":
        return "failed"
    return "ready" if is_ready and (state or "unknown") not in _UNPLAYABLE else "processing"


def _duration(raw: Any) -> float | None:
    """-1 means not known."""
    is_number = isinstance(raw, int | float) and not isinstance(raw, bool)
    return float(raw) if is_number and raw >= 0 else None


def _error_code(status: Mapping[str, Any]) -> str:
    code = text(status.get("errorReasonCode")) or text(status.get("errReasonCode"))
    return code or "ERR_UNKNOWN"
