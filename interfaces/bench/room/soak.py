"""`make soak`: thousands of viewers in one room for minutes, with traffic. Fails when one of them
is cut off or misses a message, or when the server's memory grows."""

import asyncio
import json
import sys
from typing import Any

import click

from interfaces.bench.measurement import fresh_database
from interfaces.bench.room.guests import room_paths
from interfaces.bench.room.memory import resident_kb
from interfaces.bench.room.tasks import Task, begun
from interfaces.bench.servers import Deployment, allow_open_files, deployed, environ_of

_SETTLING_MINUTES = 2
_TOLERANCE = 0.10
_MINUTE = 60.0
_SPARE_FILES = 1000


@click.command()
@click.option("--viewers", default=5000, show_default=True)
@click.option("--minutes", type=click.IntRange(_SETTLING_MINUTES + 1, 60), default=10)
@click.option("--rate", default=10.0, show_default=True, help="Messages a second.")
@click.option("--mysql", envvar="TEST_MYSQL_URL", required=True)
@click.option("--redis", envvar="TEST_REDIS_URL", required=True)
def soak(viewers: int, minutes: int, rate: float, mysql: str, redis: str) -> None:
    """Prints a line a minute. Memory may grow by a tenth after the first two minutes."""
    allow_open_files(viewers + _SPARE_FILES)
    sys.exit(asyncio.run(_soak(mysql, redis, viewers=viewers, minutes=minutes, rate=rate)))


async def _soak(mysql: str, redis: str, *, viewers: int, minutes: int, rate: float) -> str | None:
    """What went wrong, or None."""
    settings = {
        "LIVE_ROOM_SHOWN_PER_SECOND": "0",  # so that what is missed shows
        "LIVE_CHAT_MESSAGES": "0",
        "LIVE_ROOM_CONNECTIONS_PER_ADDRESS": "0",
        "LIVE_ACCESS_TOKEN_SECONDS": "3600",
    }
    async with (
        fresh_database(mysql, tables=False) as url,
        deployed(environ_of(url, redis, **settings)) as ours,
    ):
        click.echo(f"{viewers:,} guests sign in")
        task = Task(
            work="soak",
            speaks="live",
            port=ours.port,
            paths=await room_paths(ours, viewers),
            rate=rate,
            seconds=_MINUTE,
            steps=minutes,
        )
        return await _watched(task, ours)


async def _watched(task: Task, ours: Deployment) -> str | None:
    settled = 0
    minutes = 0
    async with begun(task) as output:
        async for line in output:
            step: dict[str, Any] = json.loads(line)
            minutes, memory = step["number"], resident_kb(ours.api.pid) or 0
            click.echo(
                f"minute {minutes}  api {memory / 1024:.0f} MiB  "
                f"{step['deliveries']:,.0f} deliveries/s  "
                f"p50 {step['p50_ms']:.0f} ms  p99 {step['p99_ms']:.0f} ms  lost {step['lost']}"
            )
            if step["ended"] or step["lost"] or step["spoilt"]:
                return f"viewers were cut off or missed something: {step}"
            if minutes <= _SETTLING_MINUTES:
                settled = memory
            elif memory > settled * (1 + _TOLERANCE):
                return f"memory grew from {settled:,} to {memory:,} KiB"
    return None if minutes == task.steps else "the load broke off"


if __name__ == "__main__":
    soak()
