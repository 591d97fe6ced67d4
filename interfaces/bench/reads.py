"""Reading the log: `reads scan URL`, `reads rebuild PROJECTION URL REDIS_URL`, `reads replay URL`,
`reads cold URL STREAM_ID`, `reads fill URL SHOWS`, `reads fill-long URL STREAM_ID EVENTS`."""

import asyncio
import contextlib
import resource
import sys
import time
from datetime import UTC, datetime
from typing import Any

import uvloop
from redis.asyncio import Redis
from sqlalchemy import MetaData, Table, delete, inspect
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.schema import DropTable

from application.ports import Dispatch
from domain.streaming.commands import EndLiveStream
from domain.streaming.deciding import LIVE_STREAM
from infrastructure.ids import new_id
from infrastructure.read_models.projector import Projector
from infrastructure.read_models.read_models import ReadModels
from infrastructure.read_models.schema import GENERATIONS
from interfaces.bench.history import write_one_long_stream, write_shows
from interfaces.bench.measurement import report
from interfaces.bench.parts import benched_store
from projections.projection import Projection, ProjectionBehind, Views
from projections.streaming.catalogue import PROJECTIONS

_PAGE = 5000
_SLOWEST_REBUILD_SECONDS = 300


async def fill(url: str, shows: int) -> None:
    async with benched_store(url) as benched:
        report(events=await write_shows(benched, shows))


async def fill_long(url: str, stream_id: str, events: int) -> None:
    """Fills, and has the stream's snapshot taken as a command on it would have."""
    async with benched_store(url) as benched:
        written = await write_one_long_stream(benched, stream_id, events)
        started = time.perf_counter()
        await benched.store.sequencer.execute(_harmless(stream_id))
        report(events=written, without_snapshot_ms=(time.perf_counter() - started) * 1000)


async def scan(url: str) -> None:
    """The raw ordered scan: every row, not decoded."""
    async with benched_store(url) as benched:
        started, position = time.perf_counter(), 0
        while rows := await benched.store.log.read_rows(position, _PAGE):
            position = rows[-1][0]
        report(rate=position / (time.perf_counter() - started))


async def rebuild(name: str, url: str, redis_url: str) -> None:
    """One projection, from nothing to the head of the log, as a new generation is built."""
    (projection,) = (each for each in PROJECTIONS if each.name == name)
    prefix = f"bench:{new_id()}:"
    redis = Redis.from_url(redis_url)
    async with benched_store(url) as benched:
        await _forget(benched.engine, name)
        head = await benched.store.log.head()
        log, engine = benched.store.log, benched.engine
        projector = Projector([projection], log=log, engine=engine, redis=redis, prefix=prefix)
        async with ReadModels(engine, redis, prefix=prefix) as views:
            started = time.perf_counter()
            running = asyncio.create_task(projector.run())
            await _reached(views, projection, head)
            report(rate=head / (time.perf_counter() - started))
        await projector.stop()
        await running
    await redis.aclose()


async def replay(url: str) -> None:
    """Every event decoded, page after page; what the memory grew by."""
    async with benched_store(url) as benched:
        log = benched.store.log
        await log.read(0, limit=_PAGE)
        before = _peak_mb()
        started, position = time.perf_counter(), 0
        while page := await log.read(position, limit=_PAGE):
            position = page[-1].position
        elapsed = time.perf_counter() - started
        report(events=position, grown_mb=_peak_mb() - before, rate=position / elapsed)


async def cold(url: str, stream_id: str) -> None:
    """The first command of a process, on a stream with a long history."""
    async with benched_store(url) as benched:
        await benched.store.log.head()  # the first connection is not the stream's cost
        started = time.perf_counter()
        outcome = await benched.store.sequencer.execute(_harmless(stream_id))
        elapsed = time.perf_counter() - started
        loaded = await benched.store.log.load(LIVE_STREAM, LIVE_STREAM.stream(stream_id))
        report(ms=elapsed * 1000, version=outcome.version, state_version=loaded.version)


async def _forget(engine: AsyncEngine, name: str) -> None:
    """Every generation that an earlier round built, so that this one starts from nothing."""
    async with engine.begin() as connection:
        tables = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        for table in tables:
            if table.startswith(f"{name}_g"):
                await connection.execute(DropTable(Table(table, MetaData())))
        await connection.execute(delete(GENERATIONS).where(GENERATIONS.c.name == name))


async def _reached(views: Views, projection: Projection[Any], head: int) -> None:
    async with asyncio.timeout(_SLOWEST_REBUILD_SECONDS):
        while True:
            with contextlib.suppress(ProjectionBehind):  # it gives up after 2 s, we do not
                return await views.wait(projection, head)


def _harmless(stream_id: str) -> Dispatch:
    command = EndLiveStream(stream_id=stream_id, by="", as_admin=True)
    return Dispatch(
        command=command, command_id=new_id(), actor="system:bench", now=datetime.now(UTC)
    )


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    task, *arguments = sys.argv[1:]
    match task:
        case "fill":
            uvloop.run(fill(arguments[0], int(arguments[1])))
        case "fill-long":
            uvloop.run(fill_long(arguments[0], arguments[1], int(arguments[2])))
        case "scan":
            uvloop.run(scan(*arguments))
        case "rebuild":
            uvloop.run(rebuild(*arguments))
        case "replay":
            uvloop.run(replay(*arguments))
        case "cold":
            uvloop.run(cold(*arguments))
        case _:
            sys.exit(f"{task}: no such measurement")
