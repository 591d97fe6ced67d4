"""What the simulated Cloudflare account holds. Owns the records; the API's shapes are apart."""

import secrets
import sqlite3
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec

from infrastructure.simulators.documents import Documents

VideoState = Literal[
    "pendingupload", "downloading", "queued", "inprogress", "ready", "error", "live-inprogress"
]
FeedState = Literal["connected", "disconnected", "errored"]


def new_uid() -> str:
    return secrets.token_hex(16)


def utc_now() -> datetime:
    return datetime.now(UTC)


class RecordingSettings(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """As the API takes and echoes it; `off` also means that there is no HLS."""

    mode: Literal["off", "automatic"] = "off"
    timeout_seconds: Annotated[int, msgspec.Meta(ge=0)] = 0
    require_signed_urls: bool = msgspec.field(default=False, name="requireSignedURLs")
    allowed_origins: list[str] | None = None
    hide_live_viewer_count: bool = False


class InputSecrets(msgspec.Struct, frozen=True, kw_only=True):
    """Every one reads 32 hex digits, `k`, the input's uid."""

    rtmps: str
    rtmps_playback: str
    srt: str
    srt_playback: str
    whip: str

    def __repr__(self) -> str:
        return "InputSecrets(…)"


def new_secrets(uid: str) -> InputSecrets:
    def one() -> str:
        return f"{secrets.token_hex(16)}k{uid}"

    return InputSecrets(
        rtmps=one(), rtmps_playback=one(), srt=one(), srt_playback=one(), whip=one()
    )


class FeedStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    state: FeedState
    reason: str | None
    status_entered_at: datetime
    status_last_seen: datetime
    ingest_protocol: str


class LiveInputRecord(msgspec.Struct, kw_only=True):
    """`current_video` is the broadcast going on, or waiting for its feed to come back."""

    uid: str
    created: datetime
    modified: datetime
    secrets: InputSecrets
    meta: dict[str, Any] = msgspec.field(default_factory=dict)
    enabled: bool = True
    prefer_low_latency: bool = False
    delete_recording_after_days: float | None = None
    default_creator: str | None = None
    recording: RecordingSettings = RecordingSettings()
    keys_rotated_at: datetime | None = None
    status: FeedStatus | None = None
    current_video: str | None = None


class OutputRecord(msgspec.Struct, kw_only=True):
    uid: str
    input_uid: str
    url: str
    stream_key: str
    enabled: bool = True

    def __repr__(self) -> str:
        return f"OutputRecord({self.uid!r}, {self.url!r}, …)"


class VideoRecord(msgspec.Struct, kw_only=True):
    """One broadcast, later its recording. `connected_seconds` counts finished connections,
    `parts` the pieces of media on disk, one a connection; `closes_at` is when the wait for
    the feed ends, None while it is there."""

    uid: str
    input_uid: str
    created: datetime
    modified: datetime
    state: VideoState = "live-inprogress"
    meta: dict[str, Any] = msgspec.field(default_factory=dict)
    creator: str | None = None
    require_signed_urls: bool = False
    allowed_origins: list[str] = msgspec.field(default_factory=list)
    scheduled_deletion: datetime | None = None
    delete_after_days: float | None = None
    thumbnail_timestamp_pct: float = 0.0
    public_details: dict[str, Any] = msgspec.field(default_factory=dict)
    ready_at: datetime | None = None
    duration: float = -1
    size: int = 0
    width: int = -1
    height: int = -1
    error_code: str = ""
    error_text: str = ""
    connected_seconds: float = 0.0
    parts: int = 0
    closes_at: datetime | None = None


class SigningKeyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`pem` and `jwk` are base64 text, as the API hands them out once."""

    id: str
    pem: str
    jwk: str
    created: datetime

    def __repr__(self) -> str:
        return f"SigningKeyRecord({self.id!r}, …)"


class StreamWebhookRecord(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    secret: str
    modified: datetime

    def __repr__(self) -> str:
        return f"StreamWebhookRecord({self.url!r}, …)"


class DestinationRecord(msgspec.Struct, kw_only=True):
    id: str
    name: str
    url: str
    created_at: datetime
    secret: str = ""
    last_success: datetime | None = None
    last_failure: datetime | None = None

    def __repr__(self) -> str:
        return f"DestinationRecord({self.id!r}, {self.url!r}, …)"


class PolicyRecord(msgspec.Struct, kw_only=True):
    """`filters` empty, or a filter left out: everything passes."""

    id: str
    name: str
    alert_type: str
    created: datetime
    modified: datetime
    enabled: bool = True
    description: str = ""
    destinations: list[str] = msgspec.field(default_factory=list)
    filters: dict[str, list[str]] = msgspec.field(default_factory=dict)


class IdempotentCreate(msgspec.Struct, frozen=True, kw_only=True):
    """The input an Idempotency-Key made, and the digest of the body it came with."""

    input_uid: str
    digest: str


class CloudflareState:
    """The account's collections. Change a record, then save it."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.inputs = Documents(database, "live_input", LiveInputRecord)
        self.outputs = Documents(database, "output", OutputRecord)
        self.videos = Documents(database, "video", VideoRecord)
        self.keys = Documents(database, "signing_key", SigningKeyRecord)
        self.stream_webhook = Documents(database, "stream_webhook", StreamWebhookRecord)
        self.destinations = Documents(database, "destination", DestinationRecord)
        self.policies = Documents(database, "policy", PolicyRecord)
        self.creates = Documents(database, "idempotent_create", IdempotentCreate)

    def input_with_key(self, stream_key: str) -> LiveInputRecord | None:
        """Whose RTMP stream key this is, in constant time for each input."""
        for record in self.inputs:
            if secrets.compare_digest(record.secrets.rtmps.encode(), stream_key.encode()):
                return record
        return None

    def save_input(self, record: LiveInputRecord) -> None:
        self.inputs.save(record.uid, record)

    def save_video(self, record: VideoRecord) -> None:
        record.modified = utc_now()
        self.videos.save(record.uid, record)
