"""The benchmarks by name. Each takes its baseline in the same run, in turns with what it measures:
the machine may be shared, so only ratios are to be trusted, and of three rounds the median."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Coroutine
from statistics import median
from typing import Any

from infrastructure.ids import new_id
from interfaces.bench.http import http_commands
from interfaces.bench.measurement import (
    Measurement,
    Progress,
    Servers,
    fresh_database,
    measured,
    ratio,
)
from interfaces.bench.room.benchmarks import long_room, room
from interfaces.bench.shop.benchmarks import shop

_ROUNDS = 3
_SHOWS = 30_000
_LONG_STREAM = 1_000_000
_PROCESSES = 4
_FAST_SCAN = 250_000


async def appends(servers: Servers, say: Progress) -> list[Measurement]:
    """In-process clients against threads that save with the library's SQLAlchemy recorder."""
    rates: dict[str, list[dict[str, Any]]] = {}
    async with (
        fresh_database(servers.mysql_url) as ours,
        fresh_database(servers.mysql_url, tables=False) as theirs,
    ):
        for number in range(_ROUNDS):
            say(f"appends, round {number + 1} of {_ROUNDS}")
            loads: dict[str, Awaitable[dict[str, Any]]] = {
                "library_1": measured("library_appends", theirs, 1, servers.seconds),
                "append_1": measured("appends", ours, 1, servers.seconds),
                "library_32": measured("library_appends", theirs, 32, servers.seconds),
                "append_32": measured("appends", ours, 32, servers.seconds),
                "append_128": measured("appends", ours, 128, servers.seconds),
                "append_4_processes": _by_processes(ours, servers.seconds),
            }
            for name, load in loads.items():
                rates.setdefault(name, []).append(await load)
    middle = {name: _middle(figures) for name, figures in rates.items()}
    return [
        _append("append_1", middle, "library_1", "only told"),
        _append("append_32", middle, "library_32", "ratio ≥ 12, p99 ≤ 10 ms"),
        _append("append_128", middle, "library_32", "ratio ≥ 20"),
        _append("append_4_processes", middle, "append_128", "ratio ≥ 0.5"),
    ]


async def reads(servers: Servers, say: Progress) -> list[Measurement]:
    """Rebuilding each projection against the raw ordered scan of the same log."""
    async with fresh_database(servers.mysql_url) as url:
        say(f"filling a log with {_SHOWS:,} shows")
        filled = await measured("reads", "fill", url, _SHOWS)
        scans: list[float] = []
        rebuilt: dict[str, list[float]] = {name: [] for name in _REBUILDS}
        for number in range(_ROUNDS):
            say(f"rebuilds, round {number + 1} of {_ROUNDS}")
            scans.append((await measured("reads", "scan", url))["rate"])
            for name, projection in _REBUILDS.items():
                redis = servers.redis_url
                figures = await measured("reads", "rebuild", projection, url, redis)
                rebuilt[name].append(figures["rate"])
    scanned = median(scans)
    note = f"{filled['events']:,} events of {_SHOWS:,} shows"
    return [
        ratio(
            Measurement(
                name=name,
                value=median(rates),
                unit="events/s",
                baseline=scanned,
                wanted=_rebuild_promise(scanned),
                note=note,
            )
        )
        for name, rates in rebuilt.items()
    ]


async def long_streams(servers: Servers, say: Progress) -> list[Measurement]:
    """What a stream, and a log, of a million events cost a process that has just started."""
    stream_id = new_id()
    async with fresh_database(servers.mysql_url) as url:
        say(f"filling one stream with {_LONG_STREAM:,} events")
        filled = await measured("reads", "fill-long", url, stream_id, _LONG_STREAM)
        say("cold stream, replay")
        cold = [(await measured("reads", "cold", url, stream_id))["ms"] for _ in range(_ROUNDS)]
        replay = await measured("reads", "replay", url)
    first_ever = filled["without_snapshot_ms"]
    return [
        Measurement(
            name="cold_stream",
            value=round(median(cold), 1),
            unit="ms",
            baseline=round(first_ever, 1),
            ratio=round(median(cold) / first_ever, 4),
            wanted="≤ 200 ms",
            note="baseline: the same without a snapshot",
        ),
        Measurement(
            name="replay_memory",
            value=round(replay["grown_mb"], 1),
            unit="MB",
            wanted="≤ 100 MB",
            note=f"{replay['events']:,} events at {replay['rate']:,.0f} a second",
        ),
    ]


async def http(servers: Servers, say: Progress) -> list[Measurement]:
    say("HTTP commands")
    return [await http_commands(servers.mysql_url, servers.redis_url, servers.seconds)]


Benchmark = Callable[[Servers, Progress], Coroutine[Any, Any, list[Measurement]]]
SUITE: dict[str, Benchmark] = {
    "appends": appends,
    "reads": reads,
    "long_streams": long_streams,
    "http": http,
    "room": room,
    "long_room": long_room,
    "shop": shop,
}
_REBUILDS = {"rebuild_mysql": "broadcasts", "rebuild_redis": "live_streams"}


async def _by_processes(url: str, seconds: float) -> dict[str, Any]:
    """128 clients over four processes that start together."""
    arguments = ["-m", "interfaces.bench.appends", url, str(128 // _PROCESSES), str(seconds)]
    pipe = asyncio.subprocess.PIPE
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, *arguments, "wait", stdin=pipe, stdout=pipe
        )
        for _ in range(_PROCESSES)
    ]
    try:
        for process in processes:
            if process.stdout is None or await process.stdout.readline() != b"ready\n":
                raise RuntimeError("a writer process did not start")
        outputs = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
    figures = [json.loads(output.splitlines()[-1]) for output, _ in outputs]
    return {
        "rate": sum(each["rate"] for each in figures),
        "p99_ms": max(each["p99_ms"] for each in figures),
    }


def _middle(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """The round with the median rate."""
    return sorted(rounds, key=lambda figures: figures["rate"])[len(rounds) // 2]


def _append(
    name: str, middle: dict[str, dict[str, Any]], baseline: str, wanted: str
) -> Measurement:
    ours, theirs = middle[name], middle[baseline]
    return ratio(
        Measurement(
            name=name,
            value=ours["rate"],
            unit="commands/s",
            baseline=theirs["rate"],
            wanted=wanted,
            note=f"p99 {ours['p99_ms']:.1f} ms; {baseline}: p99 {theirs['p99_ms']:.1f} ms",
        )
    )


def _rebuild_promise(scanned: float) -> str:
    """The raw scan tells what the machine can do at all."""
    return "≥ 50,000 events/s" if scanned >= _FAST_SCAN else "ratio ≥ 0.2"
