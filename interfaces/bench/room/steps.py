"""One step of a load: so many messages a second for so long, and what became of them."""

from time import perf_counter

import msgspec

from interfaces.bench.measurement import percentile
from interfaces.bench.room.crowd import Crowd, Gone, Viewer
from interfaces.bench.room.dialects import message

_PATIENCE_SECONDS = 2.0  # after the last was sent


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """`rate` is messages a second, `deliveries` is those times viewers. Times are from when a
    message was due, so that none is shorter for a load that is late. `lost` counts deliveries,
    `spoilt` viewers that had a message twice or one sender's out of order. `ended` says why it
    broke off."""

    rate: float
    deliveries: float
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    lost: int = 0
    spoilt: int = 0
    ended: str = ""

    def holds(self, p99_ms: float) -> bool:
        return not (self.ended or self.lost or self.spoilt) and self.p99_ms <= p99_ms


def paced_step(crowd: Crowd, run: str, rate: float, seconds: float) -> Step:
    """Viewers speak in turn, at even times whether or not the server keeps up."""
    crowd.listen_for(run)
    due_at: list[float] = []
    ended = ""
    try:
        _speak(crowd, run, due_at, rate, seconds)
        _hear_out(crowd, len(due_at))
    except Gone as reason:
        ended = str(reason)
    step = Step(rate=rate, deliveries=rate * len(crowd.viewers), ended=ended)
    return _judged(step, crowd, due_at)


def _speak(crowd: Crowd, run: str, due_at: list[float], rate: float, seconds: float) -> None:
    began = perf_counter()
    total, viewers = int(rate * seconds), crowd.viewers
    while (number := len(due_at)) < total:
        due = began + number / rate
        if due <= perf_counter():
            due_at.append(due)
            crowd.say(viewers[number % len(viewers)], message(run, number))
            crowd.sweep_if_due()
        else:
            crowd.rest()
            crowd.sweep()


def _hear_out(crowd: Crowd, sent: int) -> None:
    end = perf_counter() + _PATIENCE_SECONDS
    while perf_counter() < end and any(each.counted < sent for each in crowd.viewers):
        crowd.rest()
        crowd.sweep()


def _judged(step: Step, crowd: Crowd, due_at: list[float]) -> Step:
    watched = [viewer for viewer in crowd.viewers if viewer.is_watched]
    took = sorted(at - due_at[number] for each in watched for number, at in each.heard)
    said = len(due_at)
    return msgspec.structs.replace(
        step,
        p50_ms=percentile(took, 0.5) * 1000 if took else 0.0,
        p99_ms=percentile(took, 0.99) * 1000 if took else 0.0,
        lost=sum(max(0, said - each.counted) for each in crowd.viewers),
        spoilt=sum(_is_spoilt(each, said, len(crowd.viewers)) for each in crowd.viewers),
    )


def _is_spoilt(viewer: Viewer, said: int, senders: int) -> bool:
    """As many as were said may be one twice and another not at all: then their sum is wrong."""
    if viewer.counted > said:
        return True
    if viewer.counted == said and viewer.sum != said * (said - 1) // 2:
        return True
    last: dict[int, int] = {}
    for number, _ in viewer.heard:
        sender = number % senders
        if number <= last.get(sender, -1):
            return True
        last[sender] = number
    return False
