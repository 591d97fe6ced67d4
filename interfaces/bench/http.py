"""`http_commands`: durable commands over HTTP, all roles at work, against a bare handler."""

import asyncio
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any

from interfaces.bench.measurement import Measurement, fresh_database, measured, ratio

_CONNECTIONS = 64
_ROUNDS = 3
_START_SECONDS = 60.0
_STOP_SECONDS = 20.0
_HOST = "127.0.0.1"
_PATH = "/api/v1/streams"


async def http_commands(mysql_url: str, redis_url: str, seconds: float) -> Measurement:
    """`POST /api/v1/streams` with bearer token and idempotency key on 64 connections.

    Every role runs in a process of its own, as in production, on the same cores.
    """
    bare, full = [], []
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = await stack.enter_async_context(fresh_database(mysql_url, tables=False))
        environ = _environ(url, redis_url, Path(folder))
        port = int(environ["PORT"])
        await _live(environ, "db", "upgrade")
        for role in ("worker", "projector", "scheduler", "api"):
            command = ["-m", "interfaces.cli", role]
            waited_for = port if role == "api" else None
            await stack.enter_async_context(_running(command, environ, waited_for))
        token = (await _live(environ, "token", "--role", "host")).split()[-1]
        for _ in range(_ROUNDS):
            free = _free_port()
            server = ["-m", "interfaces.bench.bare_server", _HOST, str(free)]
            async with _running(server, os.environ, free):
                bare.append(await _load(free, seconds, token))
            full.append(await _load(port, seconds, token))
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
    return await measured("http_load", _HOST, port, _PATH, _CONNECTIONS, seconds, token)


def _environ(database_url: str, redis_url: str, folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PORT": str(_free_port()),
        "VAR_DIR": str(folder),
        "LIVE_DATABASE_URL": database_url,
        "LIVE_REDIS_URL": redis_url,
        "LIVE_JOBS_REDIS_URL": redis_url,
        "LIVE_REDIS_PREFIX": f"bench{os.getpid()}:",
        "LIVE_RATE_LIMIT_PER_MINUTE": "0",
        "LIVE_CLOUDFLARE_CALLS_PER_5_MINUTES": "1200",  # an account's, not the simulator's own
        "LIVE_LOG_LEVEL": "warning",
    }


async def _live(environ: Mapping[str, str], *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "interfaces.cli", *arguments,
        env=environ, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"live {' '.join(arguments)} ended with {process.returncode}")
    return output.decode()


@asynccontextmanager
async def _running(
    arguments: Sequence[str], environ: Mapping[str, str], port: int | None
) -> AsyncIterator[None]:
    """A server process, from when it listens on `port`, if it does, until it has ended."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env=environ, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        if port is not None:
            await _listening(process, port)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()


async def _listening(process: asyncio.subprocess.Process, port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.returncode is None:
        try:
            _, writer = await asyncio.open_connection(_HOST, port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise RuntimeError(f"nothing listens on port {port}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port
