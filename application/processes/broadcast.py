"""What follows from a show's facts: live inputs made and retired, grace times, keys, outputs."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from application.processes.process import ClearDeadline, Enqueue, Reaction, SetDeadline
from domain.shared import Event, Recorded
from domain.streaming import events as fact

React = Callable[[str, Any], Sequence[Reaction]]


class BroadcastLifecycle:
    """`grace_seconds` is how long a show waits for its feed to come back."""

    name = "broadcast_lifecycle"
    contexts = frozenset({"streaming"})

    def __init__(self, *, grace_seconds: float) -> None:
        self._grace = timedelta(seconds=grace_seconds)

    def react(self, recorded: Recorded) -> Sequence[Reaction]:
        if isinstance(recorded.event, fact.BroadcastInterrupted):
            return (self._wait_for_the_feed(recorded, recorded.event),)
        react = REACTIONS.get(type(recorded.event))
        return () if react is None else react(recorded.entity_id, recorded.event)

    def _wait_for_the_feed(
        self, recorded: Recorded, event: fact.BroadcastInterrupted
    ) -> SetDeadline:
        """Counted from when we learnt of it: a late webhook must not cost the host the wait."""
        return SetDeadline(
            key=_grace(recorded.entity_id),
            due_at=recorded.recorded_at + self._grace,
            job="streaming.end_after_grace",
            args=(recorded.entity_id, str(event.number)),
        )


def _grace(stream_id: str) -> str:
    return f"grace-{stream_id}"


def _provision(stream_id: str, _event: Event) -> Sequence[Reaction]:
    return (Enqueue("streaming.provision_live_input", (stream_id,)),)


def _attach(stream_id: str, _event: Event) -> Sequence[Reaction]:
    return (Enqueue("streaming.attach_output", (stream_id,)),)


def _detach(stream_id: str, event: fact.OutputRemoved) -> Sequence[Reaction]:
    args = (stream_id, event.output_id, event.output_uid or "")
    return (Enqueue("streaming.detach_output", args),)


def _stop_waiting(stream_id: str, _event: Event) -> Sequence[Reaction]:
    return (ClearDeadline(_grace(stream_id)),)


def _retire(stream_id: str, _event: Event) -> Sequence[Reaction]:
    return (Enqueue("streaming.retire_live_input", (stream_id,)),)


def _wind_up(stream_id: str, event: Event) -> Sequence[Reaction]:
    return (*_stop_waiting(stream_id, event), *_retire(stream_id, event))


def _rotate(stream_id: str, event: fact.IngestKeyRotationRequested) -> Sequence[Reaction]:
    return (Enqueue("streaming.rotate_ingest_keys", (stream_id, str(event.number))),)


REACTIONS: dict[type[Event], React] = {
    fact.LiveStreamScheduled: _provision,
    fact.LiveInputProvisioned: _attach,
    fact.OutputAdded: _attach,
    fact.OutputRemoved: _detach,
    fact.BroadcastResumed: _stop_waiting,
    fact.LiveStreamEnded: _wind_up,
    fact.LiveStreamCancelled: _retire,
    fact.IngestKeyRotationRequested: _rotate,
}
