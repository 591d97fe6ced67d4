"""The state of one live stream and how recorded facts change it. Deciding is in `deciding`.

Bounded: it is cached and snapshotted, and a show may record any number of facts.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.shared import Event
from domain.streaming import events as fact
from domain.streaming.values import (
    BroadcastMode,
    LiveStreamStatus,
    OutputStatus,
    RecordingStatus,
)


class Feed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The last thing recorded about the feed; the two clocks order what is heard about it."""

    connected: bool
    since: datetime | None
    observed_at: datetime


class IngestProblem(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The problem the host sees now, until the feed is taken."""

    problem: str
    at: datetime


class Output(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A simulcast target; `output_uid` is the provider's name for it, once attached."""

    url: str
    status: OutputStatus = "pending"
    output_uid: str | None = None


class LiveStream(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One show. `status` is None before it is scheduled."""

    status: LiveStreamStatus | None = None
    host_id: str = ""
    title: str = ""
    description: str = ""
    scheduled_at: datetime | None = None
    low_latency: bool = False
    mode: BroadcastMode = "rtmps"
    input_uid: str | None = None
    input_retired: bool = False
    provisioning_problem: str | None = None
    feed: Feed | None = None
    interruptions: int = 0
    ingest_problem: IngestProblem | None = None
    recordings: dict[str, RecordingStatus] = {}
    outputs: dict[str, Output] = {}
    rotations_requested: int = 0
    rotations_done: int = 0
    thumbnail_key: str | None = None


def evolve(state: LiveStream, event: Event) -> LiveStream:
    """A fact of a type unknown here changes nothing."""
    change = CHANGES.get(type(event))
    return state if change is None else change(state, event)


def _scheduled(_state: LiveStream, event: fact.LiveStreamScheduled) -> LiveStream:
    return LiveStream(
        status="scheduled",
        host_id=event.host_id,
        title=event.title,
        description=event.description,
        scheduled_at=event.scheduled_at,
        low_latency=event.low_latency,
        mode=event.mode,
    )


def _revised(state: LiveStream, event: fact.LiveStreamRevised) -> LiveStream:
    return replace(
        state, title=event.title, description=event.description, scheduled_at=event.scheduled_at
    )


def _provisioned(state: LiveStream, event: fact.LiveInputProvisioned) -> LiveStream:
    status = "ready" if state.status == "scheduled" else state.status
    return replace(state, status=status, input_uid=event.input_uid, provisioning_problem=None)


def _provisioning_failed(state: LiveStream, event: fact.LiveInputProvisioningFailed) -> LiveStream:
    return replace(state, provisioning_problem=event.problem)


def _failed(state: LiveStream, event: fact.LiveStreamFailed) -> LiveStream:
    return replace(state, status="failed", provisioning_problem=event.problem)


def _start_requested(state: LiveStream, _event: fact.StartRequested) -> LiveStream:
    return replace(state, status="starting")


def _connected(state: LiveStream, event: fact.BroadcastConnected) -> LiveStream:
    feed = Feed(connected=True, since=event.since, observed_at=event.observed_at)
    return replace(state, feed=feed, ingest_problem=None)


def _started(state: LiveStream, _event: fact.LiveStreamStarted) -> LiveStream:
    return replace(state, status="live")


def _interrupted(state: LiveStream, event: fact.BroadcastInterrupted) -> LiveStream:
    feed = Feed(connected=False, since=event.since, observed_at=event.observed_at)
    return replace(state, status="interrupted", feed=feed, interruptions=event.number)


def _resumed(state: LiveStream, event: fact.BroadcastResumed) -> LiveStream:
    feed = Feed(connected=True, since=event.since, observed_at=event.observed_at)
    return replace(state, status="live", feed=feed, ingest_problem=None)


def _ended(state: LiveStream, _event: fact.LiveStreamEnded) -> LiveStream:
    return replace(state, status="ended", ingest_problem=None)


def _cancelled(state: LiveStream, _event: fact.LiveStreamCancelled) -> LiveStream:
    return replace(state, status="cancelled", ingest_problem=None)


def _recording(status: RecordingStatus) -> Callable[[LiveStream, Any], LiveStream]:
    def change(
        state: LiveStream,
        event: fact.RecordingStarted | fact.RecordingReady | fact.RecordingFailed,
    ) -> LiveStream:
        return replace(state, recordings={**state.recordings, event.recording_id: status})

    return change


def _archived(state: LiveStream, _event: fact.LiveStreamArchived) -> LiveStream:
    return replace(state, status="archived")


def _ingest_error(state: LiveStream, event: fact.IngestErrorReported) -> LiveStream:
    return replace(state, ingest_problem=IngestProblem(problem=event.problem, at=event.at))


def _rotation_requested(state: LiveStream, event: fact.IngestKeyRotationRequested) -> LiveStream:
    return replace(state, rotations_requested=event.number)


def _rotated(state: LiveStream, event: fact.IngestKeysRotated) -> LiveStream:
    return replace(state, rotations_done=event.number)


def _output_added(state: LiveStream, event: fact.OutputAdded) -> LiveStream:
    return _with_output(state, event.output_id, Output(url=event.url))


def _output_attached(state: LiveStream, event: fact.OutputAttached) -> LiveStream:
    known = state.outputs.get(event.output_id)
    if known is None:
        return state
    attached = replace(known, status="attached", output_uid=event.output_uid)
    return _with_output(state, event.output_id, attached)


def _output_failed(state: LiveStream, event: fact.OutputFailed) -> LiveStream:
    known = state.outputs.get(event.output_id)
    if known is None:
        return state
    return _with_output(state, event.output_id, replace(known, status="failed"))


def _output_removed(state: LiveStream, event: fact.OutputRemoved) -> LiveStream:
    kept = {key: output for key, output in state.outputs.items() if key != event.output_id}
    return replace(state, outputs=kept)


def _with_output(state: LiveStream, output_id: str, output: Output) -> LiveStream:
    return replace(state, outputs={**state.outputs, output_id: output})


def _thumbnail(state: LiveStream, event: fact.ThumbnailAttached) -> LiveStream:
    return replace(state, thumbnail_key=event.key)


def _retired(state: LiveStream, _event: fact.LiveInputRetired) -> LiveStream:
    return replace(state, input_retired=True)


CHANGES: dict[type[Event], Callable[[LiveStream, Any], LiveStream]] = {
    fact.LiveStreamScheduled: _scheduled,
    fact.LiveStreamRevised: _revised,
    fact.LiveInputProvisioned: _provisioned,
    fact.LiveInputProvisioningFailed: _provisioning_failed,
    fact.LiveStreamFailed: _failed,
    fact.StartRequested: _start_requested,
    fact.BroadcastConnected: _connected,
    fact.LiveStreamStarted: _started,
    fact.BroadcastInterrupted: _interrupted,
    fact.BroadcastResumed: _resumed,
    fact.LiveStreamEnded: _ended,
    fact.LiveStreamCancelled: _cancelled,
    fact.RecordingStarted: _recording("recording"),
    fact.RecordingReady: _recording("ready"),
    fact.RecordingFailed: _recording("failed"),
    fact.LiveStreamArchived: _archived,
    fact.IngestErrorReported: _ingest_error,
    fact.IngestKeyRotationRequested: _rotation_requested,
    fact.IngestKeysRotated: _rotated,
    fact.OutputAdded: _output_added,
    fact.OutputAttached: _output_attached,
    fact.OutputFailed: _output_failed,
    fact.OutputRemoved: _output_removed,
    fact.ThumbnailAttached: _thumbnail,
    fact.LiveInputRetired: _retired,
}
