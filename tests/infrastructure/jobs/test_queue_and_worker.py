"""Jobs through a real Redis: handed over, tried again, given up, brought back."""

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from application.ports import JobsUnavailable, ProviderThrottled, ProviderUnavailable
from infrastructure.jobs.broker import disown_all, jobs_client
from infrastructure.jobs.dead_jobs import DeadJobs
from infrastructure.jobs.job import Job, Sending
from infrastructure.jobs.queue import DramatiqJobQueue
from infrastructure.observability.traces import current_traceparent, span
from tests.support.eventually import eventually
from tests.support.jobs import NAMESPACE, created, job_queue, worker_process, working

pytestmark = pytest.mark.services


class Notes:
    """A handler that remembers what it got, and fails as often as it is told to."""

    def __init__(self, *failures: Exception) -> None:
        self.texts: list[str] = []
        self.times: list[float] = []
        self.failures = list(failures)

    async def __call__(self, text: str) -> None:
        self.texts.append(text)
        self.times.append(time.monotonic())
        if self.failures:
            raise self.failures.pop(0)


async def test_enqueue_runs_the_job_once(jobs_redis_url: str, sqlite_url: str) -> None:
    notes = Notes()
    async with created(sqlite_url) as engine, job_queue(jobs_redis_url) as queue:
        async with working(jobs_redis_url, engine, notes):
            await queue.enqueue("test.note", "a")
            await queue.enqueue("test.provide", "b", delay_seconds=0.2)
            await eventually(lambda: sorted(notes.texts) == ["a", "b"])
        assert [(size.waiting, size.running, size.delayed) for size in await queue.sizes()] == [
            (0, 0, 0),
            (0, 0, 0),
        ]


async def test_a_thousand_jobs_go_over_in_order_and_none_is_lost(
    jobs_redis_url: str, sqlite_url: str
) -> None:
    notes = Notes()
    wanted = [str(number) for number in range(1000)]
    async with created(sqlite_url) as engine, job_queue(jobs_redis_url) as queue:
        await queue.enqueue_all([Sending(job="test.provide", args=(text,)) for text in wanted])
        assert (await queue.sizes())[1].waiting == 1000
        async with working(jobs_redis_url, engine, notes):
            await eventually(lambda: len(notes.texts) == 1000, timeout=20)
    assert notes.texts == wanted


async def test_failed_job_is_tried_again_after_what_the_provider_asked_for(
    jobs_redis_url: str, sqlite_url: str
) -> None:
    notes = Notes(ProviderUnavailable("no answer", retry_after=0.5))
    async with (
        created(sqlite_url) as engine,
        job_queue(jobs_redis_url) as queue,
        working(jobs_redis_url, engine, notes),
    ):
        await queue.enqueue("test.note", "a")
        await eventually(lambda: len(notes.texts) == 2)
    assert notes.times[1] - notes.times[0] >= 0.5


async def test_waiting_for_the_providers_budget_does_not_count_as_a_try(
    jobs_redis_url: str, sqlite_url: str
) -> None:
    notes = Notes(*(ProviderThrottled("later", retry_after=0.05) for _ in range(6)))
    async with (
        created(sqlite_url) as engine,
        job_queue(jobs_redis_url) as queue,
        working(jobs_redis_url, engine, notes),
    ):
        await queue.enqueue("test.provide", "a")
        await eventually(lambda: len(notes.texts) == 7, timeout=20)
        assert await DeadJobs(engine).count() == 0


async def test_throttled_jobs_leave_the_threads_of_the_others_alone(
    jobs_redis_url: str, sqlite_url: str
) -> None:
    notes, provide = Notes(), Notes(ProviderThrottled("later", retry_after=60))
    async with (
        created(sqlite_url) as engine,
        job_queue(jobs_redis_url) as queue,
        working(jobs_redis_url, engine, notes, provide),
    ):
        for number in range(50):
            await queue.enqueue("test.provide", str(number))
        await eventually(lambda: provide.texts)
        await queue.enqueue("test.note", "a")
        await eventually(lambda: notes.texts == ["a"], timeout=3)
    assert len(provide.texts) == 1


async def test_job_is_kept_as_dead_after_its_last_try_and_runs_again_when_requeued(
    jobs_redis_url: str, sqlite_url: str
) -> None:
    notes = Notes(*(RuntimeError("broken pipe") for _ in range(3)))
    async with (
        created(sqlite_url) as engine,
        job_queue(jobs_redis_url) as queue,
        working(jobs_redis_url, engine, notes),
    ):
        await queue.enqueue("test.note", "a")
        dead_jobs = DeadJobs(engine)
        [dead] = await eventually(lambda: dead_jobs.latest(limit=9))
        assert (dead.job, dead.args, dead.tries) == ("test.note", ("a",), 3)
        assert "RuntimeError: broken pipe" in dead.error
        await dead_jobs.requeue([dead], queue)
        await eventually(lambda: len(notes.texts) == 4)
        assert await dead_jobs.count() == 0


async def test_job_that_takes_too_long_is_given_up_and_tried_again(
    jobs_redis_url: str, sqlite_url: str
) -> None:
    texts: list[str] = []

    async def hang_once(text: str) -> None:
        texts.append(text)
        if len(texts) == 1:
            await asyncio.Event().wait()

    async with (
        created(sqlite_url) as engine,
        job_queue(jobs_redis_url) as queue,
        working(jobs_redis_url, engine, hang_once),
    ):
        await queue.enqueue("test.note", "a")
        await eventually(lambda: texts == ["a", "a"])


async def test_job_unknown_to_the_worker_is_shown_among_the_dead(
    jobs_redis_url: str, sqlite_url: str
) -> None:
    async with created(sqlite_url) as engine, job_queue(jobs_redis_url) as queue:
        stranger = Sending(job="test.stranger", args=("a",))
        known = DramatiqJobQueue(queue._redis, NAMESPACE, [Job(name="test.stranger")])
        await known.enqueue_all([stranger])
        async with working(jobs_redis_url, engine, Notes()):
            [dead] = await eventually(lambda: DeadJobs(engine).latest(limit=9))
    assert dead.job == "test.stranger"
    assert "no worker of this version knows" in dead.error


async def test_stopping_worker_gives_an_unfinished_job_back(
    jobs_redis_url: str, sqlite_url: str
) -> None:
    started = asyncio.Event()

    async def hang(_text: str) -> None:
        started.set()
        await asyncio.Event().wait()

    notes = Notes()
    async with created(sqlite_url) as engine, job_queue(jobs_redis_url) as queue:
        async with working(jobs_redis_url, engine, hang):
            await queue.enqueue("test.note", "a")
            await asyncio.wait_for(started.wait(), 5)
        async with working(jobs_redis_url, engine, notes):
            await eventually(lambda: notes.texts == ["a"])


async def test_killed_workers_job_runs_again_elsewhere(
    jobs_redis_url: str, sqlite_url: str, tmp_path: Path
) -> None:
    log, notes = tmp_path / "log", Notes()
    async with created(sqlite_url) as engine, job_queue(jobs_redis_url) as queue:
        with worker_process(jobs_redis_url, sqlite_url, log) as pid:
            await queue.enqueue("test.note", "hang")
            await eventually(log.exists, timeout=20)
            os.kill(pid, signal.SIGKILL)
        with jobs_client(jobs_redis_url) as client:
            disown_all(client, NAMESPACE)  # stands for the 30 s without a heartbeat
        async with working(jobs_redis_url, engine, notes):
            await eventually(lambda: notes.texts == ["hang"])


async def test_job_follows_the_trace_of_its_sender(jobs_redis_url: str, sqlite_url: str) -> None:
    sender = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    traces: list[str | None] = []

    async def note(_text: str) -> None:
        traces.append(current_traceparent())

    async with (
        created(sqlite_url) as engine,
        job_queue(jobs_redis_url) as queue,
        working(jobs_redis_url, engine, note),
    ):
        with span("request", sender):
            await queue.enqueue("test.note", "a")
        await eventually(lambda: traces == [sender])


async def test_enqueue_says_so_when_redis_is_away() -> None:
    async with job_queue("redis://127.0.0.1:1/0") as queue:
        with pytest.raises(JobsUnavailable):
            await queue.enqueue("test.note", "a")
