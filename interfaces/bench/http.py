"""`http_commands`: durable commands over HTTP, all roles at work, against a bare handler."""

import os
import sys
from statistics import median
from typing import Any

from interfaces.bench.measurement import Measurement, fresh_database, measured, ratio
from interfaces.bench.servers import HOST, deployed, environ_of, free_port, live, running

_CONNECTIONS = 64
_ROUNDS = 3
_PATH = "/api/v1/streams"


async def http_commands(mysql_url: str, redis_url: str, seconds: float) -> Measurement:
    """`POST /api/v1/streams` with bearer token and idempotency key on 64 connections.

    Every role runs in a process of its own, as in production, on the same cores.
    """
    bare, full = [], []
    async with (
        fresh_database(mysql_url, tables=False) as url,
        deployed(environ_of(url, redis_url)) as ours,
    ):
        token = (await live(ours.environ, "token", "--role", "host")).split()[-1]
        for _ in range(_ROUNDS):
            free = free_port()
            server = [sys.executable, "-m", "interfaces.bench.bare_server", HOST, str(free)]
            async with running(server, os.environ, free):
                bare.append(await _load(free, seconds, token))
            full.append(await _load(ours.port, seconds, token))
    middle = sorted(full, key=lambda figures: figures["rate"])[_ROUNDS // 2]
    return ratio(
        Measurement(
            name="http_commands",
            value=middle["rate"],
            unit="requests/s",
            baseline=median(figures["rate"] for figures in bare),
            wanted="ratio ≥ 0.35",
            note=f"{_CONNECTIONS} connections, p99 {middle['p99_ms']:.1f} ms",
        )
    )


async def _load(port: int, seconds: float, token: str) -> dict[str, Any]:
    return await measured("http_load", HOST, port, _PATH, _CONNECTIONS, seconds, token)
