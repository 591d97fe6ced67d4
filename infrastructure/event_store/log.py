"""Reads the event log from SQL."""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from sqlalchemy import Select, func, or_, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine

from application.ports import Loaded, LogUnavailable
from domain.shared import Decider, Recorded
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.schema import LOG, LogTables, Row
from infrastructure.event_store.signal import LogSignal
from infrastructure.event_store.stream_states import StreamLoader

S = TypeVar("S")


class SqlEventLog:
    """The log as readers see it: in order of position, committed events only.

    Positions have no gaps and commit in order, so a reader that has seen position p has seen
    all up to p. Every method raises `LogUnavailable` when the database cannot be reached.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        codec: EventCodec,
        signal: LogSignal,
        tables: LogTables = LOG,
    ) -> None:
        self._engine = engine
        self._codec = codec
        self._signal = signal
        self._events = tables.events
        self._head = tables.log_head
        self._loader = StreamLoader(engine, codec, tables)

    async def head(self) -> int:
        rows = await self._fetch(select(self._head.c.position))
        return int(rows[0][0]) if rows else 0

    async def head_hash(self) -> tuple[int, bytes]:
        """The last position and its hash, read together."""
        rows = await self._fetch(select(self._head.c.position, self._head.c.hash))
        return rows[0][0], rows[0][1]

    async def read_rows(self, after: int, limit: int, *, upto: int | None = None) -> Sequence[Row]:
        """Raw rows beyond `after`, at most `limit`, none beyond `upto`; see `schema.Row`."""
        position = self._events.c.position
        wanted = select(self._events).where(position > after)
        if upto is not None:
            wanted = wanted.where(position <= upto)
        return await self._fetch(wanted.order_by(position).limit(limit))

    async def decode(self, rows: Sequence[Row]) -> list[Recorded]:
        return await self._codec.recorded(rows)

    async def read(self, after: int, *, limit: int, upto: int | None = None) -> Sequence[Recorded]:
        return await self.decode(await self.read_rows(after, limit, upto=upto))

    async def read_stream(
        self, stream: str, *, after_version: int = 0, limit: int, upto: int | None = None
    ) -> Sequence[Recorded]:
        return await self.decode(
            await self.read_stream_rows(stream, after_version, limit, upto=upto)
        )

    async def read_stream_rows(
        self, stream: str, after_version: int, limit: int, *, upto: int | None = None
    ) -> Sequence[Row]:
        """Like `read_rows`, of one stream, in order of version."""
        events = self._events.c
        wanted = select(self._events).where(events.stream == stream, events.version > after_version)
        if upto is not None:
            wanted = wanted.where(events.position <= upto)
        return await self._fetch(wanted.order_by(events.version).limit(limit))

    async def read_stream_back(
        self, stream: str, types: Collection[str], limit: int
    ) -> Sequence[Recorded]:
        """The newest events of one stream that are of the `types`, the newest first: as of one
        moment, and none of them left out up to the first."""
        return await self.decode(await self._fetch(self.newest(stream, types, limit)))

    def newest(self, stream: str, types: Collection[str], limit: int) -> Select[Any]:
        """Selects what `read_stream_back` reads."""
        events = self._events.c
        wanted = select(self._events).where(events.stream == stream, events.type.in_(types))
        return wanted.order_by(events.version.desc()).limit(limit)

    async def read_about(
        self, person: str, after: int, *, limit: int, upto: int | None = None
    ) -> Sequence[Recorded]:
        events = self._events.c
        about = or_(events.actor == f"user:{person}", func.instr(events.payload, person) > 0)
        wanted = select(self._events).where(events.position > after, about)
        if upto is not None:
            wanted = wanted.where(events.position <= upto)
        return await self.decode(await self._fetch(wanted.order_by(events.position).limit(limit)))

    async def load(self, decider: Decider[S], stream: str) -> Loaded[S]:
        loaded = await self._loader.load({stream: decider})
        return loaded[stream]

    async def wait_beyond(self, position: int, timeout: float) -> bool:
        return await self._signal.wait_beyond(position, timeout)

    async def _fetch(self, wanted: Select[Any]) -> Sequence[Any]:
        try:
            return await self._fetched(wanted)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise LogUnavailable from error
        except (PoolTimeout, OSError) as error:
            raise LogUnavailable from error
        try:  # the connection had been cut while it lay in the pool; now all of those are gone
            return await self._fetched(wanted)
        except (DBAPIError, PoolTimeout, OSError) as error:
            raise LogUnavailable from error

    async def _fetched(self, wanted: Select[Any]) -> Sequence[Any]:
        async with self._engine.connect() as connection:
            return (await connection.execute(wanted)).all()
