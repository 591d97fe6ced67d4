"""The log writer for MySQL and MariaDB: a batch in one or two round trips.

It speaks SQL text to the driver's own connection, several statements a packet: the server parses
a multi-row INSERT of literals faster than anything that binds parameters row by row, and every
round trip saved under the head's lock is time no other process waits.
"""

import contextlib
from collections.abc import Awaitable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from asyncmy.connection import Connection
from asyncmy.errors import (
    IntegrityError,
    InterfaceError,
    InternalError,
    MySQLError,
    OperationalError,
)
from sqlalchemy.exc import DBAPIError
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
from infrastructure.event_store.schema import LogTables, Row

_PASSING = (OperationalError, InterfaceError, InternalError)  # lost, deadlocked, moved, read-only
# What is not bytes is ASCII, and so are the columns: nothing needs converting.
_SESSION = "SET NAMES ascii; SET SESSION sql_mode = 'TRADITIONAL', innodb_lock_wait_timeout = 5"


class MySqlLogWriter:
    """Implements `LogWriter` on one connection that it keeps."""

    def __init__(self, engine: AsyncEngine, tables: LogTables) -> None:
        self._engine = engine
        self._events = tables.events.name
        self._head = tables.log_head.name
        self._commands = tables.commands.name
        self._pooled: AsyncConnection | None = None
        self._raw: Connection | None = None

    async def begin(self, wanted: Wanted) -> Begun:
        statements = [
            f"SELECT position, hash, recorded_us FROM {self._head} WHERE id = 1 FOR UPDATE",
            self._known_commands(wanted.command_ids) if wanted.command_ids else "DO 0",
            self._newer(wanted.versions) if wanted.versions else "DO 0",
            self._appended_to(wanted.since) if wanted.since is not None else "DO 0",
        ]
        (head,), known, newer, streams = await self._run(statements)
        told = wanted.since is not None and len(streams) < MOST_TOLD
        return Begun(
            head=Head(*head),
            commands={row[0]: CommandRecord(*row) for row in known},
            newer=newer,
            appended_to={row[0] for row in streams} if told else None,
        )

    async def commit(self, batch: Batch) -> None:
        await self._run([self._statements(batch)])

    async def append(self, batch: Batch, *, once: Awaitable[bool]) -> None:
        statements = self._statements(batch)  # put together while the batch before is written
        if not await once:
            raise Overtaken
        await self._run([statements])

    async def abandon(self) -> None:
        if self._raw is not None:
            await self._run(["ROLLBACK"])

    async def close(self) -> None:
        pooled, self._pooled, self._raw = self._pooled, None, None
        if pooled is not None:
            with contextlib.suppress(DBAPIError, MySQLError, OSError):
                await pooled.invalidate()
                await pooled.close()

    def _known_commands(self, command_ids: Iterable[str]) -> str:
        return (
            "SELECT command_id, fingerprint, position, version, answer, recorded_us"
            f" FROM {self._commands} WHERE command_id IN ({','.join(map(_text, command_ids))})"
        )

    def _newer(self, versions: Mapping[str, int]) -> str:
        beyond = " OR ".join(
            f"(stream = {_text(stream)} AND version > {version})"
            for stream, version in versions.items()
        )
        return (
            "SELECT position, stream, version, type, schema_version, payload"
            f" FROM {self._events} WHERE {beyond} ORDER BY stream, version"
        )

    def _appended_to(self, since: int) -> str:
        return (
            f"SELECT stream FROM {self._events} WHERE position > {since}"
            f" ORDER BY position LIMIT {MOST_TOLD}"
        )

    def _statements(self, batch: Batch) -> str:
        """The head comes first: all who append queue up at its row, in the order they came."""
        return ";".join([self._moved_head(batch), *self._inserts(batch), "COMMIT"])

    def _moved_head(self, batch: Batch) -> str:
        """Moves the head from where the batch was decided, and nowhere else: from any other
        position the column becomes NULL, which it must not be, and the packet ends there."""
        before, after = batch.before, batch.after
        return (
            f"UPDATE {self._head} SET position = IF(position = {before.position}"
            f" AND hash = x'{before.hash.hex()}', {after.position}, NULL),"
            f" hash = x'{after.hash.hex()}', recorded_us = {after.recorded_us} WHERE id = 1"
        )

    def _inserts(self, batch: Batch) -> Iterator[str]:
        if batch.rows:
            yield f"INSERT INTO {self._events} VALUES {','.join(map(_event_values, batch.rows))}"
        if batch.commands:
            values = ",".join(map(_command_values, batch.commands))
            yield f"INSERT INTO {self._commands} VALUES {values}"

    async def _run(self, statements: Iterable[str]) -> list[Sequence[Any]]:
        """Runs the statements as one packet; the rows of each. An error ends the transaction."""
        try:
            connection = self._raw or await self._connect()
            return await _results(connection, ";".join(statements))
        except IntegrityError as error:
            await self._rolled_back()
            raise Overtaken from error
        except (*_PASSING, DBAPIError, PoolTimeout, OSError) as error:
            await self.close()
            raise LogUnavailable from error
        except BaseException:
            await self.close()  # between packets: the connection's state is unknown
            raise

    async def _connect(self) -> Connection:
        self._pooled = await self._engine.connect()
        raw = (await self._pooled.get_raw_connection()).driver_connection
        if not isinstance(raw, Connection):
            raise LogUnavailable
        await _results(raw, _SESSION)
        self._raw = raw
        return raw

    async def _rolled_back(self) -> None:
        try:
            if self._raw is not None:
                await _results(self._raw, "ROLLBACK")
        except (MySQLError, OSError):
            await self.close()


async def _results(connection: Connection, sql: str) -> list[Sequence[Any]]:
    async with connection.cursor() as cursor:
        await cursor.execute(sql)
        results: list[Sequence[Any]] = [await cursor.fetchall()]
        while await cursor.nextset():
            results.append(await cursor.fetchall())
        return results


def _text(value: str) -> str:
    if not value.isascii():  # MariaDB would keep question marks, and the hash would not fit them
        raise ValueError("only ASCII can stand in the envelope of an event")
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _optional(value: str | None) -> str:
    return "NULL" if value is None else _text(value)


def _bytes(value: bytes) -> str:
    escaped = value.replace(b"\\", b"\\\\").replace(b"'", b"\\'").replace(b"\0", b"\\0")
    return "_binary'" + escaped.decode("utf-8", "surrogateescape") + "'"


def _event_values(row: Row) -> str:
    (position, stream, version, tag, schema_version, payload, recorded_us, event_id,
     command_id, correlation_id, causation_id, actor, trace_id, digest) = row  # fmt: skip
    return (
        f"({position},{_text(stream)},{version},{_text(tag)},{schema_version},{_bytes(payload)},"
        f"{recorded_us},'{event_id}',{_text(command_id)},{_text(correlation_id)},"
        f"{_optional(causation_id)},{_text(actor)},{_optional(trace_id)},x'{digest.hex()}')"
    )


def _command_values(command: CommandRecord) -> str:
    return (
        f"({_text(command.command_id)},x'{command.fingerprint.hex()}',{command.position},"
        f"{command.version},{_bytes(command.answer)},{command.recorded_us})"
    )
