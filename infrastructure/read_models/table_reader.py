"""Queries `TableProjection`s. Position, generation and view come from one statement each time."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Select, Table, select
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from infrastructure.read_models.schema import GENERATIONS, generation_table
from projections.projection import Projection, ProjectionBehind, Seen, TableProjection

T = TypeVar("T")
V = TypeVar("V", bound=msgspec.Struct)

_TRIES = 2
_OUTAGES = (DBAPIError, PoolTimeout, OSError)


class _Serving(msgspec.Struct, frozen=True):
    """The generation that served when it was last looked up."""

    generation: int
    table: Table


class _Superseded(Exception):
    """Another generation serves by now."""


class TableReader:
    """Remembers which generation serves; a query that finds it does so no more looks it up."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._serving: dict[str, _Serving] = {}

    async def position(self, projection: TableProjection[Any]) -> int:
        """0 while no generation serves. Raises `ProjectionBehind` when it cannot be told."""
        active = select(GENERATIONS.c.position).where(
            GENERATIONS.c.name == projection.name, GENERATIONS.c.state == "active"
        )
        try:
            async with self._engine.connect() as connection:
                return int((await connection.execute(active)).scalar() or 0)
        except _OUTAGES as error:
            raise ProjectionBehind(projection.name, wanted=0) from error

    async def get(self, projection: TableProjection[V], key: str) -> Seen[V | None]:
        def build(serving: _Serving) -> Select[Any]:
            table, own = serving.table, GENERATIONS.c
            return (
                select(own.position, table.c.view)
                .select_from(GENERATIONS.outerjoin(table, table.c.key == key))
                .where(*_is_active(projection, serving))
            )

        async def answer(connection: AsyncConnection, serving: _Serving) -> Seen[V | None]:
            row = (await connection.execute(build(serving))).one_or_none()
            if row is None:
                raise _Superseded
            view = None if row.view is None else decoded(projection, row.view)
            return Seen(view, row.position)

        return await self._query(projection, answer)

    async def select(
        self, projection: TableProjection[V], build: Callable[[Table], Select[Any]]
    ) -> Seen[list[V]]:
        async def answer(connection: AsyncConnection, serving: _Serving) -> Seen[list[V]]:
            position = (
                select(GENERATIONS.c.position)
                .where(*_is_active(projection, serving))
                .scalar_subquery()
            )
            # The position comes with every row: a second statement would see a later state. An
            # answer without rows has none, so it is preceded by a look that is never too far.
            before = (await connection.execute(select(position))).scalar()
            rows = (await connection.execute(build(serving.table).add_columns(position))).all()
            if before is None or any(row[1] is None for row in rows):
                raise _Superseded
            views = [decoded(projection, row[0]) for row in rows]
            return Seen(views, rows[0][1] if rows else before)

        return await self._query(projection, answer)

    async def _query(
        self,
        projection: TableProjection[Any],
        answer: Callable[[AsyncConnection, _Serving], Awaitable[T]],
    ) -> T:
        """Asks the serving generation; once more if another has taken its place."""
        try:
            async with self._engine.connect() as connection:
                for _ in range(_TRIES):
                    serving = await self._found(connection, projection)
                    try:
                        return await answer(connection, serving)
                    except (_Superseded, ProgrammingError, OperationalError):
                        # Its table may be gone by now: MySQL and SQLite call that differently.
                        # Another query may have noticed first.
                        self._serving.pop(projection.name, None)
                        await connection.rollback()
        except _OUTAGES as error:
            raise ProjectionBehind(projection.name, wanted=0) from error
        raise ProjectionBehind(projection.name, wanted=0)

    async def _found(
        self, connection: AsyncConnection, projection: TableProjection[Any]
    ) -> _Serving:
        """Raises `ProjectionBehind` while no generation serves yet."""
        known = self._serving.get(projection.name)
        if known is not None:
            return known
        active = select(GENERATIONS.c.generation).where(
            GENERATIONS.c.name == projection.name, GENERATIONS.c.state == "active"
        )
        generation = (await connection.execute(active)).scalar()
        if generation is None:
            raise ProjectionBehind(projection.name, wanted=0)
        serving = _Serving(generation, generation_table(projection, generation))
        self._serving[projection.name] = serving
        return serving


def decoded(projection: Projection[V], stored: bytes) -> V:
    """The view. One that other code stored in another shape counts as not built yet."""
    try:
        return msgspec.json.decode(stored, type=projection.view)
    except msgspec.ValidationError as error:
        raise ProjectionBehind(projection.name, wanted=0) from error


def _is_active(projection: TableProjection[Any], serving: _Serving) -> tuple[Any, ...]:
    return (
        GENERATIONS.c.name == projection.name,
        GENERATIONS.c.generation == serving.generation,
        GENERATIONS.c.state == "active",
    )
