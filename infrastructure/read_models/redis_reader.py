"""Queries `RedisProjection`s. Serving generation, position and views come in one round trip."""

from typing import Any, TypeVar

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from infrastructure.read_models.redis_store import keys_below, mark_of
from infrastructure.read_models.table_reader import decoded
from projections.projection import ProjectionBehind, RedisProjection, Seen

V = TypeVar("V", bound=msgspec.Struct)

# Each script takes what the projection's keys begin with, finds the serving generation and
# answers false without one. Its keys cannot be named beforehand; one hash tag holds them all.
_GENERATION = """
local below = KEYS[1]
local token = redis.call('GET', below .. 'active')
if not token then return false end
local own = below .. token .. ':'
local mark = redis.call('GET', own .. 'mark')
if not mark then return false end
"""

# KEYS: the beginning. ARGV: the key. Answers mark, view.
_GET = (
    _GENERATION
    + """
return {mark, redis.call('HGET', own .. 'views', ARGV[1])}
"""
)

# KEYS: the beginning. ARGV: ranking, limit, and to go on from: score, key. Answers mark, views.
# Members of one score stand in falling order of their bytes; where to go on among them is found
# by halving, since the member itself may be gone.
_RANKED = (
    _GENERATION
    + """
local ranking = own .. 'ranking:' .. ARGV[1]
local below_bytes = function(a, b)
  for at = 1, math.min(#a, #b) do
    local x, y = string.byte(a, at), string.byte(b, at)
    if x ~= y then return x < y end
  end
  return #a < #b
end
local first = 0
if ARGV[3] then
  first = redis.call('ZCOUNT', ranking, '(' .. ARGV[3], '+inf')
  local past = first + redis.call('ZCOUNT', ranking, ARGV[3], ARGV[3])
  while first < past do
    local middle = math.floor((first + past) / 2)
    local member = redis.call('ZREVRANGE', ranking, middle, middle)[1]
    if below_bytes(member, ARGV[4]) then past = middle else first = middle + 1 end
  end
end
local keys = redis.call('ZREVRANGE', ranking, first, first + ARGV[2] - 1)
if #keys == 0 then return {mark, {}} end
return {mark, redis.call('HMGET', own .. 'views', unpack(keys))}
"""
)


class RedisReader:
    """A Redis that was emptied answers `ProjectionBehind` until the projection is rebuilt."""

    def __init__(self, redis: "Redis", prefix: str) -> None:
        self._prefix = prefix
        self._get = redis.register_script(_GET)
        self._ranked = redis.register_script(_RANKED)

    async def position(self, projection: RedisProjection[Any]) -> int:
        """0 while no generation serves."""
        try:
            mark, _ = await self._ask(self._get, projection, "")
        except ProjectionBehind:
            return 0
        return mark_of(mark).position

    async def get(self, projection: RedisProjection[V], key: str) -> Seen[V | None]:
        mark, stored = await self._ask(self._get, projection, key)
        view = None if stored is None else decoded(projection, stored)
        return Seen(view, mark_of(mark).position)

    async def ranked(
        self,
        projection: RedisProjection[V],
        ranking: str,
        limit: int,
        before: tuple[float, str] | None,
    ) -> Seen[list[V]]:
        start = () if before is None else (repr(before[0]), before[1])
        mark, found = await self._ask(self._ranked, projection, ranking, limit, *start)
        views = [decoded(projection, stored) for stored in found if stored is not None]
        return Seen(views, mark_of(mark).position)

    async def _ask(
        self, script: Any, projection: RedisProjection[Any], *arguments: str | int
    ) -> Any:
        try:
            answer = await script(keys=[keys_below(self._prefix, projection.name)], args=arguments)
        except (RedisError, OSError) as error:
            raise ProjectionBehind(projection.name, wanted=0) from error
        if answer is None:
            raise ProjectionBehind(projection.name, wanted=0)
        return answer
