"""Who is in which room, in Redis: a sorted set a room, of user ids by when each runs out.

Nothing is removed when somebody leaves, or when their process dies: it runs out. Times are
milliseconds by Redis's clock, which all processes share.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from application.audience.ports import PresenceUnavailable
from infrastructure.realtime.brief_wait import BriefWait

REFRESH_SECONDS = 2.5
PRESENT_SECONDS = 6.0  # a refreshing may be lost, and the next one late
_PRESENT_MS = round(PRESENT_SECONDS * 1000)
_KEPT_SECONDS = 60
_USERS_AT_ONCE = 500  # neither the loop nor Redis is held up for more than a millisecond
_ROOM_LOAD = 20  # a room costs about as much as so many users
_ROOMS_A_TRIP = 500

_NOW = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
"""

# KEYS: the room's set, the set of rooms. ARGV: milliseconds until what is seen runs out, seconds
# until a set that nothing is added to is dropped, the room, then users.
_SEEN = f"""{_NOW}
local until_then = now + ARGV[1]
local see = function(key, members, first)
  local entries = {{}}
  for n = first, #members do
    entries[#entries + 1] = until_then
    entries[#entries + 1] = members[n]
  end
  redis.call('ZADD', key, unpack(entries))
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  redis.call('EXPIRE', key, ARGV[2])
end
see(KEYS[1], ARGV, 4)
see(KEYS[2], {{ARGV[3]}}, 1)
"""

# KEYS: rooms' sets. Returns how many are in each.
_COUNT = f"""{_NOW}
local counts = {{}}
for n, key in ipairs(KEYS) do counts[n] = redis.call('ZCOUNT', key, '(' .. now, '+inf') end
return counts
"""

_Piece = tuple[str, list[str]]  # a room and some of who is in it


class RedisPresence:
    """Implements `Presence`. All keys have one hash tag, for a script may name any rooms.

    Flushed, it is right again once everybody was told anew.
    """

    refresh_seconds = REFRESH_SECONDS

    def __init__(self, redis: Redis, *, prefix: str) -> None:
        self._redis = redis
        self._brief_wait = BriefWait()
        self._see = redis.register_script(_SEEN)
        self._count = redis.register_script(_COUNT)
        self._rooms = f"{prefix}{{present}}"

    async def seen(self, rooms: Mapping[str, Collection[str]]) -> None:
        with _unavailable():
            for portion in _portions(rooms):
                await self._tell(portion)

    async def _tell(self, portion: list[_Piece]) -> None:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for room, users in portion:
                keys = [self._key(room), self._rooms]
                args = [str(_PRESENT_MS), str(_KEPT_SECONDS), room, *users]
                await self._see(keys, args, client=pipeline)
            await pipeline.execute()

    async def counts(self, rooms: Collection[str]) -> dict[str, int]:
        """Somebody comes in, or looks at a room: late, they are no use."""
        with _unavailable():
            async with self._brief_wait.waiting():
                return await self._counts(list(rooms))

    async def occupied(self) -> dict[str, int]:
        with _unavailable():
            seconds, microseconds = await self._redis.time()
            now = seconds * 1000 + microseconds // 1000
            asked = self._redis.zrange(self._rooms, f"({now}", "+inf", byscore=True)
            rooms = cast("list[bytes]", await asked)
            counts = await self._counts([room.decode() for room in rooms])
        return {room: count for room, count in counts.items() if count}

    async def _counts(self, rooms: list[str]) -> dict[str, int]:
        counts: dict[str, int] = {}
        for first in range(0, len(rooms), _ROOMS_A_TRIP):
            some = rooms[first : first + _ROOMS_A_TRIP]
            found = await self._count([self._key(room) for room in some])
            counts.update(zip(some, found, strict=True))
        return counts

    def _key(self, room: str) -> str:
        return f"{self._rooms}:{room}"


def _portions(rooms: Mapping[str, Collection[str]]) -> Iterator[list[_Piece]]:
    """What is told in one go, none of it long."""
    portion: list[_Piece] = []
    load = 0
    for room, users in _pieces(rooms):
        portion.append((room, users))
        load += _ROOM_LOAD + len(users)
        if load >= _USERS_AT_ONCE:
            yield portion
            portion, load = [], 0
    if portion:
        yield portion


def _pieces(rooms: Mapping[str, Collection[str]]) -> Iterator[_Piece]:
    for room, users in rooms.items():
        listed = list(users)
        for first in range(0, len(listed), _USERS_AT_ONCE):
            yield room, listed[first : first + _USERS_AT_ONCE]


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise PresenceUnavailable from error
