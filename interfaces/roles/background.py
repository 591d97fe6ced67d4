"""What runs in a role beside answering requests, each as something to start and to stop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from infrastructure.event_store.checkpoints import Checkpoints
from infrastructure.jobs.broker import disown_all, jobs_client
from infrastructure.jobs.worker import JobWorker
from infrastructure.settings import SettingError, Settings
from interfaces.bootstrap import jobs_namespace
from interfaces.jobs.streaming import handlers
from interfaces.platform import Platform
from interfaces.roles.scheduler import Scheduler

_PROVIDER_THREADS = 4
_WORKER_PATIENCE_SECONDS = 3.0


@asynccontextmanager
async def projecting(platform: Platform) -> AsyncIterator[None]:
    running = asyncio.create_task(platform.projector.run())
    try:
        yield
    finally:
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
        handlers(platform.services.streaming, sweep_seconds=settings.sweep_seconds),
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
    scheduler = Scheduler(platform, open_checkpoints(platform))
    await scheduler.start()
    try:
        yield
    finally:
        await scheduler.stop()


def open_checkpoints(platform: Platform) -> Checkpoints:
    """Kept in the object store as well, where there is one."""
    objects = platform.objects if platform.settings.r2_endpoint_url else None
    key = checkpoint_key(platform.settings)
    return Checkpoints(platform.engine, platform.log, key, objects)


def checkpoint_key(settings: Settings) -> Ed25519PrivateKey:
    """Raises `SettingError`."""
    pem = settings.checkpoint_key.text.replace("\\n", "\n").encode()
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingError("LIVE_CHECKPOINT_KEY", "must be an Ed25519 private key in PEM")
    return key


def _disown(settings: Settings) -> None:
    with jobs_client(settings.jobs_redis_url) as client:
        disown_all(client, jobs_namespace(settings))
