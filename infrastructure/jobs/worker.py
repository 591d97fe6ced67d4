"""Runs jobs: dramatiq's threads take them from Redis, the event loop does the work.

Every job runs on the loop that `start` was called on, where the platform lives; a thread only
waits for it. Tries are counted here, because waiting for a provider's budget is not one.
"""

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import CancelledError as FutureCancelled
from typing import Any

import structlog
from dramatiq import Actor, Worker
from dramatiq.brokers.redis import RedisBroker
from dramatiq.common import compute_backoff
from dramatiq.errors import Retry
from dramatiq.middleware import CurrentMessage
from sqlalchemy.exc import SQLAlchemyError

from application.ports import ProviderThrottled
from infrastructure.jobs.broker import jobs_client, open_broker
from infrastructure.jobs.dead_jobs import DeadJob, DeadJobs
from infrastructure.jobs.job import Job, Queue
from infrastructure.jobs.strays import KeepStrays
from infrastructure.observability.metrics import JOB_SECONDS, JOBS
from infrastructure.observability.traces import span

JobHandler = Callable[..., Awaitable[None]]

_POLL_MS = 250
_ERROR_LENGTH = 8000
_log = structlog.get_logger(__name__)


class JobWorker:
    """Takes jobs from every queue in `threads` (queue: jobs at once) and runs their handlers."""

    def __init__(
        self,
        url: str,
        namespace: str,
        handlers: Iterable[tuple[Job, JobHandler]],
        dead: DeadJobs,
        threads: Mapping[Queue, int],
    ) -> None:
        self._client = jobs_client(url)
        self._namespace = namespace
        self._handlers = tuple(handlers)
        self._dead = dead
        self._threads = threads
        self._workers: list[Worker] = []
        self._running: set[asyncio.Task[Any]] = set()
        self._blocked_until: dict[Queue, float] = {}

    async def start(self) -> None:
        """Returns once the threads take jobs."""
        self._loop = asyncio.get_running_loop()
        for queue, threads in self._threads.items():
            worker = Worker(self._broker(queue), worker_threads=threads, worker_timeout=_POLL_MS)
            await asyncio.to_thread(worker.start)
            self._workers.append(worker)

    async def stop(self, timeout: float) -> None:
        """Takes no more jobs; those under way after `timeout` seconds go back to the queue."""
        stopping = asyncio.gather(
            *(
                asyncio.to_thread(worker.stop, int(timeout * 1000) + 5000)
                for worker in self._workers
            )
        )
        _, late = await asyncio.wait([asyncio.ensure_future(stopping)], timeout=timeout)
        if late:
            for task in tuple(self._running):
                task.cancel()
        await stopping
        self._workers.clear()
        await asyncio.to_thread(self._client.close)

    def _broker(self, queue: Queue) -> RedisBroker:
        broker = open_broker(self._client, self._namespace, KeepStrays(self._dead, self._loop))
        for job, handler in self._handlers:
            if job.queue == queue:
                broker.declare_actor(self._actor(broker, job, handler))
        return broker

    def _actor(self, broker: RedisBroker, job: Job, handler: JobHandler) -> Actor[..., None]:
        def run(*args: str) -> None:
            message = CurrentMessage.get_current_message()
            if message is None:
                raise RuntimeError("a job runs only in a worker")
            attempt = self._attempt(job, handler, args, message)
            try:
                asyncio.run_coroutine_threadsafe(attempt, self._loop).result()
            except FutureCancelled:
                raise Retry("the worker stops", delay=0) from None

        return Actor(
            run,
            broker=broker,
            actor_name=job.name,
            queue_name=job.queue,
            priority=0,
            options={},
        )

    async def _attempt(
        self, job: Job, handler: JobHandler, args: tuple[str, ...], message: Any
    ) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        await self._unblocked(job.queue)
        with (
            span(job.name, message.options.get("traceparent")),
            JOB_SECONDS.labels(job.name).time(),
        ):
            try:
                async with asyncio.timeout(job.seconds):
                    await handler(*args)
            except Exception as error:  # noqa: BLE001  # whatever a job raises, it is retried or kept
                await self._failed(job, message, error)
            else:
                JOBS.labels(job.name, "done").inc()

    async def _unblocked(self, queue: Queue) -> None:
        """Waits out a provider's block here: sending the job round through Redis for each of
        ten thousand waiting ones would cost more than the waiting."""
        pause = self._blocked_until.get(queue, 0) - time.monotonic()
        if pause > 0:
            await asyncio.sleep(pause)

    async def _failed(self, job: Job, message: Any, error: Exception) -> None:
        if isinstance(error, ProviderThrottled):
            JOBS.labels(job.name, "postponed").inc()
            if job.queue == "provider":
                self._blocked_until[job.queue] = time.monotonic() + error.retry_after
            raise Retry(str(error), delay=int(error.retry_after * 1000)) from error
        tries = message.options.get("tries", 0) + 1
        message.options["tries"] = tries
        if tries >= job.tries:
            await self._give_up(job, message, error)
            return
        JOBS.labels(job.name, "retried").inc()
        delay = _pause_ms(job, tries, error)
        _log.warning(
            "job failed, will be tried again",
            job=job.name,
            args=list(message.args),
            tries=tries,
            seconds=delay / 1000,
            error=_one_line(error),
        )
        raise Retry(str(error), delay=delay) from error

    async def _give_up(self, job: Job, message: Any, error: Exception) -> None:
        """Only once the row is kept is the message gone: if it cannot be, another try follows."""
        dead = DeadJob(
            id=message.message_id,
            job=job.name,
            args=tuple(message.args),
            tries=message.options["tries"],
            error="".join(traceback.format_exception(error))[-_ERROR_LENGTH:],
            traceparent=message.options.get("traceparent"),
            died_us=time.time_ns() // 1000,
        )
        try:
            if not job.periodic:
                await self._dead.keep(dead)
        except SQLAlchemyError as unkept:
            raise Retry(
                "the dead job could not be kept", delay=_pause_ms(job, 5, unkept)
            ) from error
        JOBS.labels(job.name, "dead").inc()
        _log.error(
            "job given up", job=job.name, id=dead.id, tries=dead.tries, error=_one_line(error)
        )


def _pause_ms(job: Job, tries: int, error: Exception) -> int:
    """Doubles with jitter, and is never shorter than what the refusing side asked for."""
    _, backoff = compute_backoff(
        tries - 1, factor=int(job.first_pause * 1000), max_backoff=int(job.longest_pause * 1000)
    )
    return max(backoff, int(getattr(error, "retry_after", 0) * 1000))


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".replace("\n", " ")[:500]
