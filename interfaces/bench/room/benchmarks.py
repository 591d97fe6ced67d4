"""The live room under load: what it promises, the deliveries against Socket.IO's own server."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from statistics import median
from typing import Any

import msgspec

from infrastructure.ids import new_id
from interfaces.bench.measurement import (
    Measurement,
    Progress,
    Servers,
    fresh_database,
    measured,
    ratio,
)
from interfaces.bench.room.guests import room_paths
from interfaces.bench.room.memory import resident_kb
from interfaces.bench.room.pinning import Pinning, stores_pinned
from interfaces.bench.room.socketio import PATH, NoBaseline, socketio_installed, socketio_running
from interfaces.bench.room.tasks import Task, loaded, staying
from interfaces.bench.servers import (
    HOST,
    Deployment,
    allow_open_files,
    api_started,
    deployed,
    environ_of,
)

_VIEWERS = 1000
_IDLE_VIEWERS = 2000
_EARLY_VIEWERS = 50
_OPEN_FILES = 4000
_SPEAKERS = 64
_P99_MS = 250.0
_CALM_RATE = 20.0
_CALM_SECONDS = 10.0
_CALM_P99_MS = 150.0
_SETTLED_SECONDS = 3.0
_LONG_ROOM = 1_000_000
_NEWCOMERS = 3
# The limits do their work all the same: they are only wide.
_WIDE = {
    "LIVE_CHAT_MESSAGES": "1000000",
    "LIVE_CHAT_ROOM_PER_SECOND": "1000000",
    "LIVE_ROOM_FRAMES_PER_SECOND": "1000000",
    "LIVE_ROOM_CONNECTIONS_PER_ADDRESS": "1000000",
    "LIVE_ACCESS_TOKEN_SECONDS": "3600",
}
_SHOW_ALL = {"LIVE_ROOM_SHOWN_PER_SECOND": "0"}


async def room(servers: Servers, say: Progress) -> list[Measurement]:
    """Fan-out to 1,000 viewers with all servers on one core and the load on another; what an idle
    viewer takes; durable messages a second on all cores."""
    allow_open_files(_OPEN_FILES)
    rows = await _fan_out(servers, say)
    async with _deployment(servers, {}) as ours:
        say("room: idle viewers")
        rows += await _idle_memory(ours)
        say("room: messages in a closed loop")
        rows.append(await _send_rate(ours, servers.seconds))
    return rows


async def long_room(servers: Servers, say: Progress) -> list[Measurement]:
    """A room of a million messages, for somebody new, in a process that has just started."""
    stream_id = new_id()
    with tempfile.TemporaryDirectory() as folder:
        async with fresh_database(servers.mysql_url) as url:
            say(f"filling one room with {_LONG_ROOM:,} messages")
            filled = await measured("room.fill", url, stream_id, _LONG_ROOM)
            environ = environ_of(url, servers.redis_url, **_WIDE, VAR_DIR=folder)
            figures = [await _newcomer(environ, stream_id) for _ in range(_NEWCOMERS)]
    note = f"{filled['events']:,} events; first in its process, of {_NEWCOMERS} the median"
    return [
        _told("room_tail", figures, "tail_ms", "≤ 100 ms", note),
        _told("room_cold_send", figures, "send_ms", "≤ 200 ms", note),
    ]


async def _newcomer(environ: dict[str, str], stream_id: str) -> dict[str, Any]:
    async with api_started(environ) as api:
        [path] = await room_paths(api, 1, stream_id)
        return await measured("room.newcomer", f"ws://{HOST}:{api.port}{path}")


async def _fan_out(servers: Servers, say: Progress) -> list[Measurement]:
    pinning = Pinning()
    async with stores_pinned(servers.mysql_url, servers.redis_url, pinning.servers):
        baseline = await _socketio(pinning, servers.seconds, say)
        async with _deployment(servers, _SHOW_ALL, pinning) as ours:
            say(f"room: {_VIEWERS:,} viewers")
            task = Task(
                work="search",
                speaks="live",
                port=ours.port,
                paths=await room_paths(ours, _VIEWERS),
                rate=150.0,
                seconds=servers.seconds,
                p99_ms=_P99_MS,
                cores=tuple(pinning.load),
            )
            most = await loaded(task)
            latency = await loaded(
                msgspec.structs.replace(
                    task, work="paced", rate=_CALM_RATE, seconds=_CALM_SECONDS, p99_ms=_CALM_P99_MS
                )
            )
        again = await _socketio(pinning, servers.seconds, say) if baseline else None
    return [_deliveries(most, [baseline, again], pinning), _latency(latency, pinning)]


async def _socketio(pinning: Pinning, seconds: float, say: Progress) -> dict[str, Any] | None:
    """Its fastest step, before our own servers start or after they have ended. None where it
    cannot be had."""
    say("room: Socket.IO's server, the baseline")
    try:
        async with (
            socketio_installed() as folder,
            socketio_running(folder, pinning.servers) as port,
        ):
            task = Task(
                work="search",
                speaks="socketio",
                port=port,
                paths=[PATH] * _VIEWERS,
                rate=60.0,
                seconds=seconds,
                p99_ms=_P99_MS,
                cores=tuple(pinning.load),
            )
            return await loaded(task)
    except NoBaseline as missing:
        say(f"no baseline: {missing}")
        return None


async def _idle_memory(ours: Deployment) -> list[Measurement]:
    """On an api process of its own, which has seen some viewers come and go. None where memory
    cannot be told."""
    paths = await room_paths(ours, _IDLE_VIEWERS)
    async with api_started(ours.environ) as api:
        task = Task(work="idle", speaks="live", port=api.port, paths=paths[:_EARLY_VIEWERS])
        async with staying(task):
            pass
        before = resident_kb(api.api.pid)
        async with staying(msgspec.structs.replace(task, paths=paths)):
            await asyncio.sleep(_SETTLED_SECONDS)
            after = resident_kb(api.api.pid)
    if before is None or after is None:
        return []
    return [
        Measurement(
            name="room_idle_memory",
            value=round((after - before) / _IDLE_VIEWERS, 1),
            unit="KiB/viewer",
            wanted="≤ 40 KiB",
            note=f"{_IDLE_VIEWERS:,} viewers; the process has {after / 1024:.0f} MiB",
        )
    ]


async def _send_rate(ours: Deployment, seconds: float) -> Measurement:
    paths = await room_paths(ours, _SPEAKERS)
    task = Task(work="closed", speaks="live", port=ours.port, paths=paths, seconds=seconds)
    figures = await loaded(task)
    return Measurement(
        name="send_rate",
        value=round(figures["rate"], 1),
        unit="messages/s",
        wanted="≥ 3,000 messages/s",
        note=f"{_SPEAKERS} senders, p50 {figures['p50_ms']:.1f} ms, p99 {figures['p99_ms']:.1f} ms",
    )


@asynccontextmanager
async def _deployment(
    servers: Servers, settings: dict[str, str], pinning: Pinning | None = None
) -> AsyncIterator[Deployment]:
    async with fresh_database(servers.mysql_url, tables=False) as url:
        environ = environ_of(url, servers.redis_url, **_WIDE, **settings)
        cores = pinning.servers if pinning else frozenset[int]()
        async with deployed(environ, cores) as ours:
            yield ours


def _deliveries(
    most: dict[str, Any], baselines: list[dict[str, Any] | None], pinning: Pinning
) -> Measurement:
    """Against the better of the baseline's two searches."""
    found = [each for each in baselines if each]
    theirs = max(found, key=lambda figures: figures["rate"]) if found else None
    against = (
        f"Socket.IO: p99 {theirs['p99_ms']:.0f} ms" if theirs else "no node or npm: no baseline"
    )
    return ratio(
        Measurement(
            name="room_deliveries",
            value=round(most["deliveries"], 1),
            unit="deliveries/s",
            baseline=theirs["deliveries"] if theirs else None,
            wanted="ratio ≥ 3",
            note=f"{_VIEWERS:,} viewers, p99 {most['p99_ms']:.0f} ms; {against}; {pinning.note}",
        )
    )


def _latency(step: dict[str, Any], pinning: Pinning) -> Measurement:
    lost = f", {step['lost']} lost" if step["lost"] else ""
    return Measurement(
        name="room_latency",
        value=round(step["p99_ms"], 1),
        unit="ms",
        wanted=f"≤ {_CALM_P99_MS:.0f} ms",
        note=f"p99 at {_CALM_RATE:.0f} messages/s to {_VIEWERS:,} viewers, "
        f"p50 {step['p50_ms']:.1f} ms{lost}; {pinning.note}",
    )


def _told(
    name: str, figures: list[dict[str, Any]], figure: str, wanted: str, note: str
) -> Measurement:
    value = round(median(each[figure] for each in figures), 1)
    return Measurement(name=name, value=value, unit="ms", wanted=wanted, note=note)
