"""Loads a room: `load FILE`, which has a `Task` as JSON.

One process with one thread, which also makes what it measures: how long a message took from being
sent until others had it is seen on one clock.
"""

import os
import signal
import sys
from math import sqrt
from pathlib import Path
from time import perf_counter

import msgspec

from interfaces.bench.measurement import percentile, report
from interfaces.bench.room.crowd import Crowd
from interfaces.bench.room.dialects import message
from interfaces.bench.room.steps import Step, paced_step
from interfaces.bench.room.tasks import Task

_WARM_UP_SECONDS = 1.0
_SHORT_SWEEP_SECONDS = 0.001  # a sender waits that long at most before it goes on
_GROWTH = 1.4
_CLOSE_ENOUGH = 1.1
_STEPS_AT_MOST = 16
_CHANCES = 2
_LOAD = os.getpid()  # what another load said in the same room is not this one's


def search(task: Task, crowd: Crowd) -> Step:
    """The fastest step that holds: the rate grows until one does not, then the gap is halved."""
    best: Step | None = None
    failed: Step | None = None
    rate = task.rate
    paced_step(crowd, "warm", rate, _WARM_UP_SECONDS)
    for number in range(_STEPS_AT_MOST):
        step = _with_chances(task, crowd, rate, number)
        if step.holds(task.p99_ms):
            best = step
        else:
            failed = step
        if best is None:
            rate /= _GROWTH
        elif failed is None:
            rate *= _GROWTH
        elif failed.rate > best.rate * _CLOSE_ENOUGH:
            rate = sqrt(best.rate * failed.rate)
        else:
            break
    if best is None:
        raise RuntimeError(f"no rate holds, and this neither: {failed}")
    return best


def _with_chances(task: Task, crowd: Crowd, rate: float, number: int) -> Step:
    """The machine may be shared: a rate has failed when it failed twice. Everybody comes in anew
    after that, as what is behind would spoil the next step."""
    for chance in range(_CHANCES):
        step = paced_step(crowd, f"{_LOAD}-{number:02d}{chance}", rate, task.seconds)
        sys.stderr.write(f"  {step}\n")
        if step.holds(task.p99_ms):
            break
        crowd.leave()
        crowd.enter()
    return step


def soak(task: Task, crowd: Crowd) -> None:
    """Step after step with the same viewers, until one of them is cut off."""
    for number in range(task.steps):
        step = paced_step(crowd, f"{_LOAD}-{number:03d}", task.rate, task.seconds)
        report(number=number + 1, **msgspec.to_builtins(step))
        sys.stdout.flush()
        if step.ended:
            break


def closed_loop(task: Task, crowd: Crowd) -> dict[str, float]:
    """Every viewer has one message on its way all the time: the next goes out when it is
    acknowledged."""
    crowd.hears_answers = True
    crowd.sweep_seconds = _SHORT_SWEEP_SECONDS
    crowd.listen_for("loop")
    sent_at, took, number = dict[int, float](), list[float](), 0
    began = perf_counter() + _WARM_UP_SECONDS
    answered = list(crowd.viewers)
    while (now := perf_counter()) < began + task.seconds:
        for viewer in answered:
            if now >= began and id(viewer) in sent_at:
                took.append(now - sent_at[id(viewer)])
            viewer.acknowledged = 0
            sent_at[id(viewer)] = perf_counter()
            crowd.say(viewer, message("loop", number))
            number += 1
        crowd.rest()
        answered = [viewer for viewer in crowd.sweep() if viewer.acknowledged]
    took.sort()
    return {
        "rate": len(took) / task.seconds,
        "p50_ms": percentile(took, 0.5) * 1000,
        "p99_ms": percentile(took, 0.99) * 1000,
    }


def run(task: Task) -> None:
    if task.cores:
        os.sched_setaffinity(0, task.cores)
    crowd = Crowd(task.speaks, task.port, task.paths)
    crowd.enter()
    match task.work:
        case "search":
            report(**msgspec.to_builtins(search(task, crowd)))
        case "paced":
            report(**msgspec.to_builtins(_with_chances(task, crowd, task.rate, 0)))
        case "soak":
            soak(task, crowd)
        case "closed":
            report(**closed_loop(task, crowd))
        case "idle":
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            signal.pause()
    crowd.leave()


if __name__ == "__main__":
    run(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Task))
