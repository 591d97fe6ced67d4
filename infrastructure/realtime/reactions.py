"""How many reactions a room has seen, in Redis: a hash a room, ahead of what has been recorded."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from application.chat.ports import ReactionsUnavailable
from domain.chat.values import ReactionKind
from infrastructure.realtime.brief_wait import BriefWait

_KEPT_SECONDS = 24 * 3600  # since the last one; by then they have been recorded

# KEYS: the room's totals. ARGV: seconds to keep them; then kind, how many, at least so many before
# … Returns all totals: kind, total …
_ADD = """
for n = 2, #ARGV, 3 do
  local before = math.max(tonumber(redis.call('HGET', KEYS[1], ARGV[n]) or '0'), ARGV[n + 2])
  redis.call('HSET', KEYS[1], ARGV[n], string.format('%.0f', before + ARGV[n + 1]))
end
redis.call('EXPIRE', KEYS[1], ARGV[1])
return redis.call('HGETALL', KEYS[1])
"""


class RedisReactionTotals:
    """Implements `ReactionTotals`. A total never falls, unless Redis is flushed and whoever adds
    next knows of less."""

    def __init__(self, redis: Redis, *, prefix: str) -> None:
        self._redis = redis
        self._brief_wait = BriefWait()
        self._add = redis.register_script(_ADD)
        self._prefix = f"{prefix}reactions:"

    async def add(
        self,
        stream_id: str,
        counts: Mapping[ReactionKind, int],
        recorded: Mapping[ReactionKind, int],
    ) -> dict[ReactionKind, int]:
        args: list[str | int] = [_KEPT_SECONDS]
        for kind in counts.keys() | recorded.keys():
            args += (kind, counts.get(kind, 0), recorded.get(kind, 0))
        with _unavailable():
            found = await self._add([self._prefix + stream_id], args)
        return _totals(dict(zip(found[::2], found[1::2], strict=True)))

    async def totals(self, stream_id: str) -> dict[ReactionKind, int]:
        """Somebody comes in, or looks at a room: late, they are no use."""
        with _unavailable():
            async with self._brief_wait.waiting():
                found = await self._redis.hgetall(self._prefix + stream_id)
        return _totals(cast("dict[bytes, bytes]", found))


def _totals(found: Mapping[bytes, bytes]) -> dict[ReactionKind, int]:
    return {cast("ReactionKind", kind.decode()): int(total) for kind, total in found.items()}


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise ReactionsUnavailable from error
