"""Which core does what, so that a room's servers and its load do not share one."""

import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from redis.asyncio import Redis
from sqlalchemy import text

from infrastructure.database import create_engine
from interfaces.bench.servers import ANY_CORE, Cores


class Pinning:
    """Both are empty on a machine that cannot pin, or has but one core."""

    def __init__(self) -> None:
        cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        enough = len(cores) > 1
        self.servers: Cores = frozenset(cores[:1]) if enough else ANY_CORE
        self.load: Cores = frozenset(cores[1:2])

    @property
    def note(self) -> str:
        return "servers on one core, load on another" if self.servers else "not pinned"


@asynccontextmanager
async def stores_pinned(mysql_url: str, redis_url: str, cores: Cores) -> AsyncIterator[None]:
    """Meanwhile MySQL and Redis run on `cores` too, where they are processes of this machine."""
    processes = []
    if cores:
        processes = [await _mysql_process(mysql_url), await _redis_process(redis_url)]
    before = {pid: os.sched_getaffinity(pid) for pid in processes if pid}
    for pid in before:
        _keep_threads(pid, cores)
    try:
        yield
    finally:
        for pid, allowed in before.items():
            _keep_threads(pid, frozenset(allowed))


def _keep_threads(pid: int, cores: Cores) -> None:
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(ProcessLookupError):  # it has ended
            os.sched_setaffinity(int(thread.name), cores)


async def _mysql_process(url: str) -> int | None:
    engine = create_engine(url)
    async with engine.connect() as connection:
        noted = (await connection.execute(text("SELECT @@pid_file"))).scalar_one()
    await engine.dispose()
    return _checked(_noted(Path(noted)), b"mysqld", b"mariadbd")


async def _redis_process(url: str) -> int | None:
    async with Redis.from_url(url) as redis:
        pid = int((await redis.info("server"))["process_id"])
    return _checked(pid, b"redis", b"valkey")


def _noted(file: Path) -> int:
    return int(file.read_text()) if file.is_file() else 0


def _checked(pid: int, *names: bytes) -> int | None:
    """In a container, or elsewhere, a number means another process here, or none."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return None
    return pid if any(name in command for name in names) else None
