"""What the application needs from the outside, as roles. Adapters stand in infrastructure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Generic, Literal, Protocol, TypeVar

import msgspec

from domain.shared import Command, Decider, Recorded

S = TypeVar("S")


class DerivedId(Protocol):
    """The same id for the same parts, for ever."""

    def __call__(self, *parts: str) -> str: ...


class Dispatch(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A command on its way to be decided, with the envelope its events will carry.

    The same `command_id` with the same `fingerprint` returns the first outcome; with another
    fingerprint it raises `CommandIdReused`. Left out, the fingerprint is taken of the command.
    `expected_version` refuses with `StaleVersion` unless the command's first stream stands there.
    """

    command: Command
    command_id: str
    actor: str
    now: datetime
    correlation_id: str | None = None
    causation_id: str | None = None
    trace_id: str | None = None
    fingerprint: bytes | None = None
    expected_version: int | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an accepted command came to.

    `position` is the log position its effect is visible from: its last event's, or the head it
    was decided at when it appended none. `answer` is the handler's answer as JSON.
    """

    position: int
    version: int
    answer: bytes
    replayed: bool = False


class CommandBus(Protocol):
    """Decides commands, atomically and durably."""

    async def execute(self, dispatch: Dispatch) -> Outcome:
        """Raises a `DomainError` when refused, or one of the errors below.

        Once it returns, the events survive a crash of every process. A cancelled caller does
        not cancel the command.
        """
        ...


class KnownCommands(Protocol):
    """Tells a repetition of what was accepted from what is new, deciding nothing."""

    async def outcome(self, dispatch: Dispatch) -> Outcome | None:
        """The first outcome of the command id; None: it was never accepted. Raises
        `CommandIdReused` where its `fingerprint` is another, `LogUnavailable`."""
        ...


class CommandIdReused(Exception):
    """A command id came back with other content."""


class StaleVersion(Exception):
    """The caller decided on an older version of the stream than it stands at."""

    def __init__(self, *, expected: int, actual: int) -> None:
        super().__init__(f"expected version {expected}, stream is at {actual}")
        self.expected = expected
        self.actual = actual


class Overloaded(Exception):
    """The queue of waiting commands is full. Nothing was recorded; `retry_after` is seconds."""

    def __init__(self, retry_after: float = 1.0) -> None:
        super().__init__("too many commands are waiting")
        self.retry_after = retry_after


class LogUnavailable(Exception):
    """The log cannot be reached.

    A command that met it may or may not have landed: repeat it with the same command id.
    """

    def __init__(self, retry_after: float = 1.0) -> None:
        super().__init__("the event log cannot be reached")
        self.retry_after = retry_after


class Loaded(msgspec.Struct, Generic[S], frozen=True, gc=False):
    """A stream's state as of its `version`; version 0: nothing recorded yet."""

    state: S
    version: int


class EventLog(Protocol):
    """Reads the log. Everything comes in ascending order of position."""

    async def head(self) -> int:
        """The last position; 0 when empty."""
        ...

    async def read(
        self, after: int, *, limit: int, upto: int | None = None
    ) -> Sequence[Recorded]: ...

    async def read_stream(
        self, stream: str, *, after_version: int = 0, limit: int, upto: int | None = None
    ) -> Sequence[Recorded]:
        """`upto` is a position, `after_version` a version of the stream."""
        ...

    async def read_about(
        self, person: str, after: int, *, limit: int, upto: int | None = None
    ) -> Sequence[Recorded]:
        """What the person of this id did, and whatever names them. No index helps: everything
        from `after` on is looked through."""
        ...

    async def load(self, decider: Decider[S], stream: str) -> Loaded[S]: ...

    async def wait_beyond(self, position: int, timeout: float) -> bool:
        """Whether the log has grown beyond `position`; woken by appends, in seconds at most."""
        ...


class RecentStates(Protocol):
    """What a service looks at to put a command together: cheap, and possibly behind. Whether it
    still holds, the decision itself must prove."""

    async def recall(self, decider: Decider[S], stream: str) -> Loaded[S]:
        """As this process decided on it last, else as the log has it. Raises `LogUnavailable`."""
        ...


class JobsUnavailable(Exception):
    """The job queue cannot be reached; the job may or may not have been handed over."""


class JobQueue(Protocol):
    """Hands slow or fallible work to the workers, at least once. Jobs are idempotent."""

    async def enqueue(self, job: str, *args: str, delay_seconds: float = 0) -> None:
        """Raises `JobsUnavailable`."""
        ...


class ProviderError(Exception):
    """Root of what a provider's adapter raises. The text never holds a secret."""


class ProviderUnavailable(ProviderError):
    """No usable answer: connection, timeout or 5xx. Worth repeating after `retry_after` s."""

    def __init__(self, detail: str, *, retry_after: float = 5.0) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class ProviderThrottled(ProviderUnavailable):
    """The provider's call budget is spent (429); blocked for `retry_after` seconds."""


class ProviderRefused(ProviderError):
    """The provider understood and said no. `code` is the provider's own."""

    def __init__(self, detail: str, *, status: int, code: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.code = code


class ProviderNotFound(ProviderRefused):
    """What was asked for does not exist at the provider."""


class RtmpsCredentials(msgspec.Struct, frozen=True):
    url: str
    stream_key: str

    def __repr__(self) -> str:
        return "RtmpsCredentials(…)"


class SrtCredentials(msgspec.Struct, frozen=True):
    url: str
    stream_id: str
    passphrase: str

    def __repr__(self) -> str:
        return "SrtCredentials(…)"


class WhipCredentials(msgspec.Struct, frozen=True):
    """The URL itself is the secret."""

    url: str

    def __repr__(self) -> str:
        return "WhipCredentials(…)"


class IngestCredentials(msgspec.Struct, frozen=True):
    """What a host's encoder needs. Secret: it lives in the vault and goes to the host alone."""

    rtmps: RtmpsCredentials
    srt: SrtCredentials
    whip: WhipCredentials

    def __repr__(self) -> str:
        return "IngestCredentials(…)"


class LiveInput(msgspec.Struct, frozen=True, kw_only=True):
    """A place to send a broadcast to. `customer_host` serves its playback."""

    uid: str
    credentials: IngestCredentials
    customer_host: str


IngestState = Literal["connected", "disconnected", "errored", "idle", "unknown"]


class IngestStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The provider's word on a feed. `since` is when the state was entered, where it is told."""

    state: IngestState
    reason: str | None = None
    since: datetime | None = None
    protocol: str | None = None


VideoState = Literal["live", "processing", "ready", "failed"]


class Video(msgspec.Struct, frozen=True, kw_only=True):
    """One broadcast of an input, and later, under the same uid, its recording."""

    uid: str
    state: VideoState
    input_uid: str | None = None
    created_at: datetime | None = None
    duration_seconds: float | None = None
    error_code: str | None = None


class OutputTarget(msgspec.Struct, frozen=True):
    """Where a simulcast goes. `stream_key` is secret."""

    url: str
    stream_key: str

    def __repr__(self) -> str:
        return "OutputTarget(…)"


class LiveVideo(Protocol):
    """The video provider. Every method raises `ProviderError`."""

    async def create_input(
        self, *, name: str, idempotency_key: str, low_latency: bool, meta: Mapping[str, str]
    ) -> LiveInput:
        """Repeating with the same key never makes a second input."""
        ...

    async def input_status(self, uid: str) -> IngestStatus: ...

    async def input_videos(self, uid: str) -> Sequence[Video]:
        """Oldest first."""
        ...

    async def live_videos(self) -> Sequence[Video]:
        """Who is live now in the whole account, in one call."""
        ...

    async def set_input_enabled(self, uid: str, *, enabled: bool) -> None:
        """Disabling also ends a running broadcast."""
        ...

    async def rotate_keys(self, uid: str) -> IngestCredentials: ...

    async def delete_input(self, uid: str) -> None:
        """Already gone counts as done. Recordings stay."""
        ...

    async def add_output(self, uid: str, target: OutputTarget) -> str:
        """Returns the output's uid. An output to the same url that exists already is reused."""
        ...

    async def remove_output(self, uid: str, output_uid: str) -> None: ...


class Playback(msgspec.Struct, frozen=True, kw_only=True):
    """Where to watch. `token_expires_at` is None when playback is public."""

    hls: str | None
    dash: str | None
    webrtc: str | None
    token_expires_at: datetime | None


class PlaybackSigner(Protocol):
    """Makes playback addresses, signed where the account asks for it. Does no I/O."""

    def playback(
        self, *, host: str, uid: str, now: datetime, low_latency: bool = False, webrtc: bool = False
    ) -> Playback: ...


class Vault(Protocol):
    """Keeps secrets encrypted, outside the log."""

    async def put(self, name: str, secret: bytes) -> None: ...

    async def get(self, name: str) -> bytes | None: ...

    async def delete(self, name: str) -> None: ...


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A presigned upload: send `method` to `url` with exactly these `headers`."""

    method: str
    url: str
    headers: dict[str, str]
    expires_at: datetime


class StoredObject(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    size: int
    content_type: str


class ObjectStore(Protocol):
    """Keeps media and exports. Every method raises `ProviderError`."""

    async def presign_upload(
        self, key: str, *, content_type: str, size: int, now: datetime, ttl_seconds: int
    ) -> Upload: ...

    async def head(self, key: str) -> StoredObject | None: ...

    async def put(self, key: str, body: bytes, *, content_type: str) -> None: ...

    async def get(self, key: str) -> bytes | None: ...

    async def delete(self, key: str) -> None: ...

    async def keys(self, prefix: str) -> Sequence[str]:
        """Of all objects whose key begins so, in order."""
        ...

    def public_url(self, key: str) -> str: ...


class OpenBroadcast(msgspec.Struct, frozen=True, kw_only=True):
    """A show that still has work to be done: no live input yet, or one still in use.

    `status` is the show's, `changed_at` when it entered it. `interruption` counts from 1.
    """

    stream_id: str
    input_uid: str | None
    status: str
    mode: str
    interruption: int
    changed_at: datetime


class BroadcastIndex(Protocol):
    """Finds live streams by their video input, eventually consistent. For reactions only:
    an invariant is decided on the stream itself."""

    async def stream_of_input(self, input_uid: str) -> str | None: ...

    async def open_broadcasts(self) -> Sequence[OpenBroadcast]:
        """In order of stream id, the oldest first."""
        ...
