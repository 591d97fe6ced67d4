"""Writes to the log's tables for recorders: within one transaction under the head's lock."""

from collections.abc import Iterable, Mapping

from eventsourcing.persistence import Tracking
from sqlalchemy import Table, and_, insert, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from infrastructure.event_store.appending import Head
from infrastructure.event_store.sql_writer import SqlLogWriter
from infrastructure.eventsourcing_module.schema import ApplicationTables

_STREAMS_A_QUERY = 200

Claim = tuple[str, int]
Standing = dict[Claim, tuple[int, str]]


async def begin_writing(connection: AsyncConnection) -> None:
    """SQLite locks late unless told; two that upgrade their locks would refuse each other."""
    if connection.dialect.name == "sqlite":
        await connection.execute(text("BEGIN IMMEDIATE"))


async def track(connection: AsyncConnection, table: Table, tracking: Tracking) -> bool:
    """Moves a tracking row forward; False when it stands there already, or beyond.

    Whoever inserts a row first may be overtaken by a lower one: then the row is there to move.
    """
    columns = table.c
    name, position = tracking.application_name, tracking.notification_id
    behind = and_(columns.application_name == name, columns.notification_id < position)
    move = update(table).where(behind).values(notification_id=position)
    if (await connection.execute(move)).rowcount == 1:
        return True
    there = select(columns.notification_id).where(columns.application_name == name)
    if (await connection.execute(there)).first() is None:
        try:
            await connection.execute(
                insert(table).values(application_name=name, notification_id=position)
            )
        except IntegrityError:
            return (await connection.execute(move)).rowcount == 1
        return True
    return False


class RecorderWriter(SqlLogWriter):
    """The portable log writer, with what recorders need in the same transaction."""

    def __init__(self, engine: AsyncEngine, tables: ApplicationTables) -> None:
        super().__init__(engine, tables.log)
        self._tracking = tables.tracking

    async def lock(self) -> Head:
        """Begins a transaction and locks the head."""
        connection = await self._begin_transaction()
        head = self._tables.log_head.c
        locked = select(head.position, head.hash, head.recorded_us).with_for_update()
        position, digest, recorded_us = (await connection.execute(locked)).one()
        return Head(position, digest, recorded_us)

    async def standing(self, claims: Iterable[Claim]) -> Standing:
        """Which of the claimed versions are taken: each one's position and event id."""
        spans: dict[str, tuple[int, int]] = {}
        for stream, version in claims:
            low, high = spans.get(stream, (version, version))
            spans[stream] = min(low, version), max(high, version)
        taken: Standing = {}
        streams = list(spans)
        for start in range(0, len(streams), _STREAMS_A_QUERY):
            some = {stream: spans[stream] for stream in streams[start : start + _STREAMS_A_QUERY]}
            taken |= await self._standing(some)
        return taken

    async def track(self, tracking: Tracking) -> bool:
        return await track(self._begun(), self._tracking, tracking)

    async def _standing(self, spans: Mapping[str, tuple[int, int]]) -> Standing:
        events = self._tables.events.c
        within = (
            and_(events.stream == stream, events.version.between(low, high))
            for stream, (low, high) in spans.items()
        )
        wanted = select(events.stream, events.version, events.position, events.event_id)
        rows = await self._begun().execute(wanted.where(or_(*within)))
        return {(stream, version): (position, event) for stream, version, position, event in rows}

    def _begun(self) -> AsyncConnection:
        if self._connection is None:
            raise RuntimeError("nothing was begun")
        return self._connection
