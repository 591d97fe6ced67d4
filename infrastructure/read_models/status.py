"""How far projections are behind the log, in events and in seconds."""

import time
from typing import Literal

import msgspec

from application.ports import EventLog
from infrastructure.observability.metrics import (
    LOG_POSITION,
    PARKED_STREAMS,
    PROJECTION_LAG_EVENTS,
    PROJECTION_LAG_SECONDS,
    PROJECTION_POSITION,
)
from infrastructure.read_models.generations import State


class ProjectionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One generation. `missing`: no projector has made one yet; `lost`: Redis has lost it.

    `lag_seconds` is the age of the oldest event that is not projected yet; 0 when there is none.
    """

    name: str
    store: Literal["sql", "redis"]
    version: int
    generation: int
    state: State | Literal["missing", "lost"]
    position: int
    lag_events: int
    lag_seconds: float
    parked_streams: int


class Lag(msgspec.Struct, frozen=True):
    events: int
    seconds: float


async def lag(log: EventLog, head: int, position: int) -> Lag:
    if position >= head:
        return Lag(0, 0.0)
    oldest = await log.read(position, limit=1)
    age_us = time.time_ns() // 1000 - oldest[0].recorded_us if oldest else 0
    return Lag(head - position, max(0.0, age_us / 1_000_000))


async def measure(log: EventLog, serving: dict[str, tuple[int, int]]) -> None:
    """Sets the gauges; `serving` has each projection's position and number of parked streams."""
    head = await log.head()
    LOG_POSITION.set(head)
    for name, (position, parked) in serving.items():
        behind = await lag(log, head, position)
        PROJECTION_POSITION.labels(name).set(position)
        PROJECTION_LAG_EVENTS.labels(name).set(behind.events)
        PROJECTION_LAG_SECONDS.labels(name).set(behind.seconds)
        PARKED_STREAMS.labels(name).set(parked)
