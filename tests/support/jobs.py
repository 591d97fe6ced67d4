"""A job queue with its worker for tests, and one in a process of its own that can be killed."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.database import METADATA, create_engine
from infrastructure.jobs.dead_jobs import DeadJobs
from infrastructure.jobs.job import Job
from infrastructure.jobs.queue import DramatiqJobQueue
from infrastructure.jobs.worker import JobWorker

NAMESPACE = "t:jobs"
NOTE = Job(name="test.note", tries=3, seconds=2, first_pause=0.02, longest_pause=0.05)
PROVIDE = Job(name="test.provide", queue="provider", tries=3, first_pause=0.02, longest_pause=0.05)
JOBS = (NOTE, PROVIDE)
Handler = Callable[..., Awaitable[None]]


@asynccontextmanager
async def job_queue(jobs_redis_url: str) -> AsyncIterator[DramatiqJobQueue]:
    redis = Redis.from_url(jobs_redis_url)
    yield DramatiqJobQueue(redis, NAMESPACE, JOBS)
    await redis.aclose()


@asynccontextmanager
async def created(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url)
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    yield engine
    await engine.dispose()


@asynccontextmanager
async def working(
    jobs_redis_url: str, engine: AsyncEngine, note: Handler, provide: Handler | None = None
) -> AsyncIterator[JobWorker]:
    worker = JobWorker(
        jobs_redis_url,
        NAMESPACE,
        [(NOTE, note), (PROVIDE, provide or note)],
        DeadJobs(engine),
        {"default": 2, "provider": 1},
    )
    await worker.start()
    try:
        yield worker
    finally:
        await worker.stop(1.0)


@contextmanager
def worker_process(jobs_redis_url: str, database_url: str, log: Path) -> Iterator[int]:
    """The id of a process whose worker appends "<pid> <argument>" to `log` and hangs when the
    argument is `hang`."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.support.jobs", jobs_redis_url, database_url, str(log)]
    )
    try:
        yield child.pid
    finally:
        child.kill()
        child.wait()


async def _main(jobs_redis_url: str, database_url: str, log: Path) -> None:
    async def note(text: str) -> None:
        with log.open("a") as file:
            file.write(f"{text}\n")
        if text == "hang":
            await asyncio.Event().wait()

    engine = create_engine(database_url)
    async with working(jobs_redis_url, engine, note):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
