"""The portable log writer, in SQLAlchemy Core. It is the one for SQLite, where BEGIN IMMEDIATE
locks the whole file as MySQL locks the head's row."""

from collections.abc import Awaitable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from application.ports import LogUnavailable
from infrastructure.event_store.appending import (
    MOST_TOLD,
    Batch,
    Begun,
    CommandRecord,
    Head,
    Overtaken,
    Wanted,
)
from infrastructure.event_store.schema import LogTables, newer_events


class SqlLogWriter:
    """Implements `LogWriter`."""

    def __init__(self, engine: AsyncEngine, tables: LogTables) -> None:
        self._engine = engine
        self._tables = tables
        self._connection: AsyncConnection | None = None

    async def begin(self, wanted: Wanted) -> Begun:
        with _translated_errors():
            connection = await self._begin_transaction()
            try:
                return Begun(
                    head=await self._locked_head(connection),
                    commands=await self._known_commands(connection, wanted.command_ids),
                    newer=await self._newer(connection, wanted.versions),
                    appended_to=await self._appended_to(connection, wanted.since),
                )
            except BaseException:
                await self.close()
                raise

    async def commit(self, batch: Batch) -> None:
        if self._connection is None:
            raise RuntimeError("commit without begin")
        with _translated_errors():
            try:
                await self._write(self._connection, batch)
                await self._connection.commit()
            except BaseException:
                await self.close()
                raise

    async def append(self, batch: Batch, *, once: Awaitable[bool]) -> None:
        if not await once:
            raise Overtaken
        with _translated_errors():
            await self._begin_transaction()
        await self.commit(batch)

    async def abandon(self) -> None:
        if self._connection is not None:
            with _translated_errors():
                await self._connection.rollback()

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with _translated_errors():
                await connection.close()

    async def _begin_transaction(self) -> AsyncConnection:
        if self._connection is None:
            self._connection = await self._engine.connect()
        try:
            if self._engine.dialect.name == "sqlite":
                await self._connection.execute(text("BEGIN IMMEDIATE"))
        except BaseException:
            await self.close()
            raise
        return self._connection

    async def _locked_head(self, connection: AsyncConnection) -> Head:
        head = self._tables.log_head.c
        locked = select(head.position, head.hash, head.recorded_us).with_for_update()
        return Head(*(await connection.execute(locked)).one())

    async def _known_commands(
        self, connection: AsyncConnection, command_ids: Sequence[str]
    ) -> dict[str, CommandRecord]:
        commands = self._tables.commands
        asked = select(commands).where(commands.c.command_id.in_(command_ids))
        return {row[0]: CommandRecord(*row) for row in await connection.execute(asked)}

    async def _newer(
        self, connection: AsyncConnection, versions: Mapping[str, int]
    ) -> Sequence[Sequence[Any]]:
        if not versions:
            return ()
        return (await connection.execute(newer_events(self._tables, versions))).all()

    async def _appended_to(
        self, connection: AsyncConnection, since: int | None
    ) -> Collection[str] | None:
        if since is None:
            return None
        events = self._tables.events.c
        asked = select(events.stream).where(events.position > since).order_by(events.position)
        streams = (await connection.execute(asked.limit(MOST_TOLD))).scalars().all()
        return set(streams) if len(streams) < MOST_TOLD else None

    async def _write(self, connection: AsyncConnection, batch: Batch) -> None:
        tables = self._tables
        if batch.rows:
            names = tables.events.c.keys()
            rows = [dict(zip(names, row, strict=True)) for row in batch.rows]
            await connection.execute(insert(tables.events), rows)
        if batch.commands:
            commands = [msgspec.structs.asdict(command) for command in batch.commands]
            await connection.execute(insert(tables.commands), commands)
        head = tables.log_head
        before = batch.before
        move = update(head).where(head.c.position == before.position, head.c.hash == before.hash)
        after = msgspec.structs.asdict(batch.after)
        if (await connection.execute(move.values(**after))).rowcount != 1:
            raise Overtaken


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise Overtaken from error
    except (DBAPIError, PoolTimeout, OSError) as error:
        raise LogUnavailable from error
