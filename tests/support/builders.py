"""Valid commands and facts of live streams by default: a test states only what matters to it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.shared import Event, Recorded
from domain.streaming import commands as ask
from domain.streaming import events as fact

SHOW = "0190f3a2-0000-7000-8000-000000000001"
HOST = "0190f3a2-0000-7000-8000-0000000000aa"
STRANGER = "0190f3a2-0000-7000-8000-0000000000bb"
INPUT = "f256e6ea9341d51eea64c9454659e576"
CUSTOMER_HOST = "customer-m033z5x00ks6nunl.cloudflarestream.com"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """So many seconds past noon."""
    return NOON + timedelta(seconds=seconds)


def schedule(**changes: Any) -> ask.ScheduleLiveStream:
    given: dict[str, Any] = {
        "stream_id": SHOW,
        "by": HOST,
        "host_name": "Mei",
        "title": "Autumn sale",
        "description": "Coats and boots",
        "market": "TW",
        "language": "zh-TW",
        "now": NOON,
    }
    return ask.ScheduleLiveStream(**{**given, **changes})


def scheduled(**changes: Any) -> fact.LiveStreamScheduled:
    given: dict[str, Any] = {
        "host_id": HOST,
        "host_name": "Mei",
        "title": "Autumn sale",
        "description": "Coats and boots",
        "market": "TW",
        "language": "zh-TW",
        "scheduled_at": None,
        "low_latency": False,
        "mode": "rtmps",
    }
    return fact.LiveStreamScheduled(**{**given, **changes})


def provisioned(input_uid: str = INPUT) -> fact.LiveInputProvisioned:
    return fact.LiveInputProvisioned(input_uid=input_uid, customer_host=CUSTOMER_HOST)


def connected(since: float) -> fact.BroadcastConnected:
    return fact.BroadcastConnected(since=at(since), observed_at=at(since + 1))


def interrupted(number: int, since: float) -> fact.BroadcastInterrupted:
    return fact.BroadcastInterrupted(number=number, since=at(since), observed_at=at(since + 1))


def resumed(number: int, since: float) -> fact.BroadcastResumed:
    return fact.BroadcastResumed(number=number, since=at(since), observed_at=at(since + 1))


def ended(reason: Any = "host") -> fact.LiveStreamEnded:
    return fact.LiveStreamEnded(reason=reason)


def observe(state: Any, since: float | None, *, looked: float | None = None) -> ask.ObserveFeed:
    """The provider says so at `looked`, by default a second after the state was entered."""
    observed = looked if looked is not None else (since or 0) + 1
    return ask.ObserveFeed(
        stream_id=SHOW,
        state=state,
        since=None if since is None else at(since),
        observed_at=at(observed),
    )


READY: tuple[Event, ...] = (scheduled(), provisioned())
STARTING: tuple[Event, ...] = (*READY, fact.StartRequested())
LIVE: tuple[Event, ...] = (*STARTING, connected(10), fact.LiveStreamStarted(at=at(10)))
INTERRUPTED: tuple[Event, ...] = (*LIVE, interrupted(1, 20))
ENDED: tuple[Event, ...] = (*LIVE, ended())
CANCELLED: tuple[Event, ...] = (*READY, fact.LiveStreamCancelled())
FAILED: tuple[Event, ...] = (scheduled(), fact.LiveStreamFailed(problem="provider_refused"))


def recorded(event: Event, *, position: int = 1, stream_id: str = SHOW) -> Recorded:
    """The event as the log has it, recorded so many seconds past noon as its position says."""
    return Recorded(
        position=position,
        stream=f"live_stream-{stream_id}",
        version=position,
        type=event.tag,
        event=event,
        recorded_us=int(at(position).timestamp()) * 1_000_000,
        event_id=f"event-{position}",
        schema_version=1,
        command_id=f"command-{position}",
        correlation_id="correlation",
        causation_id=None,
        actor="system:test",
        trace_id=None,
    )
