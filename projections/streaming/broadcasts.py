"""The technical side of a show: its live input, feed, outputs and problems, for its host and for
operations. Holds no secret."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Boolean, Column, String, select

from domain.shared import Event, Recorded
from domain.streaming import events as fact
from domain.streaming.values import (
    OVER,
    BroadcastMode,
    EndReason,
    LiveStreamStatus,
    OutputStatus,
)
from projections.projection import Seen, TableProjection, Views


class ProblemView(msgspec.Struct, frozen=True, kw_only=True):
    """What troubles the show now; `code` is worded by the message catalogue."""

    code: str
    at: datetime
    provider_code: str | None = None
    video_codec: str | None = None
    audio_codec: str | None = None


class OutputView(msgspec.Struct, frozen=True, kw_only=True):
    """A simulcast target; `url` without what may be secret in it."""

    id: str
    url: str
    status: OutputStatus = "pending"
    problem: str | None = None


class BroadcastView(msgspec.Struct, frozen=True, kw_only=True):
    """A show as its host and operations see it.

    `credentials_ref` names its ingest keys in the vault. `changed_at` is when it entered `status`.
    `is_open`: there is work left to do for it.
    """

    stream_id: str
    host_id: str
    status: LiveStreamStatus
    mode: BroadcastMode
    changed_at: datetime
    position: int
    is_open: bool = True
    input_uid: str | None = None
    credentials_ref: str | None = None
    input_retired: bool = False
    feed_connected: bool = False
    feed_since: datetime | None = None
    interruptions: int = 0
    end_reason: EndReason | None = None
    problem: ProblemView | None = None
    failed_recordings: int = 0
    key_rotation_pending: bool = False
    keys_rotated_at: datetime | None = None
    outputs: tuple[OutputView, ...] = ()


Fold = Callable[[BroadcastView, Any, Recorded], BroadcastView]


def _scheduled(recorded: Recorded, event: fact.LiveStreamScheduled) -> BroadcastView:
    return BroadcastView(
        stream_id=recorded.entity_id,
        host_id=event.host_id,
        status="scheduled",
        mode=event.mode,
        changed_at=recorded.recorded_at,
        position=recorded.position,
    )


def _provisioned(
    view: BroadcastView, event: fact.LiveInputProvisioned, _recorded: Recorded
) -> BroadcastView:
    return replace(
        view,
        status="ready" if view.status == "scheduled" else view.status,
        input_uid=event.input_uid,
        credentials_ref=f"live_input-{view.stream_id}",
        problem=None,
    )


def _provisioning_failed(
    view: BroadcastView, event: fact.LiveInputProvisioningFailed, recorded: Recorded
) -> BroadcastView:
    return replace(view, problem=ProblemView(code=event.problem, at=recorded.recorded_at))


def _failed(view: BroadcastView, event: fact.LiveStreamFailed, recorded: Recorded) -> BroadcastView:
    problem = ProblemView(code=event.problem, at=recorded.recorded_at)
    return replace(view, status="failed", problem=problem)


def _became(status: LiveStreamStatus) -> Fold:
    def fold(view: BroadcastView, _event: Event, _recorded: Recorded) -> BroadcastView:
        return replace(view, status=status)

    return fold


def _connected(
    view: BroadcastView,
    event: fact.BroadcastConnected | fact.BroadcastResumed,
    _recorded: Recorded,
) -> BroadcastView:
    resumed = view.status == "interrupted"
    return replace(
        view,
        status="live" if resumed else view.status,
        feed_connected=True,
        feed_since=event.since or event.observed_at,
        problem=None,
    )


def _interrupted(
    view: BroadcastView, event: fact.BroadcastInterrupted, _recorded: Recorded
) -> BroadcastView:
    return replace(
        view,
        status="interrupted",
        feed_connected=False,
        feed_since=event.since or event.observed_at,
        interruptions=event.number,
    )


def _ended(view: BroadcastView, event: fact.LiveStreamEnded, _recorded: Recorded) -> BroadcastView:
    return replace(
        view, status="ended", end_reason=event.reason, feed_connected=False, problem=None
    )


def _recording_failed(
    view: BroadcastView, event: fact.RecordingFailed, recorded: Recorded
) -> BroadcastView:
    problem = ProblemView(
        code="recording_failed", at=recorded.recorded_at, provider_code=event.provider_code
    )
    return replace(view, failed_recordings=view.failed_recordings + 1, problem=problem)


def _ingest_error(
    view: BroadcastView, event: fact.IngestErrorReported, _recorded: Recorded
) -> BroadcastView:
    problem = ProblemView(
        code=event.problem,
        at=event.at,
        provider_code=event.provider_code or None,
        video_codec=event.video_codec,
        audio_codec=event.audio_codec,
    )
    return replace(view, problem=problem)


def _rotation_requested(
    view: BroadcastView, _event: fact.IngestKeyRotationRequested, _recorded: Recorded
) -> BroadcastView:
    return replace(view, key_rotation_pending=True)


def _rotated(
    view: BroadcastView, _event: fact.IngestKeysRotated, recorded: Recorded
) -> BroadcastView:
    return replace(view, key_rotation_pending=False, keys_rotated_at=recorded.recorded_at)


def _output_added(
    view: BroadcastView, event: fact.OutputAdded, _recorded: Recorded
) -> BroadcastView:
    added = OutputView(id=event.output_id, url=event.url)
    return replace(view, outputs=(*view.outputs, added))


def _output_attached(
    view: BroadcastView, event: fact.OutputAttached, _recorded: Recorded
) -> BroadcastView:
    return _with_output(view, event.output_id, status="attached", problem=None)


def _output_failed(
    view: BroadcastView, event: fact.OutputFailed, _recorded: Recorded
) -> BroadcastView:
    return _with_output(view, event.output_id, status="failed", problem=event.problem)


def _with_output(view: BroadcastView, output_id: str, **changes: Any) -> BroadcastView:
    outputs = tuple(
        replace(output, **changes) if output.id == output_id else output for output in view.outputs
    )
    return replace(view, outputs=outputs)


def _output_removed(
    view: BroadcastView, event: fact.OutputRemoved, _recorded: Recorded
) -> BroadcastView:
    kept = tuple(output for output in view.outputs if output.id != event.output_id)
    return replace(view, outputs=kept)


def _retired(
    view: BroadcastView, _event: fact.LiveInputRetired, _recorded: Recorded
) -> BroadcastView:
    return replace(view, input_retired=True, credentials_ref=None)


FOLDS: dict[type[Event], Fold] = {
    fact.LiveInputProvisioned: _provisioned,
    fact.LiveInputProvisioningFailed: _provisioning_failed,
    fact.LiveStreamFailed: _failed,
    fact.StartRequested: _became("starting"),
    fact.BroadcastConnected: _connected,
    fact.LiveStreamStarted: _became("live"),
    fact.BroadcastInterrupted: _interrupted,
    fact.BroadcastResumed: _connected,
    fact.LiveStreamEnded: _ended,
    fact.LiveStreamCancelled: _became("cancelled"),
    fact.RecordingFailed: _recording_failed,
    fact.LiveStreamArchived: _became("archived"),
    fact.IngestErrorReported: _ingest_error,
    fact.IngestKeyRotationRequested: _rotation_requested,
    fact.IngestKeysRotated: _rotated,
    fact.OutputAdded: _output_added,
    fact.OutputAttached: _output_attached,
    fact.OutputFailed: _output_failed,
    fact.OutputRemoved: _output_removed,
    fact.LiveInputRetired: _retired,
}


def _fold(view: BroadcastView | None, recorded: Recorded) -> BroadcastView:
    event = recorded.event
    if isinstance(event, fact.LiveStreamScheduled):
        return _scheduled(recorded, event)
    if view is None:
        raise ValueError("a show begins by being scheduled")
    after = FOLDS[type(event)](view, event, recorded)
    return replace(
        after,
        is_open=_is_open(after),
        changed_at=view.changed_at if after.status == view.status else recorded.recorded_at,
        position=recorded.position,
    )


def _is_open(view: BroadcastView) -> bool:
    if view.status not in OVER:
        return True
    return view.input_uid is not None and not view.input_retired


def _stream_id(recorded: Recorded) -> str:
    return recorded.entity_id


def _row(view: BroadcastView) -> Mapping[str, Any]:
    return {
        "host_id": view.host_id,
        "status": view.status,
        "is_open": view.is_open,
        "input_uid": view.input_uid,
    }


BROADCASTS = TableProjection(
    name="broadcasts",
    version=1,
    view=BroadcastView,
    types=frozenset({fact.LiveStreamScheduled.tag, *(event.tag for event in FOLDS)}),
    key=_stream_id,
    fold=_fold,
    begins=frozenset({fact.LiveStreamScheduled.tag}),
    columns=(
        Column("host_id", String(255), nullable=False, index=True),
        Column("status", String(16), nullable=False),
        Column("is_open", Boolean, nullable=False, index=True),
        Column("input_uid", String(64), nullable=True, index=True),
    ),
    row=_row,
)


async def get_broadcast(
    views: Views, stream_id: str, *, min_position: int = 0
) -> Seen[BroadcastView | None]:
    """Who asks must be its host or an admin. Raises `ProjectionBehind`."""
    await views.wait(BROADCASTS, min_position)
    return await views.get(BROADCASTS, stream_id)


async def find_by_input(views: Views, input_uid: str) -> BroadcastView | None:
    """The show a live input belongs, or belonged, to."""
    found = await views.select(
        BROADCASTS, lambda table: select(table.c.view).where(table.c.input_uid == input_uid)
    )
    return found.value[0] if found.value else None


async def list_open(views: Views) -> list[BroadcastView]:
    """The shows with work left to do, the oldest first."""
    found = await views.select(
        BROADCASTS,
        lambda table: select(table.c.view).where(table.c.is_open).order_by(table.c.key),
    )
    return found.value
