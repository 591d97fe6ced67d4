"""Streams' states: loaded cold from snapshot and events, kept warm in the sequencer.

A snapshot is a cache: one of another `revision`, or that does not decode, is passed over.
"""

import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from application.ports import Loaded, LogUnavailable
from domain.shared import Decider, UndecodableEvent
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.schema import POSITION, VERSION, LogTables

Deciders = Mapping[str, Decider[Any]]
_PAGE = 2000
_STREAMS_A_QUERY = 500


class StreamUnreadable(Exception):
    """A stream holds a record that does not decode; nothing can be decided on it."""

    def __init__(self, stream: str, position: int) -> None:
        super().__init__(f"{stream} does not decode at position {position}")


class StreamLoader:
    """Loads states from the newest fitting snapshot and the events after it."""

    def __init__(self, engine: AsyncEngine, codec: EventCodec, tables: LogTables) -> None:
        self._engine = engine
        self._codec = codec
        self._events = tables.events.c
        self._snapshots = tables.snapshots

    async def load(self, deciders: Deciders) -> dict[str, Loaded[Any]]:
        """The state of each stream; an unknown one has its decider's initial state.

        Raises `StreamUnreadable`, `LogUnavailable`.
        """
        try:
            async with self._engine.connect() as connection:
                loaded = await self._from_snapshots(connection, deciders)
                for stream, decider in deciders.items():
                    loaded[stream] = await self._caught_up(
                        connection, stream, decider, loaded[stream]
                    )
                return loaded
        except (DBAPIError, PoolTimeout, OSError) as error:
            raise LogUnavailable from error

    async def save_snapshot(self, stream: str, decider: Decider[Any], loaded: Loaded[Any]) -> None:
        values = {
            "version": loaded.version,
            "revision": decider.revision,
            "state": msgspec.json.encode(loaded.state),
            "taken_us": time.time_ns() // 1000,
        }
        at_stream = self._snapshots.c.stream == stream
        async with self._engine.begin() as connection:
            changed = await connection.execute(
                update(self._snapshots).where(at_stream).values(values)
            )
            if changed.rowcount:
                return
        try:
            async with self._engine.begin() as connection:
                await connection.execute(insert(self._snapshots).values(stream=stream, **values))
        except IntegrityError:
            return  # another process took one meanwhile: as good as ours

    async def _from_snapshots(
        self, connection: AsyncConnection, deciders: Deciders
    ) -> dict[str, Loaded[Any]]:
        loaded = {stream: Loaded(decider.initial, 0) for stream, decider in deciders.items()}
        columns = self._snapshots.c
        wanted = select(columns.stream, columns.version, columns.revision, columns.state)
        for streams in _chunks(list(deciders), _STREAMS_A_QUERY):
            rows = await connection.execute(wanted.where(columns.stream.in_(streams)))
            for stream, version, revision, state in rows:
                decider = deciders[stream]
                if revision == decider.revision:
                    loaded[stream] = _restored(decider, version, state) or loaded[stream]
        return loaded

    async def _caught_up(
        self, connection: AsyncConnection, stream: str, decider: Decider[Any], loaded: Loaded[Any]
    ) -> Loaded[Any]:
        events = self._events
        state, version = loaded.state, loaded.version
        while True:
            wanted = select(
                events.position, events.stream, events.version, events.type,
                events.schema_version, events.payload,
            ).where(events.stream == stream, events.version > version)  # fmt: skip
            rows = (await connection.execute(wanted.order_by(events.version).limit(_PAGE))).all()
            await self._codec.fetch_keys_for(rows)
            state = evolved(decider, self._codec, state, rows)
            version = rows[-1][VERSION] if rows else version
            if len(rows) < _PAGE:
                return Loaded(state, version)


def evolved(
    decider: Decider[Any], codec: EventCodec, state: Any, rows: Iterable[Sequence[Any]]
) -> Any:
    """The state after the events of `rows`. Raises `StreamUnreadable`, `KeysMissing`."""
    for row in rows:
        event = codec.decode(row)
        if isinstance(event, UndecodableEvent):
            raise StreamUnreadable(row[1], row[POSITION])
        state = decider.evolve(state, event)
    return state


class StreamStates:
    """The most recently used streams' states, as of the versions they stood at."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._states: OrderedDict[str, Loaded[Any]] = OrderedDict()

    def get(self, stream: str) -> Loaded[Any] | None:
        loaded = self._states.get(stream)
        if loaded is not None:
            self._states.move_to_end(stream)
        return loaded

    def put(self, stream: str, loaded: Loaded[Any]) -> None:
        self._states[stream] = loaded
        self._states.move_to_end(stream)
        if len(self._states) > self._capacity:
            self._states.popitem(last=False)

    def forget(self, streams: Iterable[str]) -> None:
        for stream in streams:
            self._states.pop(stream, None)


def _restored(decider: Decider[Any], version: int, state: bytes) -> Loaded[Any] | None:
    try:
        return Loaded(msgspec.json.decode(state, type=type(decider.initial)), version)
    except msgspec.MsgspecError:
        return None


def _chunks(items: list[str], size: int) -> Iterable[list[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))
