"""Picks the store for a projection's generation by the kind of projection."""

from typing import Any

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.read_models.generations import Generation, Generations
from infrastructure.read_models.redis_store import RedisStore
from infrastructure.read_models.store import GenerationStore
from infrastructure.read_models.table_store import TableStore
from projections.projection import Projection, RedisProjection, TableProjection


class Stores:
    """Where generations are kept: `TableProjection`s in SQL, `RedisProjection`s in Redis."""

    def __init__(self, engine: AsyncEngine, redis: "Redis", prefix: str) -> None:
        self._engine = engine
        self._redis = redis
        self._prefix = prefix
        self._generations = Generations(engine)

    def of(self, projection: Projection[Any], generation: Generation) -> GenerationStore[Any]:
        match projection:
            case TableProjection():
                return TableStore(self._engine, projection, generation)
            case RedisProjection():
                return RedisStore(
                    self._redis, self._prefix, projection, generation, self._generations
                )
            case _:
                raise TypeError(f"{projection.name} says neither table nor Redis")
