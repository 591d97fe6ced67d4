"""Reads the log in pages for several projections at once.

Those that ask for the same page at the same time share one read; only events of the wanted
types are decoded.
"""

import asyncio
from collections.abc import Collection, Sequence
from typing import Protocol

from application.ports import EventLog
from domain.shared import Recorded
from infrastructure.event_store.schema import TYPE, Row


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

    async def read(self, after: int, limit: int) -> Sequence[Row]:
        """Rows beyond `after`, at most `limit`."""
        wanted = (after, limit)
        reading = self._reading.get(wanted)
        if reading is None:
            reading = asyncio.create_task(self.log.read_rows(after, limit))
            self._reading[wanted] = reading
            reading.add_done_callback(lambda _done: self._reading.pop(wanted, None))
        return await asyncio.shield(reading)

    async def wanted(self, rows: Sequence[Row], types: Collection[str]) -> list[Recorded]:
        some = [row for row in rows if row[TYPE] in types]
        return await self.log.decode(some) if some else []
