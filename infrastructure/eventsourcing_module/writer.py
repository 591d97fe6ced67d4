"""Writes to the log's tables for recorders: within one transaction under the head's lock."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from asyncmy.errors import DataError as UnstorableValue
from asyncmy.errors import MySQLError
from eventsourcing.persistence import Tracking
from sqlalchemy import Select, Table, and_, insert, or_, select, text, update
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from infrastructure.event_store.appending import Head
from infrastructure.event_store.mysql_writer import MySqlLogWriter
from infrastructure.event_store.schema import LogTables
from infrastructure.event_store.sql_writer import SqlLogWriter
from infrastructure.eventsourcing_module.schema import ApplicationTables

_STREAMS_A_QUERY = 200
_LITERALS = mysql.dialect(paramstyle="named")  # the default one would double every percent sign

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

    async def lock(self, claims: Iterable[Claim]) -> tuple[Head, Standing]:
        """Begins a transaction, locks the head, and finds which of the versions are taken."""
        connection = await self._begin_transaction()
        locked = _locked_head(self._tables)
        position, digest, recorded_us = (await connection.execute(locked)).one()
        taken: Standing = {}
        for wanted in _standing(self._tables, claims):
            taken |= _by_claim((await connection.execute(wanted)).all())
        return Head(position, digest, recorded_us), taken

    async def track(self, tracking: Tracking) -> bool:
        return await track(self._begun(), self._tracking, tracking)

    def _begun(self) -> AsyncConnection:
        if self._connection is None:
            raise RuntimeError("nothing was begun")
        return self._connection


class QuickRecorderWriter(MySqlLogWriter):
    """For MySQL, where nothing is tracked: the head stays locked for two round trips only."""

    def __init__(self, engine: AsyncEngine, tables: ApplicationTables) -> None:
        super().__init__(engine, tables.log)
        self._tables = tables.log

    async def lock(self, claims: Iterable[Claim]) -> tuple[Head, Standing]:
        """As `RecorderWriter.lock`."""
        wanted = [_locked_head(self._tables), *_standing(self._tables, claims)]
        (head,), *found = await self._run(map(_literal, wanted))
        return Head(*head), _by_claim(row for rows in found for row in rows)

    async def _run(self, statements: Iterable[str]) -> list[Sequence[Any]]:
        """What no repetition can heal comes as SQLAlchemy's error, as from the portable writer."""
        try:
            return await super()._run(statements)
        except UnstorableValue as error:
            raise DataError(None, None, error) from error
        except MySQLError as error:
            raise DatabaseError(None, None, error) from error


def _locked_head(tables: LogTables) -> Select[Any]:
    head = tables.log_head.c
    return select(head.position, head.hash, head.recorded_us).with_for_update()


def _standing(tables: LogTables, claims: Iterable[Claim]) -> Iterator[Select[Any]]:
    """Selects what stands where the claims are: by stream, from the lowest to the highest."""
    spans: dict[str, tuple[int, int]] = {}
    for stream, version in claims:
        low, high = spans.get(stream, (version, version))
        spans[stream] = min(low, version), max(high, version)
    events = tables.events.c
    wanted = select(events.stream, events.version, events.position, events.event_id)
    streams = list(spans)
    for start in range(0, len(streams), _STREAMS_A_QUERY):
        some = streams[start : start + _STREAMS_A_QUERY]
        within = (
            and_(events.stream == stream, events.version.between(*spans[stream])) for stream in some
        )
        yield wanted.where(or_(*within))


def _by_claim(rows: Iterable[Sequence[Any]]) -> Standing:
    return {(stream, version): (position, event) for stream, version, position, event in rows}


def _literal(wanted: Select[Any]) -> str:
    return str(wanted.compile(dialect=_LITERALS, compile_kwargs={"literal_binds": True}))
