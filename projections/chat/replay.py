"""The chat beside a replay: which second of its recordings each moment of a show is.

A show has a recording for each time its feed came; they are played one after the other, those that
failed left out. What was said while nothing was recorded stands at the seam: at the end of the
recording before, or at second 0 where none had begun.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from domain.shared import EPOCH
from projections.streaming.live_streams import LiveStreamView, RecordingView

_MICROSECOND = timedelta(microseconds=1)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A recording and the stretch of the show that is told with it. Moments are microseconds since
    1970.

    The stretch is from `since_us` up to `until_us` (None: open); the recording begins at
    `begins_us` in it and is `seconds` long, None as long as it goes on. `offset` seconds of others
    are played before it.
    """

    recording_id: str
    since_us: int
    begins_us: int
    until_us: int | None
    seconds: float | None
    offset: float = 0.0


class Place(NamedTuple):
    """So many seconds into what is played."""

    recording_id: str
    seconds: float


class _Placed(NamedTuple):
    begins_us: int
    ends_us: int | None
    recording: RecordingView


def replay_of(view: LiveStreamView) -> tuple[Part, ...]:
    """Empty: there is nothing to replay. In order of the broadcast.

    Where it is not known how long a recording is, it lasts until the next began, or the show ended.
    """
    placed = [each for each in _placed(view) if each.recording.status != "failed"]
    nexts = [*(each.begins_us for each in placed[1:]), None]
    parts: list[Part] = []
    offset = 0.0
    for each, until_us in zip(placed, nexts, strict=False):
        seconds = None if each.ends_us is None else (each.ends_us - each.begins_us) / 1e6
        parts.append(
            Part(
                recording_id=each.recording.id,
                since_us=each.begins_us if parts else 0,
                begins_us=each.begins_us,
                until_us=until_us,
                seconds=seconds,
                offset=offset,
            )
        )
        offset += seconds or 0.0
    return tuple(parts)


def alone(parts: Sequence[Part], recording_id: str) -> tuple[Part, ...]:
    """The one recording, to be played by itself; empty: it is not among them."""
    return tuple(replace(part, offset=0.0) for part in parts if part.recording_id == recording_id)


def moment_at(parts: Sequence[Part], seconds: float) -> int | None:
    """From when on it was said what stands at that second of the parts or later. None: nothing is.

    What was said before a recording and stands at its second 0 is counted in.
    """
    for part in parts:
        if part.seconds is None or seconds <= part.offset + part.seconds:
            return _moment_in(part, seconds - part.offset)
    return None


def place_of(parts: Sequence[Part], moment_us: int) -> Place:
    """Of a moment within the stretch of the parts, of which there is one at least; in whole
    milliseconds, never beyond it: asking from there on finds what was said then."""
    part = next((each for each in reversed(parts) if each.since_us <= moment_us), parts[0])
    into = max(0.0, (moment_us - part.begins_us) / 1e6)
    if part.seconds is not None:
        into = min(into, part.seconds)
    return Place(part.recording_id, math.floor((part.offset + into) * 1000) / 1000)


def _moment_in(part: Part, into: float) -> int:
    if into <= 0:
        return part.since_us
    moment = part.begins_us + round(into * 1e6)
    return moment if part.until_us is None else min(moment, part.until_us)


def _placed(view: LiveStreamView) -> list[_Placed]:
    """The recordings of which it is known when they began, and when they ended if they did."""
    begun = [
        (_us(moment), recording)
        for recording in view.recordings
        if (moment := _beginning(view, recording)) is not None
    ]
    ended_us = None if view.ended_at is None else _us(view.ended_at)
    bounds = [*(begins_us for begins_us, _ in begun[1:]), ended_us]
    return [
        _Placed(begins_us, _end(begins_us, recording, bound), recording)
        for (begins_us, recording), bound in zip(begun, bounds, strict=False)
    ]


def _beginning(view: LiveStreamView, recording: RecordingView) -> datetime | None:
    """Where the provider does not tell, the only recording began with the show."""
    if recording.created_at is None and len(view.recordings) == 1:
        return view.started_at
    return recording.created_at


def _end(begins_us: int, recording: RecordingView, bound: int | None) -> int | None:
    if recording.duration_seconds is not None:
        return begins_us + round(max(0.0, recording.duration_seconds) * 1e6)
    return None if bound is None else max(begins_us, bound)


def _us(moment: datetime) -> int:
    return (moment - EPOCH) // _MICROSECOND
