"""How the jobs of live streams are run: their queues, and how hard each is tried."""

import time

from application.streaming.services import StreamingServices
from infrastructure.jobs.job import Job
from infrastructure.jobs.worker import JobHandler

_STALE_SWEEPS = 3

JOBS = (
    Job(name="streaming.provision_live_input", queue="provider", tries=30),
    Job(name="streaming.retire_live_input", queue="provider", tries=30),
    Job(name="streaming.rotate_ingest_keys", tries=30),
    Job(name="streaming.end_after_grace", tries=30),
    Job(name="streaming.reconcile_live_input"),
    Job(name="streaming.take_webhook"),
    Job(name="streaming.attach_output"),
    Job(name="streaming.detach_output"),
    Job(name="streaming.sweep_live_inputs", tries=4, seconds=120, periodic=True),
)


def handlers(streaming: StreamingServices, *, sweep_seconds: float) -> list[tuple[Job, JobHandler]]:
    async def sweep(asked_at: str) -> None:
        """Sweeps that piled up while no worker ran are passed over: one is enough."""
        if time.time() - float(asked_at) <= _STALE_SWEEPS * sweep_seconds:
            await streaming.sweeping.sweep_live_inputs()

    run = {**streaming.jobs(), "streaming.sweep_live_inputs": sweep}
    return [(job, run[job.name]) for job in JOBS]
