"""Runs projections: one task each, from the log into their stores, until it is stopped.

Looks after generations too: makes them, lets the new one serve, drops the old, and hands out what
operators ask for.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import Any

import structlog
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.cancelling import cancel
from infrastructure.read_models.announcer import Announcer
from infrastructure.read_models.generations import Generation, Generations
from infrastructure.read_models.leases import Leases
from infrastructure.read_models.pages import LogPages, RowLog
from infrastructure.read_models.requests import Request, Requests
from infrastructure.read_models.runner import Runner, Surroundings
from infrastructure.read_models.schema import NAME_LENGTH
from infrastructure.read_models.status import measure
from infrastructure.read_models.store import error_text
from infrastructure.read_models.stores import Stores
from projections.projection import Projection

TICK_SECONDS = 1.0
_PLANNED_SECONDS = 30.0
_STOP_SECONDS = 10.0

_log = structlog.get_logger(__name__)
_Lease = tuple[str, int]


class Projector:
    """All given projections, kept up to date: `await run()` in a task, `await stop()` to end it.

    Any number of processes may run one over the same projections: leases see to it that one works
    and the others stand by, and another takes over within ten seconds of a crash. `redis` must
    answer bytes and evict nothing; `engine` and `redis` stay the caller's to close. A database or
    Redis that goes away is waited for. A retired generation is dropped after `grace_seconds`.
    `pages` are there for whoever else reads the log in this process.
    """

    grace_seconds = 60.0

    def __init__(
        self,
        projections: Sequence[Projection[Any]],
        *,
        log: RowLog,
        engine: AsyncEngine,
        redis: "Redis",
        prefix: str = "live:",
    ) -> None:
        self._projections = {each.name: each for each in projections}
        if len(self._projections) != len(projections):
            raise ValueError("two projections have the same name")
        if any(len(name) > NAME_LENGTH or not name.isascii() for name in self._projections):
            raise ValueError(f"a projection's name has at most {NAME_LENGTH} ASCII characters")
        self._stores = Stores(engine, redis, prefix)
        self._generations = Generations(engine)
        self._requests = Requests(engine)
        self._leases = Leases(engine)
        self._log = log
        self._announcer = Announcer(redis, prefix)
        self.pages = LogPages(log)
        self._around = Surroundings(self.pages, self._requests, self._announcer.reached)
        self._runners: dict[_Lease, Runner] = {}
        self._running: dict[_Lease, asyncio.Task[None]] = {}
        self._in_hand: dict[Request, asyncio.Task[None]] = {}
        self._stopping = False
        self._ended = asyncio.Event()
        self._ended.set()
        self._wake = asyncio.Event()
        self._drafts: set[str] = set()
        self._outvoted: set[str] = set()
        self._troubled: set[str] = set()

    async def run(self) -> None:
        """Returns after `stop`. Never raises for what an outage or a projection does."""
        self._ended.clear()
        announcing = asyncio.create_task(self._announcer.run())
        try:
            await self._look_after_all()
        finally:
            await self._end_runners()
            await cancel(announcing)
            self._ended.set()

    async def stop(self) -> None:
        """Ends `run` after the commits under way, and gives the leases back."""
        self._stopping = True
        self._wake.set()
        await self._ended.wait()

    async def _look_after_all(self) -> None:
        reachable = True
        while not self._stopping:
            try:
                await self._tick()
                reachable = True
            except Exception as error:  # noqa: BLE001 - runners go on, whatever happens here
                if reachable:
                    _log.warning("projector_interrupted", error=error_text(error))
                reachable = False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await self._wake.wait()
            self._wake.clear()

    async def _tick(self) -> None:
        held = await self._leases.held()
        for lease in self._runners.keys() - held:
            self._runners[lease].stop()
        generations = await self._generations.of(self._projections)
        requests = await self._requests.open()
        for name, projection in self._projections.items():
            own = [each for each in generations if each.name == name]
            await self._look_after(projection, own, requests)
        self._hand_out(requests)
        await measure(self._log, self._served())

    def _served(self) -> dict[str, tuple[int, int]]:
        return {
            name: (runner.mark.position, len(runner.parked))
            for (name, _), runner in self._runners.items()
            if runner.serves
        }

    async def _look_after(
        self,
        projection: Projection[Any],
        generations: Sequence[Generation],
        requests: Sequence[Request],
    ) -> None:
        """A store out of reach is the trouble of those kept in it, and of no other projection."""
        try:
            await self._build_if_due(projection, generations, requests)
            await self._run_live(projection, generations)
            await self._drop_retired(projection, generations)
        except Exception as error:  # noqa: BLE001 - the next tick tries again
            if projection.name not in self._troubled:
                _log.warning(
                    "projection_held_up", projection=projection.name, error=error_text(error)
                )
            self._troubled.add(projection.name)
        else:
            self._troubled.discard(projection.name)

    async def _build_if_due(
        self,
        projection: Projection[Any],
        generations: Sequence[Generation],
        requests: Sequence[Request],
    ) -> None:
        rebuild = Request(projection.name, "rebuild", "")
        current = [each for each in generations if each.state != "retired"]
        for interrupted in (each for each in current if each.state == "planned"):
            if interrupted.epoch in self._drafts:
                await self._make(projection, interrupted)
        ours = [each for each in current if each.version == projection.version]
        building = any(each.state != "active" for each in ours)
        if (rebuild in requests and not building) or not (ours or self._is_outvoted(current)):
            await self._build(projection, max((g.generation for g in generations), default=0) + 1)
        if rebuild in requests:
            await self._requests.done(rebuild)

    def _is_outvoted(self, current: Sequence[Generation]) -> bool:
        """Newer code has built this projection: older code leaves it alone, unless it is asked."""
        newer = [each for each in current if each.version > self._version(each.name)]
        if newer and newer[0].name not in self._outvoted:
            self._outvoted.add(newer[0].name)
            _log.warning("projection_built_by_newer_code", projection=newer[0].name)
        return bool(newer)

    def _version(self, name: str) -> int:
        return self._projections[name].version

    async def _build(self, projection: Projection[Any], number: int) -> None:
        draft = self._generations.draft(projection.name, projection.version, number)
        self._drafts.add(draft.epoch)
        if await self._generations.add(draft):
            await self._make(projection, draft)

    async def _make(self, projection: Projection[Any], draft: Generation) -> None:
        """Only whoever planned a generation makes it, so that nobody empties what another fills."""
        await self._stores.of(projection, draft).create()
        await self._generations.began(draft)
        self._drafts.discard(draft.epoch)
        self._wake.set()
        _log.info("projection_building", projection=draft.name, generation=draft.generation)

    async def _run_live(
        self, projection: Projection[Any], generations: Sequence[Generation]
    ) -> None:
        for generation in generations:
            lease = (generation.name, generation.generation)
            if not generation.is_live and lease in self._runners:
                self._runners[lease].stop()
            if (
                generation.is_live
                and generation.version == projection.version
                and lease not in self._runners
                and await self._leases.claim(generation)
            ):
                self._start(projection, generation)

    def _start(self, projection: Projection[Any], generation: Generation) -> None:
        lease = (generation.name, generation.generation)
        store = self._stores.of(projection, generation)
        serves = generation.state == "active"
        runner = Runner(projection, store, self._around, serves=serves)
        self._runners[lease] = runner
        self._running[lease] = asyncio.create_task(self._run(projection, generation, runner))

    async def _run(
        self, projection: Projection[Any], generation: Generation, runner: Runner
    ) -> None:
        lease = (generation.name, generation.generation)
        try:
            await runner.run()
            if runner.gone:
                await self._generations.retire(generation)
                self._wake.set()
        except Exception as error:  # noqa: BLE001 - the next tick starts it again
            _log.warning("projection_ended", projection=projection.name, error=error_text(error))
        finally:
            del self._runners[lease], self._running[lease]

    async def _drop_retired(
        self, projection: Projection[Any], generations: Sequence[Generation]
    ) -> None:
        now = time.time_ns() // 1000
        for generation in generations:
            idle_us = now - generation.updated_us
            if generation.state == "planned" and idle_us > _PLANNED_SECONDS * 1_000_000:
                await self._generations.retire(generation)
            if generation.state == "retired" and idle_us > self.grace_seconds * 1_000_000:
                await self._stores.of(projection, generation).drop()
                await self._generations.forget(generation)

    def _hand_out(self, requests: Sequence[Request]) -> None:
        for request in requests:
            runners = [
                runner
                for lease, runner in self._runners.items()
                if lease[0] == request.projection and not runner.is_ending
            ]
            is_ours = any(runner.serves for runner in runners)
            if request.kind == "retry" and is_ours and request not in self._in_hand:
                self._in_hand[request] = asyncio.create_task(self._retry(request, runners))

    async def _retry(self, request: Request, runners: Sequence[Runner]) -> None:
        try:
            await asyncio.gather(*(runner.retry(request.stream) for runner in runners))
            await self._requests.done(request)
        except Exception as error:  # noqa: BLE001 - still asked for, so the next tick repeats it
            _log.warning("retry_failed", projection=request.projection, error=error_text(error))
        finally:
            del self._in_hand[request]

    async def _end_runners(self) -> None:
        for runner in self._runners.values():
            runner.stop()
        running = [*self._running.values(), *self._in_hand.values()]
        if running:
            _, late = await asyncio.wait(running, timeout=_STOP_SECONDS)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=_STOP_SECONDS)
        with contextlib.suppress(Exception):  # they run out by themselves
            await self._leases.release()
