"""One step of a load: so many messages a second for so long, and what became of them."""

from time import perf_counter

import msgspec

from interfaces.bench.measurement import percentile
from interfaces.bench.room.crowd import Crowd, Gone, Viewer
from interfaces.bench.room.dialects import message

_PATIENCE_SECONDS = 2.0  # after the last was sent


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """`rate` is messages a second, `deliveries` is those times viewers. `lost` counts deliveries,
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
    sent_at: list[float] = []
    ended = ""
    try:
        _speak(crowd, run, sent_at, rate, seconds)
        _hear_out(crowd, len(sent_at))
    except Gone as reason:
        ended = str(reason)
    step = Step(rate=rate, deliveries=rate * len(crowd.viewers), ended=ended)
    return _judged(step, crowd, sent_at)


def _speak(crowd: Crowd, run: str, sent_at: list[float], rate: float, seconds: float) -> None:
    began = perf_counter()
    total, viewers = int(rate * seconds), crowd.viewers
    while (number := len(sent_at)) < total:
        if number <= (perf_counter() - began) * rate:
            sent_at.append(perf_counter())
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


def _judged(step: Step, crowd: Crowd, sent_at: list[float]) -> Step:
    watched = [viewer for viewer in crowd.viewers if viewer.is_watched]
    took = sorted(at - sent_at[number] for each in watched for number, at in each.heard)
    return msgspec.structs.replace(
        step,
        p50_ms=percentile(took, 0.5) * 1000 if took else 0.0,
        p99_ms=percentile(took, 0.99) * 1000 if took else 0.0,
        lost=sum(max(0, len(sent_at) - each.counted) for each in crowd.viewers),
        spoilt=sum(
            each.counted > len(sent_at) or _is_spoilt(each, len(crowd.viewers))
            for each in crowd.viewers
        ),
    )


def _is_spoilt(viewer: Viewer, senders: int) -> bool:
    last: dict[int, int] = {}
    for number, _ in viewer.heard:
        sender = number % senders
        if number <= last.get(sender, -1):
            return True
        last[sender] = number
    return False
