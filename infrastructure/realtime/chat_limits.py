"""How much may be said: by one person in a room, in a room by all together, and the same again.

What waits at the same time in a process goes to Redis as one script call, so that thousands of
messages a second cost little. Redis away: everything is let through.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from application.chat.ports import ChatTooFastError, Remark, RepeatedMessageError
from infrastructure.gcra import GCRA

_MOST_AT_ONCE = 128  # of a script: Redis does nothing else for about a millisecond
_MOST_WAITING = 10_000
_PATIENCE_SECONDS = 0.25
_PAUSE_SECONDS = 1.0
_ADMITTED = 0
_REPEATED = -1

# KEYS: of each remark the person's bucket, the room's, and where who said the same before is kept.
# ARGV: the person's limit and period, the room's, for how many milliseconds nothing may be said
# again; then of each remark its command id, and 1 if it is exempt. 0 turns a limit off. A remark
# that is refused takes nothing. Returns of each: 0, -1 where it repeats, or microseconds to wait.
_ADMIT = f"""{GCRA}
local personal, period = tonumber(ARGV[1]), tonumber(ARGV[2])
local shared, moment, again = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local rooms = {{}}
local admit = function(person, room, said, id, exempt)
  local before = again > 0 and not exempt and redis.call('GET', said)
  if before and before ~= id then return -1 end
  local own = personal > 0 and not exempt and arrival_of(person)
  if own and room_for(own, personal, period) < 1 then return wait_after(own, personal, period) end
  if shared > 0 then
    local all = rooms[room] or arrival_of(room)
    if room_for(all, shared, moment) < 1 then return wait_after(all, shared, moment) end
    rooms[room] = all + moment / shared
  end
  if own then keep(person, own + period / personal) end
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

_Waiting = tuple[Remark, "asyncio.Future[int]"]
_log = structlog.get_logger(__name__)


class ChatRates(msgspec.Struct, frozen=True, kw_only=True):
    """A person's messages in so many seconds, a room's a second, and for how long a person may
    not say the same again. 0 messages, and 0 seconds of repeating: no limit."""

    messages: int
    seconds: float
    room_per_second: int
    repeat_seconds: float


class RedisChatLimits:
    """Implements `ChatLimits`. All keys have one hash tag, for a script may name any rooms."""

    def __init__(self, redis: Redis, rates: ChatRates, *, prefix: str) -> None:
        self._redis = redis
        self._admit = redis.register_script(_ADMIT)
        self._prefix = f"{prefix}{{chat}}:"
        self._limits = _limits(rates)
        self._limited = bool(rates.messages or rates.room_per_second or rates.repeat_seconds)
        self._waiting: deque[_Waiting] = deque()
        self._asking: asyncio.Task[None] | None = None
        self._away_until = 0.0

    async def admit(self, remark: Remark) -> None:
        if not self._limited:
            return
        if len(self._waiting) >= _MOST_WAITING:
            raise ChatTooFastError(seconds=1)
        verdict = await self._verdict(remark)
        if verdict == _REPEATED:
            raise RepeatedMessageError
        if verdict != _ADMITTED:
            raise ChatTooFastError(seconds=math.ceil(verdict / 1e6))

    async def take_back(self, remark: Remark) -> None:
        if not self._limited or time.monotonic() < self._away_until:
            return
        *_, said = self._keys(remark)
        with suppress(RedisError, OSError, TimeoutError):  # then it runs out by itself
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._redis.delete(said)

    def _verdict(self, remark: Remark) -> "asyncio.Future[int]":
        verdict: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((remark, verdict))
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_for_all(), name="chat limits")
        return verdict

    async def _ask_for_all(self) -> None:
        while self._waiting:
            await asyncio.sleep(0)  # callers answered a moment ago get to join this batch
            size = min(len(self._waiting), _MOST_AT_ONCE)
            batch = [self._waiting.popleft() for _ in range(size)]
            verdicts: Sequence[int] = [_ADMITTED] * size
            try:
                verdicts = await self._ask([remark for remark, _ in batch]) or verdicts
            finally:
                _answer(batch, verdicts)

    async def _ask(self, remarks: Sequence[Remark]) -> Sequence[int] | None:
        """None: Redis is away."""
        if time.monotonic() < self._away_until:
            return None
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                verdicts: Sequence[int] = await self._admit(
                    keys=[key for remark in remarks for key in self._keys(remark)],
                    args=[*self._limits, *(each for remark in remarks for each in _who(remark))],
                )
        except (RedisError, OSError, TimeoutError) as error:
            self._away_until = time.monotonic() + _PAUSE_SECONDS
            _log.warning("chat is not being limited", error=type(error).__name__)
            return None
        return verdicts

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


def _answer(batch: Sequence[_Waiting], verdicts: Sequence[int]) -> None:
    for (_, verdict), found in zip(batch, verdicts, strict=True):
        if not verdict.done():
            verdict.set_result(found)
