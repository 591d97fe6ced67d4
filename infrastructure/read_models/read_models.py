"""Answers queries from projections, wherever they are kept."""

from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

import msgspec
from redis.asyncio import Redis
from sqlalchemy import Select, Table
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.read_models.redis_reader import RedisReader
from infrastructure.read_models.table_reader import TableReader
from infrastructure.read_models.waiting import PositionFeed, Wanted
from projections.projection import (
    Projection,
    ProjectionBehind,
    RedisProjection,
    Seen,
    TableProjection,
)

V = TypeVar("V", bound=msgspec.Struct)

_WAIT_SECONDS = 2.0
_RETRY_AFTER_SECONDS = 1.0


class ReadModels:
    """Implements `Views`. Start it once a process (`start`, or `async with`) and share it.

    Every query raises `ProjectionBehind` while no generation is complete or its store is out of
    reach: never an empty answer for want of data. `redis` must answer bytes.
    """

    def __init__(self, engine: AsyncEngine, redis: "Redis", *, prefix: str = "live:") -> None:
        self._tables = TableReader(engine)
        self._redis = RedisReader(redis, prefix)
        self._feed = PositionFeed(redis, prefix)

    async def start(self) -> None:
        self._feed.start()

    async def stop(self) -> None:
        await self._feed.stop()

    async def __aenter__(self) -> "ReadModels":
        await self.start()
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def wait(self, projection: Projection[Any], position: int) -> None:
        """Waits at most 2 s for the serving generation to reach `position`."""
        wanted = Wanted(projection.name, position, lambda: self._position(projection))
        if not await self._feed.reach(wanted, _WAIT_SECONDS):
            raise ProjectionBehind(
                projection.name, wanted=position, retry_after=_RETRY_AFTER_SECONDS
            )

    async def get(self, projection: Projection[V], key: str) -> Seen[V | None]:
        if isinstance(projection, RedisProjection):
            return await self._redis.get(projection, key)
        return await self._tables.get(_table(projection), key)

    async def select(
        self, projection: TableProjection[V], build: Callable[[Table], Select[Any]]
    ) -> Seen[list[V]]:
        return await self._tables.select(projection, build)

    async def ranked(
        self,
        projection: RedisProjection[V],
        ranking: str,
        *,
        limit: int,
        before: tuple[float, str] | None = None,
    ) -> Seen[list[V]]:
        return await self._redis.ranked(projection, ranking, limit, before)

    async def _position(self, projection: Projection[Any]) -> int:
        if isinstance(projection, RedisProjection):
            return await self._redis.position(projection)
        return await self._tables.position(_table(projection))


def _table(projection: Projection[V]) -> TableProjection[V]:
    if not isinstance(projection, TableProjection):
        raise TypeError(f"{projection.name} says neither table nor Redis")
    return projection
