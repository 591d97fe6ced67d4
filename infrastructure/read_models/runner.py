"""Keeps one generation of one projection up to date with the log.

Reads, folds and commits batch after batch: large ones far behind, whatever is there once caught
up. After anything unexpected it starts again from what the store holds.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any

import structlog
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeout
from sqlalchemy.exc import InterfaceError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from application.ports import LogUnavailable
from infrastructure.event_store.schema import Row
from infrastructure.faults import fault_text
from infrastructure.observability.traces import span
from infrastructure.read_models.folding import Folding
from infrastructure.read_models.pages import LogPages, ReadAhead
from infrastructure.read_models.persons import followed_types
from infrastructure.read_models.refolding import Refolding
from infrastructure.read_models.requests import ALL_STREAMS, Requests
from infrastructure.read_models.store import (
    Change,
    GenerationGone,
    GenerationStore,
    Mark,
    Overtaken,
    Parked,
    Unwritable,
    error_text,
)
from projections.projection import Projection

_PAGE_EVENTS = 2000
_BATCH_EVENTS = 100_000
_IDLE_SECONDS = 0.5
_COMMIT_SECONDS = 60.0
_REST_AN_EVENT, _LONGEST_REST, _LONGEST_WITHOUT_NEWS = 0.001, 0.05, 0.1
_TRACED_EVENTS = 20
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_OUTAGES = (
    LogUnavailable,
    OperationalError,
    InterfaceError,
    PoolTimeout,
    RedisConnectionError,
    RedisTimeout,
    OSError,
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What runners of a process share. `announce` is told of positions that readers now see."""

    pages: LogPages
    requests: Requests
    announce: Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class _Committing:
    """A change on its way to the store."""

    change: Change[Any]
    task: "asyncio.Task[Mark]"


class Runner:
    """Runs until it is stopped, or until its generation is gone; then `gone` is true."""

    def __init__(
        self,
        projection: Projection[Any],
        store: GenerationStore[Any],
        around: Surroundings,
        *,
        serves: bool = False,
    ) -> None:
        self._projection = projection
        self._name = projection.name
        self._types = followed_types(projection)
        self._store = store
        self._around = around
        self._folding: Folding[Any] = Folding(projection)
        self._reached = 0
        self._page_events = _PAGE_EVENTS
        self._condemned: dict[int, str] = {}
        self._traces: set[str] = set()
        self._retries: list[tuple[str, asyncio.Future[None]]] = []
        self._reading = ReadAhead(around.pages)
        self._committing: _Committing | None = None
        self._following = Mark(0, 0)
        self._pause = _FIRST_PAUSE
        self._rest_until = 0.0
        self._had_news = True
        self._stopping = False
        self._woken = asyncio.Event()
        self.serves = serves
        self.gone = False
        self.mark = Mark(0, 0)
        self.parked: frozenset[str] = frozenset()

    async def run(self) -> None:
        try:
            while not (self._stopping or self.gone):
                await self._try()
        finally:
            await self._reading.end()
            for _, retried in self._retries:
                retried.cancel()

    @property
    def is_ending(self) -> bool:
        """Whoever asks it to `retry` now may wait in vain."""
        return self._stopping or self.gone

    def stop(self) -> None:
        """Ends `run` after the commit it is at."""
        self._stopping = True
        self._woken.set()

    async def retry(self, stream: str) -> None:
        """Returns once the parked `stream`, or all of them, have been tried again."""
        retried = asyncio.get_running_loop().create_future()
        self._retries.append((stream, retried))
        self._woken.set()
        await retried

    async def _try(self) -> None:
        try:
            await self._resume()
            try:
                await self._follow()
            finally:
                await self._committed()
        except Overtaken:
            _log.info("projection_overtaken", projection=self._name)
        except GenerationGone:
            self.gone = True
        except Unwritable:
            _log.info("batch_unwritable", projection=self._name)
        except Exception as error:  # noqa: BLE001 - a broken projection must not end its task
            await self._recover(error)

    async def _resume(self) -> None:
        """Starts from what the store holds."""
        standing = await self._store.open()
        skipped = await self._around.requests.skipped(self._name, self._projection.version)
        if self._retries:
            await self._retry(skipped)
            standing = await self._store.open()
        self._stand_at(standing.mark)
        self._following, self._reached = standing.mark, standing.mark.position
        self.parked = frozenset(standing.parked)
        self._folding = Folding(
            self._projection, self.parked, skipped=skipped, condemned=self._condemned
        )

    async def _follow(self) -> None:
        while not self._stopping:
            began = asyncio.get_running_loop().time()
            rows = await self._reading.page(self._reached, self._page_events)
            if rows:
                await self._fold(rows)
            behind = len(rows) >= self._page_events
            if self._is_full() or not behind:
                await self._commit(wait=not behind)
            if self._retries and self._committing is None:
                return
            if not behind:
                self._rest(began, len(rows))
                await self._caught_up()

    def _rest(self, began: float, events: int) -> None:
        """Half of the time is rest, or more: under load batches grow instead of their number."""
        now = asyncio.get_running_loop().time()
        longest = _LONGEST_REST if self._had_news else _LONGEST_WITHOUT_NEWS
        self._rest_until = now + min(max(now - began, events * _REST_AN_EVENT), longest)

    async def _fold(self, rows: Sequence[Row]) -> None:
        events = await self._around.pages.wanted(rows, self._types)
        if events:
            await self._folding.take(events, self._store)
        self._reached = rows[-1][0]
        self._traces = {each.trace_id for each in events[:_TRACED_EVENTS] if each.trace_id}

    def _is_full(self) -> bool:
        return (
            self._page_events < _PAGE_EVENTS
            or self._folding.touched >= self._store.batch_views
            or self._reached - self._following.position >= _BATCH_EVENTS
        )

    async def _commit(self, *, wait: bool) -> None:
        """Commits what was folded since the last commit; `wait` until it is done.

        Far behind, the next batch is read and folded while this one is written.
        """
        await self._committed()
        if self._reached > self._following.position:
            change = self._folding.change(self._following, self._reached)
            self._had_news = bool(change.views)
            self._folding.settle()
            self._following = change.after
            self._committing = _Committing(change, asyncio.create_task(self._write(change)))
        if wait or self._page_events < _PAGE_EVENTS:
            with ExitStack() as spans:
                for traceparent in self._traces:
                    spans.enter_context(span("project", traceparent, projection=self._name))
                await self._committed()

    async def _write(self, change: Change[Any]) -> Mark:
        """A connection may die without a word; no batch takes this long."""
        async with asyncio.timeout(_COMMIT_SECONDS):
            return await self._store.commit(change)

    async def _committed(self) -> None:
        if self._committing is None:
            return
        change, committing = self._committing.change, self._committing.task
        await asyncio.wait((committing,))
        self._committing = None
        try:
            self._stand_at(committing.result())
        except Unwritable as error:
            self._narrow(change, error)
            raise
        self._report_parked(change.parked)
        self._page_events = min(_PAGE_EVENTS, self._page_events * 2)
        self._works_again()
        self._announce()

    def _report_parked(self, parked: Sequence[Parked]) -> None:
        self.parked |= {each.stream for each in parked}
        for each in parked:
            _log.error(
                "stream_parked",
                projection=self._name,
                stream=each.stream,
                position=each.position,
                error=each.error,
            )

    def _works_again(self) -> None:
        if self._pause > _FIRST_PAUSE:
            _log.info("projection_recovered", projection=self._name)
            self._pause = _FIRST_PAUSE

    def _stand_at(self, mark: Mark) -> None:
        self.mark = mark
        for position in [each for each in self._condemned if each <= mark.position]:
            del self._condemned[position]

    def _announce(self) -> None:
        if self.serves:
            self._around.announce(self._name, self.mark.position)

    async def _caught_up(self) -> None:
        if not self.serves and await self._store.activate():
            self.serves = True
            self._announce()
            _log.info("projection_serves", projection=self._name, position=self._reached)
        if await self._grown():
            await asyncio.sleep(self._rest_until - asyncio.get_running_loop().time())
        else:
            await self._store.probe()
            self._works_again()

    async def _grown(self) -> bool:
        """Waits for the log to grow, for `stop` or `retry`; False when none of it happened."""
        grown = asyncio.create_task(
            self._around.pages.log.wait_beyond(self._reached, _IDLE_SECONDS)
        )
        woken = asyncio.create_task(self._woken.wait())
        try:
            await asyncio.wait((grown, woken), return_when=asyncio.FIRST_COMPLETED)
            return woken.done() or grown.result()
        finally:
            self._woken.clear()
            for waiting in (grown, woken):
                waiting.cancel()
            await asyncio.gather(grown, woken, return_exceptions=True)

    async def _retry(self, skipped: Collection[int]) -> None:
        refolding = Refolding(self._projection, self._store, self._around.pages.log)
        stream, retried = self._retries[0]
        standing = await self._store.open()
        for each in list(standing.parked) if stream == ALL_STREAMS else [stream]:
            if each in standing.parked:
                await refolding.retry(each, standing, skipped)
                standing = await self._store.open()
        self._retries.pop(0)
        if not retried.done():
            retried.set_result(None)

    def _narrow(self, change: Change[Any], error: Unwritable) -> None:
        """Halves the batch until the one event is found that made it unwritable."""
        span = change.position - change.before.position
        if span <= 1:
            self._condemned[change.position] = fault_text(error.__cause__ or error)
        self._page_events = max(1, min(_PAGE_EVENTS, span) // 2)

    async def _recover(self, error: Exception) -> None:
        if self._pause == _FIRST_PAUSE:
            _log.warning(
                "projection_interrupted",
                projection=self._name,
                error=error_text(error),
                exc_info=None if isinstance(error, _OUTAGES) else _without_values(error),
            )
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pause):
                await self._woken.wait()
        self._woken.clear()
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)


def _without_values(error: Exception) -> Exception:
    """A statement's parameters are views: they may hold personal data."""
    if isinstance(error, StatementError):
        error.hide_parameters = True
    return error
