"""What Cloudflare sends us: proves it is Cloudflare's, then reads it, whatever it is.

Two systems, two proofs: Stream signs (`Webhook-Signature`), Notifications repeat a shared secret
(`cf-webhook-auth`). Either is only a hint; what to make of it is asked of the API.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from application.ports import VideoState
from infrastructure.cloudflare.status import moment, text, video
from infrastructure.settings import Secret

_TIME = re.compile(r"[0-9]{1,12}")
_HEX_SHA256 = re.compile(r"[0-9a-f]{64}")
_PLAIN_KEY = re.compile(r"[!-~]{1,200}")


class WebhookRefused(Exception):
    """It cannot be shown to come from Cloudflare. The text holds no secret and no signature."""


class LiveInputNotification(msgspec.Struct, frozen=True, kw_only=True):
    """A feed came, went, or was refused; says nothing of which video it became.

    `event_type`: live_input.connected, .disconnected, .errored, or one of the future.
    `updated_at` is when, as Cloudflare wrote it (to the nanosecond): order by it, not by arrival.
    """

    dedupe_key: str
    input_uid: str
    event_type: str
    updated_at: str
    occurred_at: datetime | None
    error_code: str | None = None
    error_message: str | None = None
    video_codec: str | None = None
    audio_codec: str | None = None


class VideoNotification(msgspec.Struct, frozen=True, kw_only=True):
    """A video was processed: `ready` or `failed`. `input_uid` when it was a broadcast."""

    dedupe_key: str
    video_uid: str
    input_uid: str | None
    state: VideoState
    error_code: str | None


class TestNotification(msgspec.Struct, frozen=True, kw_only=True):
    """Cloudflare's "Save and Test": answer 2xx, do nothing."""

    __test__ = False  # pytest would take the name for a test


class UnknownNotification(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing we know how to read."""

    dedupe_key: str


Notification = LiveInputNotification | VideoNotification | TestNotification | UnknownNotification


def verify_signature(
    header: str | None, body: bytes, secret: Secret, *, now: float, tolerance_seconds: float
) -> None:
    """Raises `WebhookRefused` unless `header` signs these very bytes, lately.

    `Webhook-Signature: time=<unix s>,sig1=<hex>`; sig1 = HMAC-SHA256 of `<time>.<body>` keyed with
    the secret's text (developers.cloudflare.com/stream/manage-video-library/using-webhooks).
    `now` is unix seconds; the tolerance holds both ways.
    """
    if not secret:
        raise WebhookRefused("no secret to verify it with")
    fields = _fields(header or "")
    if abs(now - int(fields["time"])) > tolerance_seconds:
        raise WebhookRefused("signed too long ago, or in the future")
    message = fields["time"].encode() + b"." + body
    expected = hmac.digest(secret.text.encode(), message, hashlib.sha256).hex()
    if not hmac.compare_digest(expected, fields["sig1"]):
        raise WebhookRefused("wrong signature")


def verify_shared_secret(header: str | None, secret: Secret) -> None:
    """Raises `WebhookRefused` unless the `cf-webhook-auth` header repeats the secret.

    It has no time and no signature: whoever learns the secret can replay.
    """
    if not secret or header is None:
        raise WebhookRefused("no secret to compare")
    if not hmac.compare_digest(_bytes(header), _bytes(secret.text)):
        raise WebhookRefused("wrong secret")


def parse_notification(body: bytes) -> Notification:
    """Of either system; never raises. A `data` object makes it live, a `uid` a video."""
    try:
        raw = msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        raw = None
    if not isinstance(raw, Mapping):
        return _unknown(body)
    if isinstance(raw.get("data"), Mapping):
        return _live_input(raw["data"], body) or _unknown(body)
    if text(raw.get("uid")):
        return _video(raw) or _unknown(body)
    return TestNotification() if text(raw.get("text")) else _unknown(body)


def _fields(header: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for part in header.split(","):
        name, separator, value = part.strip().partition("=")
        if not separator or name in fields:
            raise WebhookRefused("malformed signature header")
        fields[name] = value
    if not _TIME.fullmatch(fields.get("time", "")):
        raise WebhookRefused("malformed signature header")
    if not _HEX_SHA256.fullmatch(fields.get("sig1", "")):
        raise WebhookRefused("malformed signature header")
    return fields


def _live_input(data: Mapping[str, Any], body: bytes) -> LiveInputNotification | None:
    """Without a time of its own, only the very same body is the same notification again."""
    input_uid, event_type = text(data.get("input_id")), text(data.get("event_type"))
    if input_uid is None or event_type is None:
        return None
    updated_at = text(data.get("updated_at")) or ""
    errored = _mapping(data.get("live_input_errored"))
    error = _mapping(errored.get("error"))
    return LiveInputNotification(
        dedupe_key=_dedupe_key(
            "live", input_uid, event_type, updated_at or hashlib.sha256(body).hexdigest()
        ),
        input_uid=input_uid,
        event_type=event_type,
        updated_at=updated_at,
        occurred_at=moment(updated_at),
        error_code=text(error.get("code")),
        error_message=text(error.get("message")),
        video_codec=text(errored.get("video_codec")),
        audio_codec=text(errored.get("audio_codec")),
    )


def _mapping(raw: Any) -> Mapping[str, Any]:
    return raw if isinstance(raw, Mapping) else {}


def _video(raw: Mapping[str, Any]) -> VideoNotification | None:
    read = video(raw)
    if read is None:
        return None
    modified = text(raw.get("modified")) or ""
    return VideoNotification(
        dedupe_key=_dedupe_key("video", read.uid, read.state, modified),
        video_uid=read.uid,
        input_uid=read.input_uid,
        state=read.state,
        error_code=read.error_code,
    )


def _unknown(body: bytes) -> UnknownNotification:
    return UnknownNotification(dedupe_key=f"unknown:{hashlib.sha256(body).hexdigest()}")


def _dedupe_key(*parts: str) -> str:
    """Printable ASCII of 200 characters at most, whatever came in."""
    plain = ":".join(parts)
    if _PLAIN_KEY.fullmatch(plain):
        return plain
    return f"{parts[0]}:{hashlib.sha256(_bytes(plain)).hexdigest()}"


def _bytes(raw: str) -> bytes:
    return raw.encode("utf-8", "surrogatepass")
