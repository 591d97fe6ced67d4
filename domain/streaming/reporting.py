"""What a live stream makes of its own jobs' reports. Late, repeated and reordered news is normal:
it comes to nothing, never to a refusal."""

from collections.abc import Callable
from functools import reduce
from typing import Any

from domain.shared import Command, Event
from domain.streaming import commands as ask
from domain.streaming import errors
from domain.streaming import events as fact
from domain.streaming.live_stream import Feed, LiveStream, evolve
from domain.streaming.values import (
    BEFORE_LIVE,
    OVER,
    RECORDINGS_AT_MOST,
    UNKNOWN_PROBLEM,
    RecordingReport,
    ingest_problem,
)

Facts = tuple[Event, ...]


def _record_live_input(state: LiveStream, command: ask.RecordLiveInput) -> Facts:
    """A show called off in the meantime gets its input too: it must be retired."""
    if state.status is None:
        raise errors.LiveStreamNotFoundError(stream_id=command.stream_id)
    if state.input_uid is not None:
        return ()
    return (
        fact.LiveInputProvisioned(input_uid=command.input_uid, customer_host=command.customer_host),
    )


def _record_provisioning_failure(
    state: LiveStream, command: ask.RecordProvisioningFailure
) -> Facts:
    if state.status != "scheduled":
        return ()
    if command.final:
        return (fact.LiveStreamFailed(problem=command.problem),)
    if state.provisioning_problem == command.problem:
        return ()
    return (fact.LiveInputProvisioningFailed(problem=command.problem),)


def _observe_feed(state: LiveStream, command: ask.ObserveFeed) -> Facts:
    if not _takes_a_feed(state) or not _is_news(state.feed, command):
        return ()
    if command.state == "connected":
        return _connected(state, command)
    if state.status != "live":
        return ()
    return (
        fact.BroadcastInterrupted(
            number=state.interruptions + 1, since=command.since, observed_at=command.observed_at
        ),
    )


def _takes_a_feed(state: LiveStream) -> bool:
    return state.input_uid is not None and state.status not in OVER


def _is_news(feed: Feed | None, command: ask.ObserveFeed) -> bool:
    """Ordered by the provider's clock where it tells, else by when we looked."""
    if feed is None:
        return True
    if feed.since is not None and command.since is not None and feed.since != command.since:
        return command.since > feed.since
    return command.observed_at > feed.observed_at


def _connected(state: LiveStream, command: ask.ObserveFeed) -> Facts:
    since, observed_at = command.since, command.observed_at
    if state.status == "interrupted":
        number = state.interruptions
        return (fact.BroadcastResumed(number=number, since=since, observed_at=observed_at),)
    connected = fact.BroadcastConnected(since=since, observed_at=observed_at)
    if state.status in BEFORE_LIVE:
        return (connected, fact.LiveStreamStarted(at=since or observed_at))
    # Live all along: only a drop that healed unseen is worth recording, for what it orders.
    healed = state.feed is not None and since is not None and since != state.feed.since
    return (connected,) if healed else ()


def _record_recordings(state: LiveStream, command: ask.RecordRecordings) -> Facts:
    if state.input_uid is None or state.status in {"cancelled", "failed"}:
        return ()
    facts: Facts = ()
    for report in command.recordings:
        facts += _news(reduce(evolve, facts, state), report)
    after = reduce(evolve, facts, state)
    return (*facts, fact.LiveStreamArchived()) if _replay_is_complete(after) else facts


def _news(state: LiveStream, report: RecordingReport) -> Facts:
    known = state.recordings.get(report.recording_id)
    if known is None and len(state.recordings) >= RECORDINGS_AT_MOST:
        return ()
    begun: Facts = () if known else (_recording_started(report),)
    if report.status == "ready" and known != "ready":
        return (*begun, _recording_ready(report))
    if report.status == "failed" and known not in {"ready", "failed"}:
        return (*begun, _recording_failed(report))
    return begun


def _recording_started(report: RecordingReport) -> Event:
    return fact.RecordingStarted(recording_id=report.recording_id, created_at=report.created_at)


def _recording_ready(report: RecordingReport) -> Event:
    return fact.RecordingReady(
        recording_id=report.recording_id, duration_seconds=report.duration_seconds
    )


def _recording_failed(report: RecordingReport) -> Event:
    return fact.RecordingFailed(
        recording_id=report.recording_id, provider_code=report.provider_code
    )


def _replay_is_complete(state: LiveStream) -> bool:
    statuses = set(state.recordings.values())
    return state.status == "ended" and "ready" in statuses and "recording" not in statuses


def _end_after_grace(state: LiveStream, command: ask.EndAfterGrace) -> Facts:
    """Nothing when the feed came back, even if it has been lost again since."""
    waiting = state.status == "interrupted" and state.interruptions == command.interruption
    return (fact.LiveStreamEnded(reason="feed_lost"),) if waiting else ()


def _report_ingest_error(state: LiveStream, command: ask.ReportIngestError) -> Facts:
    if not _takes_a_feed(state) or not _is_worse_news(state, command):
        return ()
    return (
        fact.IngestErrorReported(
            problem=ingest_problem(command.provider_code),
            provider_code=command.provider_code,
            video_codec=command.video_codec,
            audio_codec=command.audio_codec,
            at=command.at,
        ),
    )


def _is_worse_news(state: LiveStream, command: ask.ReportIngestError) -> bool:
    """Not an error from before the feed was taken, not one known already, and never a vague
    error in place of a precise one."""
    feed, told = state.feed, state.ingest_problem
    if feed is not None and feed.connected and command.at < (feed.since or feed.observed_at):
        return False
    if told is None:
        return True
    problem = ingest_problem(command.provider_code)
    if UNKNOWN_PROBLEM in {problem, told.problem}:
        return told.problem == UNKNOWN_PROBLEM != problem
    return problem != told.problem and command.at > told.at


def _confirm_ingest_keys(state: LiveStream, command: ask.ConfirmIngestKeys) -> Facts:
    if not state.rotations_done < command.number <= state.rotations_requested:
        return ()
    return (fact.IngestKeysRotated(number=command.number),)


def _confirm_output(state: LiveStream, command: ask.ConfirmOutput) -> Facts:
    output = state.outputs.get(command.output_id)
    if output is None:
        # Removed while it was being attached: removed once more, now with the provider's name.
        return (fact.OutputRemoved(output_id=command.output_id, output_uid=command.output_uid),)
    if output.status == "attached":
        return ()
    return (fact.OutputAttached(output_id=command.output_id, output_uid=command.output_uid),)


def _report_output_failure(state: LiveStream, command: ask.ReportOutputFailure) -> Facts:
    output = state.outputs.get(command.output_id)
    if output is None or output.status != "pending":
        return ()
    return (fact.OutputFailed(output_id=command.output_id, problem=command.problem),)


def _retire_live_input(state: LiveStream, _command: ask.RetireLiveInput) -> Facts:
    if state.input_uid is None or state.input_retired or state.status not in OVER:
        return ()
    return (fact.LiveInputRetired(input_uid=state.input_uid),)


DECISIONS: dict[type[Command], Callable[[LiveStream, Any], Facts]] = {
    ask.RecordLiveInput: _record_live_input,
    ask.RecordProvisioningFailure: _record_provisioning_failure,
    ask.ObserveFeed: _observe_feed,
    ask.RecordRecordings: _record_recordings,
    ask.EndAfterGrace: _end_after_grace,
    ask.ReportIngestError: _report_ingest_error,
    ask.ConfirmIngestKeys: _confirm_ingest_keys,
    ask.ConfirmOutput: _confirm_output,
    ask.ReportOutputFailure: _report_output_failure,
    ask.RetireLiveInput: _retire_live_input,
}
