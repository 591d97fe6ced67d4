"""HTTP requests a second: `http_load HOST PORT PATH CONNECTIONS SECONDS TOKEN`.

Each connection posts, reads the whole answer, and posts again, with a fresh idempotency key. It
speaks HTTP by hand: the client shares the cores with what it measures and must cost little.
"""

import asyncio
import sys
import time

import uvloop

from infrastructure.ids import new_id
from interfaces.bench.measurement import percentile, report

_BODY = b'{"title":"Test Stream","description":"Testing"}'
_WARM_UP_SECONDS = 1.5


async def measure(head: str, address: tuple[str, int], connections: int, seconds: float) -> None:
    await _load(head, address, connections, _WARM_UP_SECONDS)
    started = time.perf_counter()
    latencies = sorted(await _load(head, address, connections, seconds))
    elapsed = time.perf_counter() - started
    report(
        rate=len(latencies) / elapsed,
        p50_ms=percentile(latencies, 0.5) * 1000,
        p99_ms=percentile(latencies, 0.99) * 1000,
    )


async def _load(
    head: str, address: tuple[str, int], connections: int, seconds: float
) -> list[float]:
    latencies: list[float] = []
    end = time.perf_counter() + seconds
    await asyncio.gather(*(_connection(head, address, end, latencies) for _ in range(connections)))
    return latencies


async def _connection(
    head: str, address: tuple[str, int], end: float, latencies: list[float]
) -> None:
    reader, writer = await asyncio.open_connection(*address)
    while (started := time.perf_counter()) < end:
        writer.write(f"{head}Idempotency-Key: {new_id()}\r\n\r\n".encode() + _BODY)
        answer = await reader.readuntil(b"\r\n\r\n")
        if b" 201 " not in answer[:20]:
            raise RuntimeError(answer.splitlines()[0].decode())
        await reader.readexactly(_length(answer))
        latencies.append(time.perf_counter() - started)
    writer.close()
    await writer.wait_closed()


def _length(answer: bytes) -> int:
    lowered = answer.lower()
    start = lowered.index(b"content-length:") + len(b"content-length:")
    return int(lowered[start : lowered.index(b"\r", start)])


def _head(host: str, path: str, token: str) -> str:
    return (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(_BODY)}\r\nAuthorization: Bearer {token}\r\n"
    )


if __name__ == "__main__":
    host, port, path, connections, seconds, token = sys.argv[1:]
    head = _head(host, path, token)
    uvloop.run(measure(head, (host, int(port)), int(connections), float(seconds)))
