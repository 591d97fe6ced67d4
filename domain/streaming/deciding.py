"""What a live stream answers to each command: the facts it comes to, or a refusal. Pure."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from msgspec import UNSET

from domain.shared import Command, Decider, Event
from domain.streaming import commands as ask
from domain.streaming import errors, reporting
from domain.streaming import events as fact
from domain.streaming.live_stream import LiveStream, evolve
from domain.streaming.values import (
    DESCRIPTION_CHARACTERS,
    ON_AIR,
    OUTPUTS_AT_MOST,
    OVER,
    SCHEDULING_TOLERANCE,
    TITLE_CHARACTERS,
    public_output_url,
)
from domain.text import line, paragraphs

Facts = tuple[Event, ...]


def decide(state: LiveStream, command: Command) -> Facts:
    """Raises a `DomainError` when refused, `TypeError` for a command of another context."""
    decision = DECISIONS.get(type(command))
    if decision is None:
        raise TypeError(f"a live stream does not decide {type(command).__name__}")
    return decision(state, command)


def _schedule(state: LiveStream, command: ask.ScheduleLiveStream) -> Facts:
    if state.status is not None:
        raise errors.LiveStreamExistsError(stream_id=command.stream_id)
    return (
        fact.LiveStreamScheduled(
            host_id=command.by,
            host_name=command.host_name,
            title=_title(command.title),
            description=_description(command.description),
            market=command.market,
            language=command.language,
            scheduled_at=_time_to_come(command.scheduled_at, command.now),
            low_latency=command.low_latency,
            mode=command.mode,
        ),
    )


def _title(text: str) -> str:
    return line("title", text, limit=TITLE_CHARACTERS)


def _description(text: str) -> str:
    return paragraphs("description", text, limit=DESCRIPTION_CHARACTERS)


def _time_to_come(moment: datetime | None, now: datetime) -> datetime | None:
    """In UTC, whatever zone it was given in."""
    if moment is None:
        return None
    if moment < now - SCHEDULING_TOLERANCE:
        raise errors.ScheduledInThePastError(field="scheduled_at")
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # west of Greenwich, the calendar's last hours have no time in UTC
        return datetime.max.replace(tzinfo=UTC)


def _revise(state: LiveStream, command: ask.ReviseLiveStream) -> Facts:
    _refuse_strangers(state, command)
    _refuse_when_over(state)
    revised = fact.LiveStreamRevised(
        title=state.title if command.title is UNSET else _title(command.title),
        description=state.description
        if command.description is UNSET
        else _description(command.description),
        scheduled_at=_revised_time(state, command),
    )
    unchanged = fact.LiveStreamRevised(
        title=state.title, description=state.description, scheduled_at=state.scheduled_at
    )
    return () if revised == unchanged else (revised,)


def _revised_time(state: LiveStream, command: ask.ReviseLiveStream) -> datetime | None:
    if command.scheduled_at is UNSET or command.scheduled_at == state.scheduled_at:
        return state.scheduled_at
    if state.status not in {"scheduled", "ready"}:
        raise errors.AlreadyStartedError(status=state.status)
    return _time_to_come(command.scheduled_at, command.now)


def _start(state: LiveStream, command: ask.StartLiveStream) -> Facts:
    _refuse_strangers(state, command)
    _refuse_when_over(state)
    if state.status == "scheduled":
        raise errors.LiveInputNotReadyError()
    return (fact.StartRequested(),) if state.status == "ready" else ()


def _end(state: LiveStream, command: ask.EndLiveStream) -> Facts:
    _refuse_strangers(state, command)
    if state.status in {"ended", "archived"}:
        return ()
    _refuse_when_over(state)
    if state.status in {"scheduled", "ready"}:
        raise errors.NotStartedError(status=state.status)
    by_host = command.by == state.host_id
    return (fact.LiveStreamEnded(reason="host" if by_host else "admin"),)


def _cancel(state: LiveStream, command: ask.CancelLiveStream) -> Facts:
    _refuse_strangers(state, command)
    if state.status == "cancelled":
        return ()
    _refuse_when_over(state)
    if state.status in ON_AIR:
        raise errors.AlreadyStartedError(status=state.status)
    return (fact.LiveStreamCancelled(),)


def _rotate(state: LiveStream, command: ask.RotateIngestKeys) -> Facts:
    _refuse_strangers(state, command)
    _refuse_when_over(state)
    if state.input_uid is None:
        raise errors.LiveInputNotReadyError()
    if state.rotations_requested > state.rotations_done:
        return ()
    return (fact.IngestKeyRotationRequested(number=state.rotations_requested + 1),)


def _add_output(state: LiveStream, command: ask.AddOutput) -> Facts:
    _refuse_strangers(state, command)
    _refuse_when_over(state)
    if state.mode == "whip":
        raise errors.OutputsNotAvailableError()
    if command.output_id in state.outputs:
        return ()
    if len(state.outputs) >= OUTPUTS_AT_MOST:
        raise errors.TooManyOutputsError(limit=OUTPUTS_AT_MOST)
    return (fact.OutputAdded(output_id=command.output_id, url=public_output_url(command.url)),)


def _remove_output(state: LiveStream, command: ask.RemoveOutput) -> Facts:
    _refuse_strangers(state, command)
    output = state.outputs.get(command.output_id)
    if output is None:
        raise errors.OutputNotFoundError(output_id=command.output_id)
    return (fact.OutputRemoved(output_id=command.output_id, output_uid=output.output_uid),)


def _attach_thumbnail(state: LiveStream, command: ask.AttachThumbnail) -> Facts:
    _refuse_strangers(state, command)
    if state.status in {"cancelled", "failed"}:
        raise errors.AlreadyOverError(status=state.status)
    return () if command.key == state.thumbnail_key else (fact.ThumbnailAttached(key=command.key),)


def _refuse_strangers(state: LiveStream, command: ask.HostCommand) -> None:
    if state.status is None:
        raise errors.LiveStreamNotFoundError(stream_id=command.stream_id)
    if command.by != state.host_id and not command.as_admin:
        raise errors.NotTheHostError()


def _refuse_when_over(state: LiveStream) -> None:
    if state.status in OVER:
        raise errors.AlreadyOverError(status=state.status)


DECISIONS: dict[type[Command], Callable[[LiveStream, Any], Facts]] = {
    ask.ScheduleLiveStream: _schedule,
    ask.ReviseLiveStream: _revise,
    ask.StartLiveStream: _start,
    ask.EndLiveStream: _end,
    ask.CancelLiveStream: _cancel,
    ask.RotateIngestKeys: _rotate,
    ask.AddOutput: _add_output,
    ask.RemoveOutput: _remove_output,
    ask.AttachThumbnail: _attach_thumbnail,
    **reporting.DECISIONS,
}

LIVE_STREAM: Decider[LiveStream] = Decider(
    category="live_stream", initial=LiveStream(), decide=decide, evolve=evolve
)
