"""A stream's state as it was at a position or a moment, folded from its events."""

from datetime import datetime
from typing import Any

import msgspec

from application.ports import EventLog
from domain.shared import EPOCH, Decider, Recorded
from interfaces.contexts import HANDLERS

_PAGE = 1000
DECIDERS: dict[str, Decider[Any]] = {
    decider.category: decider for handler in HANDLERS.values() for decider in handler.deciders
}


class NotReplayable(Exception):
    """There is no such stream, or no such moment. The text is one line."""


class PastState(msgspec.Struct, frozen=True, kw_only=True):
    """`position` is that of the last event the state comes from."""

    stream: str
    version: int
    position: int
    recorded_at: datetime
    state: Any


async def state_as_it_was(log: EventLog, stream: str, until: str | None) -> PastState:
    """`until` is a position or an RFC 3339 time, both included. Raises `NotReplayable`."""
    decider = DECIDERS.get(stream.partition("-")[0])
    if decider is None:
        raise NotReplayable(f"no stream is called {stream}: they begin with {', '.join(DECIDERS)}")
    last_position, last_us = _end(until)
    state, last = decider.initial, None
    while events := await log.read_stream(
        stream, after_version=last.version if last else 0, limit=_PAGE, upto=last_position
    ):
        for recorded in events:
            if last_us is not None and recorded.recorded_us > last_us:
                return _past(stream, state, last)
            state, last = decider.evolve(state, recorded.event), recorded
    return _past(stream, state, last)


def _past(stream: str, state: Any, last: Recorded | None) -> PastState:
    if last is None:
        raise NotReplayable(f"nothing was recorded of {stream} until then")
    return PastState(
        stream=stream,
        version=last.version,
        position=last.position,
        recorded_at=last.recorded_at,
        state=state,
    )


def _end(until: str | None) -> tuple[int | None, int | None]:
    """A position, or a moment in UTC microseconds."""
    if until is None:
        return None, None
    if until.isdecimal():
        return int(until), None
    try:
        moment = datetime.fromisoformat(until)
    except ValueError:
        raise NotReplayable(f"{until} is neither a position nor a time") from None
    if moment.tzinfo is None:
        raise NotReplayable(f"{until} has no time zone: add Z for UTC")
    since = moment - EPOCH
    return None, (since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds
