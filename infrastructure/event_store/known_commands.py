"""What commands came to that were accepted before, by their ids."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine

from application.ports import CommandIdReused, Dispatch, LogUnavailable, Outcome
from infrastructure.asking_together import AskingTogether
from infrastructure.event_store.appending import CommandRecord
from infrastructure.event_store.schema import LOG, LogTables

_MOST_AT_ONCE = 128


class SqlKnownCommands:
    """Implements `KnownCommands`. Those who ask at the same time are answered by one query."""

    def __init__(self, engine: AsyncEngine, tables: LogTables = LOG) -> None:
        self._engine = engine
        self._commands = tables.commands
        self._records = AskingTogether(self._find, most=_MOST_AT_ONCE)

    async def outcome(self, dispatch: Dispatch) -> Outcome | None:
        record = await self._records.answer(dispatch.command_id)
        if record is None:
            return None
        if record.fingerprint != dispatch.fingerprint:
            raise CommandIdReused(record.command_id)
        return Outcome(
            position=record.position, version=record.version, answer=record.answer, replayed=True
        )

    async def _find(self, command_ids: Sequence[str]) -> Sequence[CommandRecord | None]:
        known = select(self._commands).where(self._commands.c.command_id.in_(command_ids))
        try:
            async with self._engine.connect() as connection:
                rows = await connection.execute(known)
                records = {row[0]: CommandRecord(*row) for row in rows}
        except (DBAPIError, PoolTimeout, OSError) as error:
            raise LogUnavailable from error
        return [records.get(command_id) for command_id in command_ids]
