"""Reads the log in pages for several projections at once.

Those that ask for the same page at the same time share one read, and near the log's end what one
has read is at hand for the others. Only events of the wanted types are decoded.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from application.ports import EventLog
from domain.identity.events import PersonalDataErased
from domain.shared import Recorded
from infrastructure.event_store.schema import TYPE, Row

_READ_SECONDS = 30.0
_TAIL_ROWS = 1000


class RowLog(EventLog, Protocol):
    """A log that gives rows undecoded."""

    async def read_rows(
        self, after: int, limit: int, *, upto: int | None = None
    ) -> Sequence[Row]: ...

    async def decode(self, rows: Sequence[Row]) -> list[Recorded]: ...


class LogPages:
    """The log, page by page."""

    def __init__(self, log: RowLog) -> None:
        self.log = log
        self._reading: dict[tuple[int, int], asyncio.Task[Sequence[Row]]] = {}
        self._tail: list[Row] = []
        self._decoded: dict[int, Recorded] = {}

    async def read(self, after: int, limit: int) -> Sequence[Row]:
        """Rows beyond `after`, at most `limit`; there may be more of them than are returned."""
        if self._tail and self._tail[0][0] <= after + 1 <= self._tail[-1][0]:
            start = after + 1 - self._tail[0][0]  # positions have no gaps
            return self._tail[start : start + limit]
        wanted = (after, limit)
        reading = self._reading.get(wanted)
        if reading is None:
            reading = asyncio.create_task(self._read(after, limit))
            self._reading[wanted] = reading
            reading.add_done_callback(lambda _done: self._reading.pop(wanted, None))
        return await asyncio.shield(reading)

    async def end(self, at_most: float) -> None:
        """Waits for what is being read, `at_most` seconds."""
        if self._reading:
            await asyncio.wait(self._reading.values(), timeout=at_most)

    async def _read(self, after: int, limit: int) -> Sequence[Row]:
        """A connection may die without a word; no page takes this long."""
        async with asyncio.timeout(_READ_SECONDS):
            rows = await self.log.read_rows(after, limit)
        self._keep(rows, at_the_end=len(rows) < limit)
        return rows

    def _keep(self, rows: Sequence[Row], *, at_the_end: bool) -> None:
        """Rows far from the log's end are not kept: who rebuilds passes them alone."""
        if not rows:
            return
        if self._tail and rows[0][0] == self._tail[-1][0] + 1:
            self._tail = [*self._tail[-_TAIL_ROWS:], *rows]
        elif at_the_end:
            self._tail = list(rows)

    async def wanted(self, rows: Sequence[Row], types: Collection[str]) -> list[Recorded]:
        """Those of the `types`, decoded. The latest are at hand for who wants them next."""
        if len(self._decoded) > _TAIL_ROWS:
            self._decoded = {}
        decoded = self._decoded
        some = [row for row in rows if row[TYPE] in types]
        unknown = [row for row in some if row[0] not in decoded]
        if unknown:
            decoded.update((each.position, each) for each in await self.log.decode(unknown))
            if any(row[TYPE] == PersonalDataErased.tag for row in unknown):
                self._decoded = {}  # what is still wanted is decoded anew, without who is gone
        return [decoded[row[0]] for row in some]


@dataclass(frozen=True, slots=True)
class _Ahead:
    after: int
    limit: int
    rows: "asyncio.Task[Sequence[Row]]"


class ReadAhead:
    """One reader's way through the log: the next page is read while a full one is folded."""

    def __init__(self, pages: LogPages) -> None:
        self._pages = pages
        self._ahead: _Ahead | None = None

    async def page(self, after: int, limit: int) -> Sequence[Row]:
        """Rows beyond `after`, at most `limit`."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None and (ahead.after, ahead.limit) == (after, limit):
            rows = await ahead.rows
        else:
            rows = await self._pages.read(after, limit)
        if len(rows) == limit:
            following = rows[-1][0]
            reading = asyncio.create_task(self._pages.read(following, limit))
            reading.add_done_callback(_looked_at)
            self._ahead = _Ahead(following, limit, reading)
        return rows

    async def end(self) -> None:
        """Waits for what is being read."""
        if self._ahead is not None:
            await asyncio.wait((self._ahead.rows,))


def _looked_at(read_ahead: "asyncio.Task[Sequence[Row]]") -> None:
    """Whoever wanted the page may have gone; its failure is no news then."""
    if not read_ahead.cancelled():
        read_ahead.exception()
