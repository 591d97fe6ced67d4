"""Carries out what processes want, from the log, at least once and in order.

For each batch of events: the jobs go to the queue, then the deadlines and the position commit in
one transaction. A crash in between repeats the jobs, which are idempotent. Where nothing came of a
batch, its position commits with a later one. A rebuild of projections never comes here: side
effects are not replayed.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine

from application.ports import JobsUnavailable, LogUnavailable
from application.processes.process import Process
from infrastructure.event_store.schema import Row
from infrastructure.jobs.queue import DramatiqJobQueue
from infrastructure.processes.batch import Batch, context_of
from infrastructure.processes.deadlines import write_changes
from infrastructure.processes.parked import ParkedStream, ParkedStreams, write_parked
from infrastructure.processes.positions import LEASE_SECONDS, LeaseLost, Positions, Start
from infrastructure.read_models.pages import LogPages, RowLog

_BATCH = 2000
_IDLE_SECONDS = LEASE_SECONDS / 3
_LONGEST_PAUSE = 10.0
_COMMIT_SECONDS = 1.0
_STOP_SECONDS = 2.0
_OUTAGES = (DBAPIError, PoolTimeout, OSError, JobsUnavailable, LogUnavailable)
_REST_SECONDS = 0.1  # no reaction is in a greater hurry, and under load batches grow instead
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Registration:
    """A process and where it starts when it is run for the first time.

    `beginning`: it reacts to all that was ever recorded; right for what was there from the
    product's first day. `head`: only to what is recorded from now on; right for a process that
    is added later and whose jobs must not be done for the past.
    """

    process: Process
    start: Start


class ProcessStatus(msgspec.Struct, frozen=True, kw_only=True):
    """`behind` is in events; `owner` is the runner that has it, None: none now."""

    name: str
    position: int
    behind: int
    owner: str | None
    parked: int


@dataclass(slots=True)
class _Standing:
    """How far a process is, in SQL and in memory. Nothing came of what lies between, so that it
    may be gone through again; `since` is the monotonic time of the last commit."""

    committed: int
    reached: int
    since: float

    def is_due(self, *, at_rest: bool) -> bool:
        behind = self.reached > self.committed
        return behind and (at_rest or time.monotonic() - self.since > _COMMIT_SECONDS)


class ProcessRunner:
    """Runs every registered process; of several runners one at a time has a process."""

    def __init__(
        self,
        registrations: Sequence[Registration],
        log: RowLog,
        engine: AsyncEngine,
        queue: DramatiqJobQueue,
        *,
        owner: str,
    ) -> None:
        self.parked = ParkedStreams(engine)
        self._registrations = registrations
        self._log = log
        self._pages = LogPages(log)
        self._engine = engine
        self._queue = queue
        self._positions = Positions(engine, owner)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._run(registration), name=registration.process.name)
            for registration in self._registrations
        ]

    async def stop(self) -> None:
        """What is under way and not committed is done again by the next runner."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._pages.end(_STOP_SECONDS)
        self._tasks = []
        try:
            for registration in self._registrations:
                await self._positions.let_go(registration.process.name)
        except _OUTAGES:
            _log.warning("leases of processes not let go; they lapse by themselves")

    async def status(self) -> list[ProcessStatus]:
        head = await self._log.head()
        parked = await self.parked.counts()
        now_us = time.time_ns() // 1000
        return [
            ProcessStatus(
                name=one.name,
                position=one.position,
                behind=head - one.position,
                owner=one.owner if one.lease_until_us > now_us else None,
                parked=parked.get(one.name, 0),
            )
            for one in await self._positions.all()
        ]

    async def _run(self, registration: Registration) -> None:
        pause = 0.1
        while True:
            try:
                await self._turn(registration)
                pause = 0.1
            except LeaseLost:
                _log.info("process taken over by another runner", process=registration.process.name)
            except _OUTAGES as error:
                _log.warning(
                    "process waits",
                    process=registration.process.name,
                    seconds=pause,
                    error=str(error),
                )
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            except Exception:  # noqa: BLE001  # the others must go on, and so must this one, later
                _log.exception("process failed", process=registration.process.name)
                await asyncio.sleep(_LONGEST_PAUSE)

    async def _turn(self, registration: Registration) -> None:
        """Batch after batch while there is something to do, then a wait for more."""
        process, position = registration.process, await self._take(registration)
        if position is None:
            return
        held = await self.parked.of(process.name)
        standing = _Standing(position, position, time.monotonic())
        while batch := await self._step(process, standing, held):
            await asyncio.sleep(_REST_SECONDS)
            if held or batch.parked:
                return  # operators may have had their say about those meanwhile
        await self._log.wait_beyond(standing.reached, _IDLE_SECONDS)

    async def _take(self, registration: Registration) -> int | None:
        """The position to go on from; None when another runner has the process, or had it."""
        name = registration.process.name
        position = await self._positions.take(name)
        if position is None:
            if not await self._positions.known(name):
                first = 0 if registration.start == "beginning" else await self._log.head()
                await self._positions.register(name, first)
            else:
                await asyncio.sleep(_IDLE_SECONDS)
        return position

    async def _step(
        self, process: Process, standing: _Standing, held: Sequence[ParkedStream]
    ) -> Batch | None:
        """One batch; None: there was nothing to do."""
        batch = Batch(process, self._queue.knows, {stream.stream for stream in held})
        await self._retry_due(batch, held, standing.reached)
        rows = await self._pages.read(standing.reached, _BATCH)
        batch.follow(await self._pages.wanted(rows, _followed(process, rows)))
        if rows:
            standing.reached = rows[-1][0]
        if not batch.is_empty or standing.is_due(at_rest=not rows):
            await self._commit(process, standing, batch)
        return batch if rows or not batch.is_empty else None

    async def _commit(self, process: Process, standing: _Standing, batch: Batch) -> None:
        await self._queue.enqueue_all(batch.sendings)
        async with self._engine.begin() as connection:
            await self._positions.move(
                connection, process.name, standing.committed, standing.reached
            )
            await write_changes(connection, batch.changes)
            await write_parked(connection, process.name, batch.parked, batch.freed)
        standing.committed, standing.since = standing.reached, time.monotonic()
        for stream in batch.parked:
            _log.error("process set a stream aside", **msgspec.structs.asdict(stream))

    async def _retry_due(self, batch: Batch, held: Sequence[ParkedStream], position: int) -> None:
        now_us = time.time_ns() // 1000
        for stream in held:
            if stream.next_try_us <= now_us:
                events = await self._log.read_stream(
                    stream.stream, after_version=stream.version - 1, limit=_BATCH, upto=position
                )
                batch.retry(stream, events, complete=len(events) < _BATCH)


def _followed(process: Process, rows: Sequence[Row]) -> set[str]:
    """The types among `rows` that are of contexts the process follows."""
    types = {row[3] for row in rows}
    return {tag for tag in types if context_of(tag) in process.contexts}
