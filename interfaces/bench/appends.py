"""Commands a second by in-process clients: `appends URL CLIENTS SECONDS [wait]`.

Each client schedules a live stream, waits for the durable answer, and schedules the next: decided,
personal data sealed, envelope, hash chain and command id, as the product does it.
"""

import asyncio
import sys
import time
from datetime import UTC, datetime

import uvloop

from application.ports import Dispatch
from domain.streaming.commands import ScheduleLiveStream
from infrastructure.event_store.opening import EventStore
from infrastructure.ids import new_id
from interfaces.bench.measurement import percentile, report
from interfaces.bench.parts import benched_store

_WARM_UP_SECONDS = 1.0


async def measure(url: str, clients: int, seconds: float, *, wait: bool) -> None:
    async with benched_store(url) as benched:
        await _load(benched.store, clients, _WARM_UP_SECONDS)
        if wait:
            await _start_signal()
        started = time.perf_counter()
        latencies = sorted(await _load(benched.store, clients, seconds))
        elapsed = time.perf_counter() - started
    report(
        rate=len(latencies) / elapsed,
        p50_ms=percentile(latencies, 0.5) * 1000,
        p99_ms=percentile(latencies, 0.99) * 1000,
    )


async def _load(store: EventStore, clients: int, seconds: float) -> list[float]:
    latencies: list[float] = []
    end = time.perf_counter() + seconds
    await asyncio.gather(*(_client(store, end, latencies) for _ in range(clients)))
    return latencies


async def _client(store: EventStore, end: float, latencies: list[float]) -> None:
    host = new_id()
    while (started := time.perf_counter()) < end:
        now = datetime.now(UTC)
        command = ScheduleLiveStream(
            stream_id=new_id(),
            by=host,
            host_name="Lin Mei",
            title="Test Stream",
            description="Testing",
            market="TW",
            language="zh-TW",
            now=now,
        )
        await store.sequencer.execute(
            Dispatch(command=command, command_id=new_id(), actor=f"user:{host}", now=now)
        )
        latencies.append(time.perf_counter() - started)


async def _start_signal() -> None:
    """Several processes start together: each says it is ready, and waits for its parent."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)


if __name__ == "__main__":
    url, clients, seconds, *rest = sys.argv[1:]
    uvloop.run(measure(url, int(clients), float(seconds), wait=rest == ["wait"]))
