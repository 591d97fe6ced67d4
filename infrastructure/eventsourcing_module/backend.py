"""The asynchronous half of a datastore: everything that lives in its event loop."""

import asyncio
import contextlib
import threading
from collections.abc import Sequence
from typing import Any

from eventsourcing.persistence import IntegrityError, Tracking
from redis.asyncio import Redis
from sqlalchemy import Executable, Select, Table, select
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.event_store.appending import Draft
from infrastructure.event_store.opening import lay_head
from infrastructure.event_store.signal import LogSignal
from infrastructure.eventsourcing_module.appends import AppendQueue
from infrastructure.eventsourcing_module.errors import was_rolled_back
from infrastructure.eventsourcing_module.schema import ApplicationTables
from infrastructure.eventsourcing_module.writer import (
    QuickRecorderWriter,
    RecorderWriter,
    begin_writing,
    track,
)

_PAUSES = (0.02, 0.1, 0.4, 1.0, None)
_POLL_SECONDS = 0.5  # where no wake-up comes: another process, and no Redis to tell of it


class Backend:
    """Reads, appends and waits for one application's tables."""

    def __init__(self, engine: AsyncEngine, tables: ApplicationTables, redis: "Redis | None",
                 redis_prefix: str) -> None:  # fmt: skip
        self.engine = engine
        self._tables = tables
        self._redis = redis
        self._signal = LogSignal(redis, prefix=f"{redis_prefix}{tables.prefix}")
        on_file = engine.dialect.name == "sqlite"
        quick = None if on_file else QuickRecorderWriter(engine, tables)
        self._appends = AppendQueue(RecorderWriter(engine, tables), quick, self._signal)
        self._listeners: set[threading.Event] = set()
        self._watching: asyncio.Task[None] | None = None
        self._pause: asyncio.Task[bool] | None = None
        self._stopping = False

    async def start(self) -> None:
        await self._signal.start()

    async def stop(self) -> None:
        """Ends the wake-ups; listeners are woken once more."""
        self._stopping = True
        if self._pause is not None:
            self._pause.cancel()
        self._wake_listeners()
        await self._signal.stop()

    async def close(self) -> None:
        await self._appends.close()
        await self.engine.dispose()
        if self._redis is not None:
            await self._redis.aclose()

    async def create_tables(self, tables: Sequence[Table], *, with_head: bool) -> None:
        """Creates those that are not there. Raises `DBAPIError`."""
        try:
            await self._create(tables)
        except DBAPIError:  # somebody else created one of them meanwhile
            await self._create(tables)
        if with_head:
            await lay_head(self.engine, self._tables.log)

    async def append(self, drafts: Sequence[Draft], tracking: Tracking | None) -> list[int]:
        """As `AppendQueue.append`."""
        return await self._appends.append(drafts, tracking)

    async def read(self, wanted: Select[Any]) -> Sequence[Any]:
        """The rows, tried again while the database is away for a moment."""
        for pause in _PAUSES:
            try:
                async with self.engine.connect() as connection:
                    return (await connection.execute(wanted)).all()
            except (DBAPIError, PoolTimeout, OSError) as error:
                if pause is None or isinstance(error, ProgrammingError):
                    raise
                await asyncio.sleep(pause)
        raise AssertionError("the last pause is None")

    async def write(self, statements: Sequence[Executable], tracking: Tracking | None) -> None:
        """Executes the statements and moves the tracking forward, all or nothing.

        Raises `IntegrityError` when the tracking does not move forward, `DBAPIError`.
        """
        for pause in _PAUSES:
            try:
                return await self._write(statements, tracking)
            except DBAPIError as error:
                if pause is None or not was_rolled_back(error):
                    raise
                await asyncio.sleep(pause)
        return None

    async def head(self) -> int:
        rows = await self.read(select(self._tables.log.log_head.c.position))
        return int(rows[0][0]) if rows else 0

    async def listen(self, wake: threading.Event) -> None:
        """Has `wake` set now, whenever the log has grown, and when this is stopped."""
        self._listeners.add(wake)
        wake.set()
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())

    def unlisten(self, wake: threading.Event) -> None:
        """From any thread."""
        self._listeners.discard(wake)

    async def _watch(self) -> None:
        seen = -1
        while self._listeners and not self._stopping:
            with contextlib.suppress(DBAPIError, PoolTimeout, OSError):
                head = await self.head()
                if head != seen:
                    seen = head
                    self._wake_listeners()
            self._pause = asyncio.create_task(self._signal.wait_beyond(max(seen, 0), _POLL_SECONDS))
            await asyncio.wait([self._pause])
        self._watching = None

    def _wake_listeners(self) -> None:
        for wake in tuple(self._listeners):
            wake.set()

    async def _create(self, tables: Sequence[Table]) -> None:
        metadata = self._tables.metadata
        async with self.engine.begin() as connection:
            await connection.run_sync(metadata.create_all, tables=tables)

    async def _write(self, statements: Sequence[Executable], tracking: Tracking | None) -> None:
        async with self.engine.connect() as connection:
            await begin_writing(connection)
            if tracking is not None:
                moved = await track(connection, self._tables.tracking, tracking)
                if not moved:
                    raise IntegrityError(f"{tracking} does not move forward")
            for statement in statements:
                await connection.execute(statement)
            await connection.commit()
