"""Streams' states: loaded cold from snapshot and events, kept warm in the sequencer.

A snapshot is a cache: one of another `revision`, or that does not decode, is passed over.
"""

import time
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from application.ports import Loaded, LogUnavailable
from domain.shared import Decider, UndecodableEvent
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.schema import POSITION, STREAM, VERSION, LogTables, newer_events

Deciders = Mapping[str, Decider[Any]]
States = dict[str, Loaded[Any]]
_PAGE = 2000
_STREAMS_A_QUERY = 200


class StreamUnreadable(Exception):
    """A stream holds a record that does not decode; nothing can be decided on it."""

    def __init__(self, stream: str, position: int) -> None:
        super().__init__(f"{stream} does not decode at position {position}")
        self.stream = stream


class StreamLoader:
    """Loads states from the newest fitting snapshot and the events after it."""

    def __init__(self, engine: AsyncEngine, codec: EventCodec, tables: LogTables) -> None:
        self._engine = engine
        self.codec = codec
        self._tables = tables
        self._snapshots = tables.snapshots

    async def load(self, deciders: Deciders, *, snapshot_every: int | None = None) -> States:
        """The state of each stream; an unknown one has its decider's initial state.

        A stream of which `snapshot_every` events or more had to be read gets a new snapshot.
        Raises `StreamUnreadable`, `LogUnavailable`.
        """
        loaded: States = {}
        for streams in _chunks(list(deciders), _STREAMS_A_QUERY):
            some = {stream: deciders[stream] for stream in streams}
            try:
                async with self._engine.connect() as connection:
                    starts = await self._from_snapshots(connection, some)
                    ends = await self._caught_up(connection, some, starts)
            except (DBAPIError, PoolTimeout, OSError) as error:
                raise LogUnavailable from error
            loaded |= ends
            for stream, end in ends.items() if snapshot_every else ():
                if end.version - starts[stream].version >= (snapshot_every or 0):
                    await self.save_snapshot(stream, some[stream], end)
        return loaded

    async def save_snapshot(self, stream: str, decider: Decider[Any], loaded: Loaded[Any]) -> None:
        """Keeps a state for later loads. A snapshot that cannot be kept is no loss."""
        table = self._snapshots
        values = {
            "version": loaded.version,
            "revision": decider.revision,
            "state": msgspec.json.encode(loaded.state),
            "taken_us": time.time_ns() // 1000,
        }
        replace = update(table).where(table.c.stream == stream).values(values)
        try:
            async with self._engine.begin() as connection:
                if not (await connection.execute(replace)).rowcount:
                    await connection.execute(insert(table).values(stream=stream, **values))
        except (DBAPIError, PoolTimeout, OSError):
            return

    async def _from_snapshots(self, connection: AsyncConnection, deciders: Deciders) -> States:
        loaded = {stream: Loaded(decider.initial, 0) for stream, decider in deciders.items()}
        columns = self._snapshots.c
        wanted = select(columns.stream, columns.version, columns.revision, columns.state)
        for stream, version, revision, state in await connection.execute(
            wanted.where(columns.stream.in_(list(deciders)))
        ):
            decider = deciders[stream]
            if revision == decider.revision:
                loaded[stream] = _restored(decider, version, state) or loaded[stream]
        return loaded

    async def _caught_up(
        self, connection: AsyncConnection, deciders: Deciders, loaded: States
    ) -> States:
        while True:
            versions = {stream: start.version for stream, start in loaded.items()}
            wanted = newer_events(self._tables, versions).limit(_PAGE)
            rows = (await connection.execute(wanted)).all()
            loaded = advanced(deciders, self.codec, loaded, rows)
            if len(rows) < _PAGE:
                return loaded


def advanced(
    deciders: Deciders,
    codec: EventCodec,
    loaded: Mapping[str, Loaded[Any]],
    rows: Iterable[Sequence[Any]],
) -> States:
    """The states after the events of `rows`. Raises `StreamUnreadable`.

    Personal fields stay sealed: no state holds one, and no key need be fetched to decide.
    """
    after = dict(loaded)
    for row in rows:
        event = codec.decode_sealed(row)
        stream = row[STREAM]
        if isinstance(event, UndecodableEvent):
            raise StreamUnreadable(stream, row[POSITION])
        state = deciders[stream].evolve(after[stream].state, event)
        after[stream] = Loaded(state, row[VERSION])
    return after


class StreamStates:
    """The most recently used streams' states, as of the versions they stood at.

    A state is `current` until `others_appended` says that it may not be: then it is still a sound
    base to catch up from. What others append unnoticed, the head's guard notices.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._states: OrderedDict[str, Loaded[Any]] = OrderedDict()
        self._current: set[str] = set()

    def get(self, stream: str) -> Loaded[Any] | None:
        loaded = self._states.get(stream)
        if loaded is not None:
            self._states.move_to_end(stream)
        return loaded

    def is_current(self, stream: str) -> bool:
        return stream in self._current

    def put(self, stream: str, loaded: Loaded[Any]) -> None:
        self._states[stream] = loaded
        self._states.move_to_end(stream)
        self._current.add(stream)
        if len(self._states) > self._capacity:
            oldest, _ = self._states.popitem(last=False)
            self._current.discard(oldest)

    def others_appended(self, streams: Collection[str] | None) -> None:
        """To these streams; None: it is not known to which."""
        if streams is None:
            self._current.clear()
        else:
            self._current.difference_update(streams)


def _restored(decider: Decider[Any], version: int, state: bytes) -> Loaded[Any] | None:
    try:
        return Loaded(msgspec.json.decode(state, type=type(decider.initial)), version)
    except msgspec.MsgspecError:
        return None


def _chunks(items: list[str], size: int) -> Iterable[list[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))
