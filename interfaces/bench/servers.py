"""Starts the servers that benchmarks load: our roles, each a process of its own, and others."""

import asyncio
import os
import resource
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from infrastructure.ids import new_id
from interfaces.bench.parts import MASTER_KEY

HOST = "127.0.0.1"
_START_SECONDS = 60.0
_STOP_SECONDS = 20.0

Process = asyncio.subprocess.Process
Cores = frozenset[int]
ANY_CORE: Cores = frozenset()


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """All roles at work. `environ` lets a command join them; `api` is that role's process."""

    environ: Mapping[str, str]
    api: Process

    @property
    def port(self) -> int:
        return int(self.environ["PORT"])


def environ_of(database_url: str, redis_url: str, **settings: str) -> dict[str, str]:
    """The product as it ships but for the limits on one caller, which the load would meet."""
    return {
        **os.environ,
        "LIVE_DATABASE_URL": database_url,
        "LIVE_REDIS_URL": redis_url,
        "LIVE_JOBS_REDIS_URL": redis_url,
        "LIVE_REDIS_PREFIX": f"bench-{new_id()}:",
        "LIVE_MASTER_KEY": MASTER_KEY,
        "LIVE_RATE_LIMIT_PER_MINUTE": "0",
        "LIVE_SIGN_IN_LIMIT_PER_ADDRESS": "0",
        "LIVE_CLOUDFLARE_CALLS_PER_5_MINUTES": "1200",  # an account's, not the simulator's own
        "LIVE_LOG_LEVEL": "warning",
        **settings,
    }


@asynccontextmanager
async def deployed(
    environ: Mapping[str, str], cores: Cores = ANY_CORE
) -> AsyncIterator[Deployment]:
    """Every role in a process of its own, as in production; all on `cores`, where given."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        environ = {**environ, "VAR_DIR": folder}
        await live(environ, "db", "upgrade")
        for role in ("worker", "projector", "scheduler"):
            await stack.enter_async_context(running(_role(role), environ, cores=cores))
        yield await stack.enter_async_context(api_started(environ, cores))


@asynccontextmanager
async def api_started(
    environ: Mapping[str, str], cores: Cores = ANY_CORE
) -> AsyncIterator[Deployment]:
    """A fresh api process, on a port of its own, beside whatever else runs on `environ`."""
    environ = {**environ, "PORT": str(free_port())}
    async with running(_role("api"), environ, int(environ["PORT"]), cores=cores) as process:
        yield Deployment(environ=environ, api=process)


async def live(environ: Mapping[str, str], *arguments: str) -> str:
    """What `live <arguments>` prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "interfaces.cli", *arguments,
        env=environ, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"live {' '.join(arguments)} ended with {process.returncode}")
    return output.decode()


@asynccontextmanager
async def running(
    command: Sequence[str],
    environ: Mapping[str, str],
    port: int | None = None,
    *,
    cores: Cores = ANY_CORE,
) -> AsyncIterator[Process]:
    """A server process, from when it listens on `port`, if it does, until it has ended."""
    process = await asyncio.create_subprocess_exec(
        *command, env=environ, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        keep_to(process.pid, cores)
        if port is not None:
            await _listening(process, port)
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()


def keep_to(pid: int, cores: Cores) -> None:
    """Has a process just started run on `cores` only; its threads will inherit that. Nothing
    where none are given."""
    if cores:
        os.sched_setaffinity(pid, cores)


def allow_open_files(wanted: int) -> None:
    """For this process and those it starts from now on. Raises `RuntimeError` where the machine
    allows fewer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise RuntimeError(f"{wanted:,} open files are needed, `ulimit -Hn` allows {hard:,}")
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _role(name: str) -> list[str]:
    return [sys.executable, "-m", "interfaces.cli", name]


async def _listening(process: Process, port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.returncode is None:
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise RuntimeError(f"nothing listens on port {port}")
