"""Passes the log's facts on to rooms: reads them once and writes them to Redis for everybody.

Any number may run. One of them is ahead, the others stand by and take over within a second. What
is lost when one dies, or while Redis is away, its readers heal from the log; so a relay always
begins at the log's end.
"""

import asyncio

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from application.ports import LogUnavailable
from infrastructure.cancelling import cancel, unbroken
from infrastructure.faults import fault_text
from infrastructure.observability.metrics import ROOM_RELAYED
from infrastructure.read_models.pages import LogPages
from infrastructure.realtime.batch_stream import MISSED_AT_MOST, BatchStream
from projections.chat.frames import FeedBatch
from projections.frames import TYPES, batch_of

_PAGE = 500
_EMPTY_SECONDS = 0.5  # how long readers may not know that there was nothing for them
_STAND_BY_SECONDS = 0.7
_RETRY_SECONDS = 0.5
_LEAST_REST, _LONGEST_REST = 0.003, 0.025
_log = structlog.get_logger(__name__)


class Relay:
    """`redis` must answer bytes. What was said stays there for twice `kept_seconds` at most."""

    kept_seconds = 60.0

    def __init__(self, pages: LogPages, redis: Redis, *, prefix: str = "live:") -> None:
        self._pages = pages
        self._batches = BatchStream(redis, prefix)
        self._relaying: asyncio.Task[None] | None = None
        self._in_trouble = False
        self._reached = self._sent = 0
        self._keep_from = self._keep_next = 0
        self._empty_due = self._turnover_due = 0.0

    async def start(self) -> None:
        self._relaying = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._relaying is not None:
            await cancel(self._relaying)

    async def _run(self) -> None:
        while True:
            try:
                await self._relay()
                await self._stand_by()
            except Exception as error:  # noqa: BLE001 - it begins anew, whatever it was
                self._complain(error)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _relay(self) -> None:
        """Returns when another relay turns out to be ahead.

        It begins with nothing in Redis: who said what is there may have been erased meanwhile.
        """
        await self._batches.empty()
        self._reached = self._sent = await self._head()
        self._keep_from = self._keep_next = self._sent
        ahead = True
        while ahead:
            began, before = _now(), self._reached
            ahead = await self._pass_on(await unbroken(self._next()))
            if self._reached - before < _PAGE:
                await self._rest(began)

    async def _pass_on(self, batch: FeedBatch) -> bool:
        """False: another relay has passed that on already."""
        self._reached = batch.upto
        if not (batch.frames or batch.erased or batch.incomplete or self._is_empty_due()):
            return True
        self._turn_over()
        if not await self._batches.add(batch, keep_from=self._keep_from):
            return False
        self._in_trouble = False
        self._sent, self._empty_due = batch.upto, _now() + _EMPTY_SECONDS
        ROOM_RELAYED.inc(len(batch.frames))
        return True

    async def _next(self) -> FeedBatch:
        rows = await self._pages.read(self._reached, _PAGE)
        if len(rows) == _PAGE:
            head = await self._pages.log.head()
            if head - self._reached > MISSED_AT_MOST:
                return FeedBatch(after=self._sent, upto=head, incomplete=True)
        upto = rows[-1][0] if rows else self._reached
        return batch_of(await self._pages.wanted(rows, TYPES), after=self._sent, upto=upto)

    def _turn_over(self) -> None:
        if _now() >= self._turnover_due:
            self._keep_from, self._keep_next = self._keep_next, self._sent
            self._turnover_due = _now() + self.kept_seconds

    def _is_empty_due(self) -> bool:
        return self._reached > self._sent and _now() >= self._empty_due

    async def _rest(self, began: float) -> None:
        """At least half of the time is rest: under load batches grow instead of their number."""
        await asyncio.sleep(min(max(_now() - began, _LEAST_REST), _LONGEST_REST))
        patience = _EMPTY_SECONDS
        if self._reached > self._sent:
            patience = max(0.0, self._empty_due - _now())
        await self._pages.log.wait_beyond(self._reached, patience)

    async def _stand_by(self) -> None:
        """Until what the log has had for a while is not in Redis: nobody else relays it."""
        while True:
            head = await self._head()
            await asyncio.sleep(_STAND_BY_SECONDS)
            last = await self._batches.last()
            self._in_trouble = False
            if last < head:
                return
            if last > await self._head():
                _log.warning("room_stream_of_another_log", last=last)
                await self._batches.forget()
                return

    async def _head(self) -> int:
        return await unbroken(self._pages.log.head())

    def _complain(self, error: Exception) -> None:
        """Once, however long it lasts."""
        if not self._in_trouble:
            known = isinstance(error, LogUnavailable | RedisError | OSError)
            _log.warning(
                "room_relay_waits", error=fault_text(error), exc_info=None if known else error
            )
        self._in_trouble = True


def _now() -> float:
    return asyncio.get_running_loop().time()
