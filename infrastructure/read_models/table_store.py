"""Keeps a generation in a SQL table: rows, parked streams and position in one transaction."""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Column, bindparam, delete, select, update
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from infrastructure.read_models.generations import Generation, Generations
from infrastructure.read_models.persons import IndexChange, erasures, index_change
from infrastructure.read_models.schema import (
    GENERATIONS,
    PARKED_STREAMS,
    generation_table,
    persons_table,
)
from infrastructure.read_models.store import (
    Change,
    GenerationGone,
    Mark,
    Overtaken,
    Parked,
    Standing,
    Touched,
    Unwritable,
)
from infrastructure.read_models.upserting import upsert
from projections.projection import TableProjection

V = TypeVar("V", bound=msgspec.Struct)

_ROWS_A_STATEMENT = 1000
_PARKED_COLUMNS = Parked.__struct_fields__
_encode = msgspec.json.Encoder().encode


class TableStore(Generic[V]):
    """One generation of a `TableProjection`. Two writers at once are told apart by the mark."""

    def __init__(
        self, engine: AsyncEngine, projection: TableProjection[V], generation: Generation
    ) -> None:
        self._engine = engine
        self._projection = projection
        self._generation = generation
        # SQLite lets nobody else write meanwhile: commands would wait for a large batch.
        self.batch_views = 2000 if engine.dialect.name == "sqlite" else 20_000
        self.table = generation_table(projection, generation.generation)
        self._persons = persons_table(self.table)
        columns, listed = self.table.c, self._persons.c
        self._load = select(columns.key, columns.view).where(columns.key.in_(bindparam("keys")))
        self._remove = delete(self.table).where(columns.key.in_(bindparam("keys")))
        self._unlist = delete(self._persons).where(
            listed.person == bindparam("of"), listed.key == bindparam("in_view")
        )

    async def create(self) -> None:
        async with self._engine.begin() as connection:
            await connection.run_sync(self.table.metadata.drop_all)
            await connection.run_sync(self.table.create)
            if self._projection.persons is not None:
                await connection.run_sync(self._persons.create)

    async def open(self) -> Standing:
        mark = select(GENERATIONS.c.position, GENERATIONS.c.revision).where(
            *self._own_row(), GENERATIONS.c.state != "retired"
        )
        parked = select(*(PARKED_STREAMS.c[name] for name in _PARKED_COLUMNS)).where(
            PARKED_STREAMS.c.projection == self._generation.name,
            PARKED_STREAMS.c.generation == self._generation.generation,
        )
        async with self._engine.connect() as connection:
            row = (await connection.execute(mark)).one_or_none()
            if row is None:
                raise GenerationGone
            streams = [Parked(**found._asdict()) for found in await connection.execute(parked)]
        return Standing(Mark(*row), {each.stream: each for each in streams})

    async def load(self, keys: Collection[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        async with self._engine.connect() as connection:
            for some in _chunks(sorted(keys)):
                rows = await connection.execute(self._load, {"keys": some})
                found.update((key, view) for key, view in rows)
        return found

    async def holding(self, persons: Collection[str]) -> dict[str, set[str]]:
        held: dict[str, set[str]] = {}
        async with self._engine.connect() as connection:
            for some, person_of in product(_chunks(sorted(persons)), self._person_columns()):
                wanted = select(person_of, person_of.table.c.key).where(person_of.in_(some))
                for person, key in await connection.execute(wanted):
                    held.setdefault(person, set()).add(key)
        return held

    async def commit(self, change: Change[V]) -> Mark:
        index = self._index_change(change)
        # By key, removals too: two writers lock rows in one order.
        kept = sorted(key for key, touched in change.views.items() if touched.after is not None)
        removed = sorted(key for key, touched in change.views.items() if touched.after is None)
        with _told_apart():
            async with self._engine.begin() as connection:
                await self._advance(connection, change)
                for keys in _chunks(removed):
                    await connection.execute(self._remove, {"keys": keys})
                for keys in _chunks(kept):
                    rows = self._rows(change.views, keys)
                    await upsert(connection, self.table, rows)
                await self._list(connection, index)
                await self._set_aside(connection, change)
        return change.after

    async def probe(self) -> None:
        """SQL loses nothing behind our back."""

    async def activate(self) -> bool:
        return await Generations(self._engine).activate(self._generation)

    async def drop(self) -> None:
        async with self._engine.begin() as connection:
            await connection.run_sync(self.table.metadata.drop_all)

    def _rows(self, views: Mapping[str, Touched[V]], keys: Sequence[str]) -> list[dict[str, Any]]:
        try:
            return [
                {
                    "key": key,
                    "position": views[key].position,
                    "view": _encode(view),
                    **self._projection.row(view),
                }
                for key in keys
                if (view := views[key].after) is not None
            ]
        except Exception as error:
            raise Unwritable from error

    async def _advance(self, connection: AsyncConnection, change: Change[V]) -> None:
        """Moves the mark, first of all: it also locks out everybody else."""
        after = change.after
        moved = await connection.execute(
            update(GENERATIONS)
            .where(
                *self._own_row(),
                GENERATIONS.c.position == change.before.position,
                GENERATIONS.c.revision == change.before.revision,
                GENERATIONS.c.state != "retired",
            )
            .values(position=after.position, revision=after.revision, updated_us=_now_us())
        )
        if moved.rowcount != 1:
            raise Overtaken

    def _person_columns(self) -> list[Column[Any]]:
        """Where persons stand, each beside the `key` of a view with data of theirs."""
        own = self._projection.person
        return [self._persons.c.person, *([self.table.c[own]] if own else [])]

    def _index_change(self, change: Change[V]) -> IndexChange:
        if self._projection.person:
            return erasures(change)
        try:
            return index_change(self._projection, change)
        except Exception as error:
            raise Unwritable from error

    async def _list(self, connection: AsyncConnection, index: IndexChange) -> None:
        for some in _chunks(sorted(index.removed)):
            rows = [{"of": entry.person, "in_view": entry.key} for entry in some]
            await connection.execute(self._unlist, rows)
        for some in _chunks(sorted(index.added)):
            rows = [entry._asdict() for entry in some]
            await upsert(connection, self._persons, rows)

    async def _set_aside(self, connection: AsyncConnection, change: Change[V]) -> None:
        own = {"projection": self._generation.name, "generation": self._generation.generation}
        if change.unparked:
            await connection.execute(
                delete(PARKED_STREAMS).where(
                    PARKED_STREAMS.c.projection == self._generation.name,
                    PARKED_STREAMS.c.generation == self._generation.generation,
                    PARKED_STREAMS.c.stream.in_(change.unparked),
                )
            )
        if change.parked:
            rows = [{**own, **msgspec.structs.asdict(each)} for each in change.parked]
            await upsert(connection, PARKED_STREAMS, rows)

    def _own_row(self) -> tuple[Any, ...]:
        return (
            GENERATIONS.c.name == self._generation.name,
            GENERATIONS.c.generation == self._generation.generation,
        )


@contextmanager
def _told_apart() -> Iterator[None]:
    """A value no database would take is `Unwritable`; an outage stays what it is."""
    try:
        yield
    except (DataError, IntegrityError, LookupError, OverflowError, TypeError, ValueError) as error:
        raise Unwritable from error
    except DBAPIError:
        raise
    except StatementError as error:
        raise Unwritable from error


_T = TypeVar("_T")


def _chunks(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(items), _ROWS_A_STATEMENT):
        yield items[start : start + _ROWS_A_STATEMENT]


def _now_us() -> int:
    return time.time_ns() // 1000
