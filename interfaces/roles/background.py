"""What runs in a role beside answering requests, each as something to start and to stop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from infrastructure.jobs.broker import disown_all, jobs_client
from infrastructure.jobs.worker import JobWorker
from infrastructure.scrubbing import scrub
from infrastructure.settings import Settings
from interfaces.bootstrap.parts import jobs_namespace
from interfaces.jobs import chat, identity, shop, streaming
from interfaces.platform import Platform
from interfaces.roles.scheduler import Scheduler

_PROVIDER_THREADS = 4
_WORKER_PATIENCE_SECONDS = 3.0


@asynccontextmanager
async def projecting(platform: Platform) -> AsyncIterator[None]:
    """Views, and the frames of rooms, which come from the same reading of the log."""
    running = asyncio.create_task(platform.projector.run())
    await platform.relay.start()
    try:
        yield
    finally:
        await platform.relay.stop()
        await platform.projector.stop()
        await running


@asynccontextmanager
async def working(platform: Platform, *, alone: bool = False) -> AsyncIterator[None]:
    """Jobs and processes. `alone`: take over at once what a killed worker held."""
    settings = platform.settings
    if alone:
        await asyncio.to_thread(_disown, settings)
    worker = JobWorker(
        settings.jobs_redis_url,
        jobs_namespace(settings),
        [
            *streaming.handlers(platform.services.streaming, sweep_seconds=settings.sweep_seconds),
            *identity.handlers(
                platform.services.identity,
                platform.notices,
                platform.jobs,
                partial(scrub, platform.engine, platform.redis),
            ),
            *chat.handlers(platform.services.rooms),
            *shop.handlers(platform.services),
        ],
        platform.dead_jobs,
        {"default": settings.job_threads, "provider": _PROVIDER_THREADS},
    )
    await worker.start()
    await platform.processes.start()
    try:
        yield
    finally:
        await platform.processes.stop()
        await worker.stop(_WORKER_PATIENCE_SECONDS)


@asynccontextmanager
async def scheduling(platform: Platform) -> AsyncIterator[None]:
    scheduler = Scheduler(platform)
    await scheduler.start()
    try:
        yield
    finally:
        await scheduler.stop()


def _disown(settings: Settings) -> None:
    with jobs_client(settings.jobs_redis_url) as client:
        disown_all(client, jobs_namespace(settings))
