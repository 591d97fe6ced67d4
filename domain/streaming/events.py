"""The facts recorded about a live stream. None holds a secret: stream keys live in the vault."""

from datetime import datetime
from typing import Annotated

from domain.shared import Event, Language, Market, Personal
from domain.streaming.values import BroadcastMode, EndReason


class LiveStreamScheduled(Event, frozen=True, kw_only=True):
    """A host announced a show."""

    tag = "streaming.LiveStreamScheduled"
    host_id: str
    host_name: Annotated[str, Personal("host_id")]
    title: str
    description: str
    market: Market
    language: Language
    scheduled_at: datetime | None
    low_latency: bool
    mode: BroadcastMode


class LiveStreamRevised(Event, frozen=True, kw_only=True):
    """The announcement changed; it now reads as given here."""

    tag = "streaming.LiveStreamRevised"
    title: str
    description: str
    scheduled_at: datetime | None


class LiveInputProvisioned(Event, frozen=True, kw_only=True):
    """The video provider gave the show a place to broadcast to; its keys are in the vault."""

    tag = "streaming.LiveInputProvisioned"
    input_uid: str
    customer_host: str


class LiveInputProvisioningFailed(Event, frozen=True, kw_only=True):
    """The video provider gave no live input so far; it is being tried again."""

    tag = "streaming.LiveInputProvisioningFailed"
    problem: str


class LiveStreamFailed(Event, frozen=True, kw_only=True):
    """The show cannot take place: the video provider refuses it for good."""

    tag = "streaming.LiveStreamFailed"
    problem: str


class StartRequested(Event, frozen=True, kw_only=True):
    """The host pressed start; the show waits for the feed."""

    tag = "streaming.StartRequested"


class BroadcastConnected(Event, frozen=True, kw_only=True):
    """The host's feed reached the provider, `since` by the provider's clock where it tells."""

    tag = "streaming.BroadcastConnected"
    since: datetime | None
    observed_at: datetime


class LiveStreamStarted(Event, frozen=True, kw_only=True):
    """The show went live: viewers can watch. `at` is when the feed came."""

    tag = "streaming.LiveStreamStarted"
    at: datetime


class BroadcastInterrupted(Event, frozen=True, kw_only=True):
    """The feed of a live show was lost; `number` counts the show's interruptions from 1."""

    tag = "streaming.BroadcastInterrupted"
    number: int
    since: datetime | None
    observed_at: datetime


class BroadcastResumed(Event, frozen=True, kw_only=True):
    """The feed came back within the grace time of interruption `number`."""

    tag = "streaming.BroadcastResumed"
    number: int
    since: datetime | None
    observed_at: datetime


class LiveStreamEnded(Event, frozen=True, kw_only=True):
    """The show is over: by its host, by an admin, or because the feed did not come back."""

    tag = "streaming.LiveStreamEnded"
    reason: EndReason


class LiveStreamCancelled(Event, frozen=True, kw_only=True):
    """The show was called off before it went live."""

    tag = "streaming.LiveStreamCancelled"


class RecordingStarted(Event, frozen=True, kw_only=True):
    """A recording of the show exists and is not watchable as a replay yet."""

    tag = "streaming.RecordingStarted"
    recording_id: str
    created_at: datetime | None


class RecordingReady(Event, frozen=True, kw_only=True):
    """A recording can be watched."""

    tag = "streaming.RecordingReady"
    recording_id: str
    duration_seconds: float | None


class RecordingFailed(Event, frozen=True, kw_only=True):
    """A recording could not be made."""

    tag = "streaming.RecordingFailed"
    recording_id: str
    provider_code: str | None


class LiveStreamArchived(Event, frozen=True, kw_only=True):
    """The replay is there: every recording is settled and at least one can be watched."""

    tag = "streaming.LiveStreamArchived"


class IngestErrorReported(Event, frozen=True, kw_only=True):
    """The provider rejected the feed; `problem` is the code the host is told in words."""

    tag = "streaming.IngestErrorReported"
    problem: str
    provider_code: str
    video_codec: str | None
    audio_codec: str | None
    at: datetime


class IngestKeyRotationRequested(Event, frozen=True, kw_only=True):
    """The host asked for new ingest keys; `number` counts the requests from 1."""

    tag = "streaming.IngestKeyRotationRequested"
    number: int


class IngestKeysRotated(Event, frozen=True, kw_only=True):
    """New ingest keys are in the vault, the old ones no longer work."""

    tag = "streaming.IngestKeysRotated"
    number: int


class OutputAdded(Event, frozen=True, kw_only=True):
    """The host wants the broadcast sent on to another platform; its key is in the vault."""

    tag = "streaming.OutputAdded"
    output_id: str
    url: str


class OutputAttached(Event, frozen=True, kw_only=True):
    """The provider sends the broadcast on to the output."""

    tag = "streaming.OutputAttached"
    output_id: str
    output_uid: str


class OutputFailed(Event, frozen=True, kw_only=True):
    """The provider would not take the output."""

    tag = "streaming.OutputFailed"
    output_id: str
    problem: str


class OutputRemoved(Event, frozen=True, kw_only=True):
    """The broadcast is no longer to be sent on to the output."""

    tag = "streaming.OutputRemoved"
    output_id: str
    output_uid: str | None


class ThumbnailAttached(Event, frozen=True, kw_only=True):
    """The show has a new cover picture, kept under `key` in the object store."""

    tag = "streaming.ThumbnailAttached"
    key: str


class LiveInputRetired(Event, frozen=True, kw_only=True):
    """The show's live input is out of use: it takes no feed and its keys are gone."""

    tag = "streaming.LiveInputRetired"
    input_uid: str


EVENTS = (
    LiveStreamScheduled,
    LiveStreamRevised,
    LiveInputProvisioned,
    LiveInputProvisioningFailed,
    LiveStreamFailed,
    StartRequested,
    BroadcastConnected,
    LiveStreamStarted,
    BroadcastInterrupted,
    BroadcastResumed,
    LiveStreamEnded,
    LiveStreamCancelled,
    RecordingStarted,
    RecordingReady,
    RecordingFailed,
    LiveStreamArchived,
    IngestErrorReported,
    IngestKeyRotationRequested,
    IngestKeysRotated,
    OutputAdded,
    OutputAttached,
    OutputFailed,
    OutputRemoved,
    ThumbnailAttached,
    LiveInputRetired,
)
