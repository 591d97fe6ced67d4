"""Puts an event store together. Owns the choice of writer by database, and the first rows."""

from dataclasses import dataclass

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from application.handling import Handlers
from infrastructure.event_store.appender import Appender
from infrastructure.event_store.appending import LogWriter
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.log import SqlEventLog
from infrastructure.event_store.mysql_writer import MySqlLogWriter
from infrastructure.event_store.schema import GENESIS_HASH, LOG, LogTables
from infrastructure.event_store.sequencer import Sequencer
from infrastructure.event_store.signal import LogSignal
from infrastructure.event_store.sql_writer import SqlLogWriter
from infrastructure.event_store.stream_states import StreamLoader


class SequencerLimits(msgspec.Struct, frozen=True, kw_only=True):
    """`queue` commands may wait and `batch` go into one transaction; `states` of streams stay in
    memory; a stream gets a snapshot every `snapshot_every` events."""

    queue: int = 10_000
    batch: int = 64
    states: int = 50_000
    snapshot_every: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStore:
    """The log, its one writer in this process, and what both are made of."""

    log: SqlEventLog
    sequencer: Sequencer
    codec: EventCodec
    signal: LogSignal


def open_event_store(
    engine: AsyncEngine,
    codec: EventCodec,
    handlers: Handlers,
    signal: LogSignal,
    limits: SequencerLimits = SequencerLimits(),  # noqa: B008  # frozen
) -> EventStore:
    """Starts nothing: the sequencer and the signal have `start` and `stop` of their own."""
    appender = Appender(
        log_writer(engine),
        StreamLoader(engine, codec, LOG),
        signal,
        cached_states=limits.states,
        snapshot_every=limits.snapshot_every,
    )
    sequencer = Sequencer(appender, handlers, queue_limit=limits.queue, batch_limit=limits.batch)
    log = SqlEventLog(engine, codec, signal)
    return EventStore(log=log, sequencer=sequencer, codec=codec, signal=signal)


def log_writer(engine: AsyncEngine, tables: LogTables = LOG) -> LogWriter:
    if engine.dialect.name == "sqlite":
        return SqlLogWriter(engine, tables)
    return MySqlLogWriter(engine, tables)


async def lay_head(engine: AsyncEngine, tables: LogTables = LOG) -> None:
    """Puts the one row into an empty `log_head`; the migration does the same."""
    head = tables.log_head
    first = {"id": 1, "position": 0, "hash": GENESIS_HASH, "recorded_us": 0}
    try:
        async with engine.begin() as connection:
            if (await connection.execute(select(head.c.id))).first() is None:
                await connection.execute(insert(head).values(first))
    except IntegrityError:
        return  # another process was first
