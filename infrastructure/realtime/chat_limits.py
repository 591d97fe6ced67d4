"""How much may be said: by one person in a room, in a room by all together, and the same again.

What waits at the same time in a process goes to Redis as one script call, so that thousands of
messages a second cost little. Redis away: everything is let through.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from application.chat.ports import ChatTooFastError, Remark, RepeatedMessageError
from infrastructure.asking_together import AskingTogether
from infrastructure.gcra import GCRA

_MOST_AT_ONCE = 128  # of a script: Redis does nothing else for about a millisecond
_MOST_WAITING = 10_000
_PATIENCE_SECONDS = 0.25
_PAUSE_SECONDS = 1.0
_BURST_SECONDS = 5
_ADMITTED = 0
_REPEATED = -1

# KEYS: of each remark the person's bucket, the room's, and where who said the same before is kept.
# ARGV: the person's limit and period, the room's, for how many milliseconds nothing may be said
# again; then of each remark its command id, and 1 if it is exempt. 0 turns a limit off. What the
# person's bucket refuses takes nothing; what the room's does takes of the person's, lest trying on
# be free. Who is exempt fills the room's, and is let in also where it is full. Returns of each: 0,
# -1 where it repeats, or microseconds to wait.
_ADMIT = f"""{GCRA}
local personal, period = tonumber(ARGV[1]), tonumber(ARGV[2])
local shared, moment, again = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local rooms = {{}}
local admit = function(person, room, said, id, exempt)
  local before = again > 0 and not exempt and redis.call('GET', said)
  if before and before ~= id then return -1 end
  local own = personal > 0 and not exempt and arrival_of(person)
  if own and room_for(own, personal, period) < 1 then return wait_after(own, personal, period) end
  if own then keep(person, own + period / personal) end
  if shared > 0 then
    local all = rooms[room] or arrival_of(room)
    local full = room_for(all, shared, moment) < 1
    if full and not exempt then return wait_after(all, shared, moment) end
    if not full then rooms[room] = all + moment / shared end
  end
  if again > 0 and not exempt then redis.call('SET', said, id, 'PX', again) end
  return 0
end
local answers = {{}}
for n = 1, #KEYS / 3 do
  local id, exempt = ARGV[2 * n + 4], ARGV[2 * n + 5] == '1'
  answers[n] = admit(KEYS[3 * n - 2], KEYS[3 * n - 1], KEYS[3 * n], id, exempt)
end
for room, arrival in pairs(rooms) do keep(room, arrival) end
return answers
"""

# KEYS: of each, the person's bucket of reactions. ARGV: its limit and period; then of each how many
# reactions. Returns of each how many are let through.
_ADMIT_REACTIONS = f"""{GCRA}
local limit, period = tonumber(ARGV[1]), tonumber(ARGV[2])
local answers = {{}}
for n, person in ipairs(KEYS) do
  local arrival = arrival_of(person)
  local let = math.max(math.min(tonumber(ARGV[n + 2]), room_for(arrival, limit, period)), 0)
  if let > 0 then keep(person, arrival + let * period / limit) end
  answers[n] = let
end
return answers
"""

_log = structlog.get_logger(__name__)


class ChatRates(msgspec.Struct, frozen=True, kw_only=True):
    """A person's messages in so many seconds, a room's a second, for how long a person may not
    say the same again, and a person's reactions a second, five times as many at once. 0 of
    anything: no limit."""

    messages: int
    seconds: float
    room_per_second: int
    repeat_seconds: float
    reactions_per_second: int = 0


class _Reactions(NamedTuple):
    key: str
    number: int


class RedisChatLimits:
    """Implements `ChatLimits`. All keys have one hash tag, for a script may name any rooms."""

    def __init__(self, redis: Redis, rates: ChatRates, *, prefix: str) -> None:
        self._redis = redis
        self._admit = redis.register_script(_ADMIT)
        self._admit_reactions = redis.register_script(_ADMIT_REACTIONS)
        self._prefix = f"{prefix}{{chat}}:"
        self._limits = _limits(rates)
        self._limited = bool(rates.messages or rates.room_per_second or rates.repeat_seconds)
        self._reactions_per_second = rates.reactions_per_second
        self._remarks = AskingTogether(self._ask, most=_MOST_AT_ONCE)
        self._reactions = AskingTogether(self._ask_reactions, most=_MOST_AT_ONCE)
        self._away_until = 0.0

    async def admit(self, remark: Remark) -> None:
        if not self._limited:
            return
        if len(self._remarks) >= _MOST_WAITING:
            raise ChatTooFastError(seconds=1)
        verdict = await self._remarks.answer(remark)
        if verdict == _REPEATED:
            raise RepeatedMessageError
        if verdict != _ADMITTED:
            raise ChatTooFastError(seconds=math.ceil(verdict / 1e6))

    async def take_back(self, remark: Remark) -> None:
        if not self._limited or self._is_away:
            return
        *_, said = self._keys(remark)
        with suppress(RedisError, OSError, TimeoutError):  # then it runs out by itself
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._redis.delete(said)

    async def admit_reactions(self, stream_id: str, user_id: str, count: int) -> int:
        if not self._reactions_per_second or count <= 0:
            return max(count, 0)
        if len(self._reactions) >= _MOST_WAITING:
            return 0
        key = f"{self._prefix}{stream_id}:{user_id}:reactions"
        return await self._reactions.answer(_Reactions(key, count))

    async def _ask(self, remarks: Sequence[Remark]) -> Sequence[int]:
        keys = [key for remark in remarks for key in self._keys(remark)]
        args = [*self._limits, *(each for remark in remarks for each in _who(remark))]
        verdicts = await self._run(self._admit, keys, args)
        return verdicts or [_ADMITTED] * len(remarks)

    async def _ask_reactions(self, reactions: Sequence[_Reactions]) -> Sequence[int]:
        limit = self._reactions_per_second * _BURST_SECONDS
        counts = [each.number for each in reactions]
        keys = [each.key for each in reactions]
        let = await self._run(
            self._admit_reactions, keys, [limit, _BURST_SECONDS * 1_000_000, *counts]
        )
        return let or counts

    async def _run(
        self, script: Callable[..., Awaitable[Any]], keys: Sequence[str], args: Sequence[str | int]
    ) -> Sequence[int] | None:
        """None: Redis is away."""
        if self._is_away:
            return None
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                found: Sequence[int] = await script(keys=keys, args=args)
        except (RedisError, OSError, TimeoutError) as error:
            self._away_until = time.monotonic() + _PAUSE_SECONDS
            _log.warning("chat is not being limited", error=type(error).__name__)
            return None
        return found

    @property
    def _is_away(self) -> bool:
        return time.monotonic() < self._away_until

    def _keys(self, remark: Remark) -> tuple[str, str, str]:
        room = f"{self._prefix}{remark.stream_id}"
        person = f"{room}:{remark.user_id}"
        return (person, room, f"{person}:{remark.digest.hex()}")


def _limits(rates: ChatRates) -> tuple[int, ...]:
    return (
        rates.messages,
        round(rates.seconds * 1e6),
        rates.room_per_second,
        1_000_000,
        round(rates.repeat_seconds * 1e3),
    )


def _who(remark: Remark) -> tuple[str, int]:
    return (remark.command_id, int(remark.exempt))
