"""What can be asked of a live stream: by people, and by our own jobs on the provider's behalf."""

from datetime import datetime

from msgspec import UNSET, UnsetType

from domain.shared import Command, Language, Market
from domain.streaming.values import BroadcastMode, FeedState, RecordingReport


class ScheduleLiveStream(Command, frozen=True, kw_only=True):
    """A host announces a show. `stream_id` is new, `by` is the host's user id."""

    stream_id: str
    by: str
    host_name: str
    title: str
    description: str
    market: Market
    language: Language
    now: datetime
    scheduled_at: datetime | None = None
    low_latency: bool = False
    mode: BroadcastMode = "rtmps"


class HostCommand(Command, frozen=True, kw_only=True):
    """What only the show's host may ask; an admin may too, and says so by `as_admin`.

    `by` is the asking person's user id. Whether they are an admin is the edge's to check.
    """

    stream_id: str
    by: str
    as_admin: bool = False


class ReviseLiveStream(HostCommand, frozen=True, kw_only=True):
    """Changes the announcement; what is left unset stays. A `scheduled_at` of None clears it."""

    now: datetime
    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    scheduled_at: datetime | UnsetType | None = UNSET


class StartLiveStream(HostCommand, frozen=True, kw_only=True):
    """The host is about to broadcast. Repeating it changes nothing."""


class EndLiveStream(HostCommand, frozen=True, kw_only=True):
    """Ends a started show. Repeating it changes nothing."""


class CancelLiveStream(HostCommand, frozen=True, kw_only=True):
    """Calls the show off, before it goes live only. Repeating it changes nothing."""


class RotateIngestKeys(HostCommand, frozen=True, kw_only=True):
    """Asks for new ingest keys. A running broadcast on the old ones will be cut off."""


class AddOutput(HostCommand, frozen=True, kw_only=True):
    """Sends the broadcast on to another platform. The stream key is in the vault already.

    `url` may be the full address: what may be secret in it is taken out before it is recorded.
    """

    output_id: str
    url: str


class RemoveOutput(HostCommand, frozen=True, kw_only=True):
    """Stops sending the broadcast on to an output."""

    output_id: str


class AttachThumbnail(HostCommand, frozen=True, kw_only=True):
    """Makes an uploaded and checked picture the show's cover."""

    key: str


class SystemCommand(Command, frozen=True, kw_only=True):
    """What our own jobs report. Never refused for the show's status: late news is no error."""

    stream_id: str


class RecordLiveInput(SystemCommand, frozen=True, kw_only=True):
    """The provider made a live input; its keys are in the vault."""

    input_uid: str
    customer_host: str


class RecordProvisioningFailure(SystemCommand, frozen=True, kw_only=True):
    """The provider made no live input; `final`: no further try can help."""

    problem: str
    final: bool


class ObserveFeed(SystemCommand, frozen=True, kw_only=True):
    """The provider's truth about the feed, seen at `observed_at` by our clock.

    `since` is when the feed entered `state` by the provider's clock, None where it does not tell.
    """

    state: FeedState
    since: datetime | None
    observed_at: datetime


class RecordRecordings(SystemCommand, frozen=True, kw_only=True):
    """All recordings the provider knows of, oldest first. Told whole, never one by one: whether
    the replay is complete depends on all of them."""

    recordings: tuple[RecordingReport, ...]


class EndAfterGrace(SystemCommand, frozen=True, kw_only=True):
    """The grace time of this interruption has passed."""

    interruption: int


class ReportIngestError(SystemCommand, frozen=True, kw_only=True):
    """The provider rejected the feed at `at`. An empty `provider_code`: it does not say why."""

    provider_code: str
    at: datetime
    video_codec: str | None = None
    audio_codec: str | None = None


class ConfirmIngestKeys(SystemCommand, frozen=True, kw_only=True):
    """The keys of rotation `number`, and of all before it, are in the vault."""

    number: int


class ConfirmOutput(SystemCommand, frozen=True, kw_only=True):
    """The provider took the output, under its own `output_uid`."""

    output_id: str
    output_uid: str


class ReportOutputFailure(SystemCommand, frozen=True, kw_only=True):
    """The provider would not take the output."""

    output_id: str
    problem: str


class RetireLiveInput(SystemCommand, frozen=True, kw_only=True):
    """The live input is out of use at the provider and its keys are gone."""
