"""What a benchmark reports, and how one is run apart from the others."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import msgspec
from sqlalchemy import text
from sqlalchemy.engine import make_url

from infrastructure.database import create_engine
from infrastructure.migrations.migrating import upgrade

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Servers:
    """Where the benchmarks find MySQL and Redis, and how long each load lasts, in seconds."""

    mysql_url: str
    redis_url: str
    seconds: float


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """One figure, and what it was measured against in the same run.

    `ratio` is value over baseline; `wanted` is the ratio, or the value, that is promised.
    """

    name: str
    value: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None
    wanted: str = ""
    note: str = ""


async def measured(module: str, *arguments: object) -> dict[str, Any]:
    """Runs `python -m interfaces.bench.<module>` to its end; its last line is its figures.

    A process of its own: no measurement warms, or fills, the memory of another.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"interfaces.bench.{module}",
        *map(str, arguments),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"the benchmark {module} ended with {process.returncode}")
    figures: dict[str, Any] = json.loads(output.splitlines()[-1])
    return figures


def ratio(measurement: Measurement) -> Measurement:
    """With its ratio to its baseline, and figures as precise as they deserve."""
    if not measurement.baseline:
        return measurement
    return msgspec.structs.replace(
        measurement,
        value=round(measurement.value, 1),
        baseline=round(measurement.baseline, 1),
        ratio=round(measurement.value / measurement.baseline, 3),
    )


def report(**figures: object) -> None:
    """What a benchmark's process hands to `measured`."""
    sys.stdout.write(json.dumps(figures) + "\n")


@asynccontextmanager
async def fresh_database(server_url: str, *, tables: bool = True) -> AsyncIterator[str]:
    """A database of its own on the server, dropped at the end."""
    name = f"bench_{uuid4().hex[:12]}"
    server = create_engine(server_url)
    url = make_url(server_url).set(database=name).render_as_string(hide_password=False)
    async with server.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {name} CHARACTER SET utf8mb4"))
    try:
        if tables:
            engine = create_engine(url)
            await upgrade(engine)
            await engine.dispose()
        yield url
    finally:
        async with server.connect() as connection:
            await connection.execute(text(f"DROP DATABASE {name}"))
        await server.dispose()


def percentile(sorted_values: Sequence[float], share: float) -> float:
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))]
