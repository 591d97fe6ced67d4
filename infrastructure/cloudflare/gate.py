"""Keeps every process of ours together within Cloudflare's call budget.

Owns when a call may go out. What a call is, and whether it is repeated, is the client's.
Cloudflare allows 1,200 calls in five minutes and then blocks every call for five minutes with 429
(developers.cloudflare.com/fundamentals/api/reference/limits).
"""

import asyncio
import time
from dataclasses import dataclass

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from application.ports import ProviderThrottled

_log = structlog.get_logger(__name__)

# Answers {1, µs} when held for that long or when the wait would be too long, else {0, µs to wait}.
_ENTER = """
local held = redis.call('PTTL', KEYS[1])
if held > 0 then return {1, held * 1000} end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local due = math.max(tonumber(redis.call('GET', KEYS[2]) or '0'), now)
local wait = math.max(due - tonumber(ARGV[2]) - now, 0)
if wait > tonumber(ARGV[3]) then return {1, wait} end
due = due + tonumber(ARGV[1])
redis.call('SET', KEYS[2], string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000) + 1)
return {0, wait}
"""
_HOLD = """
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then
  redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
end
return 0
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """At most `calls` in any `window_seconds`: a quarter of them at once, the rest evenly."""

    calls: int
    window_seconds: float = 300.0

    @property
    def burst(self) -> int:
        return max(1, self.calls // 4)

    @property
    def interval_seconds(self) -> float:
        return self.window_seconds / max(1, self.calls - self.burst)

    @property
    def slack_seconds(self) -> float:
        """How far ahead of the even pace the calls may run."""
        return (self.burst - 1) * self.interval_seconds


class CallGate:
    """Lets calls through at the allowed pace, and none while Cloudflare blocks us.

    A call waits its turn for `longest_wait` seconds at most. With Redis the pace and the block
    are those of all processes together; without it, or while it is away, those of this one.
    """

    def __init__(
        self,
        allowance: Allowance,
        *,
        redis: "Redis | None" = None,
        prefix: str = "live:",
        longest_wait: float = 10.0,
    ) -> None:
        self._allowance = allowance
        self._redis = redis
        self._keys = (f"{prefix}{{cloudflare}}:held", f"{prefix}{{cloudflare}}:due")
        self._longest_wait = longest_wait
        self._held_until = 0.0
        self._due = 0.0

    async def enter(self) -> None:
        """Raises `ProviderThrottled` at once while held, or when the turn is too far away."""
        self._refuse_while_held()
        wait = await self._take_turn()
        if wait > 0:
            await asyncio.sleep(wait)
            self._refuse_while_held()

    async def hold(self, seconds: float) -> None:
        """Stops all calls for `seconds`; never shortens a hold that lasts longer."""
        self._held_until = max(self._held_until, time.monotonic() + seconds)
        _log.warning("cloudflare_calls_held", seconds=round(seconds, 1))
        if self._redis is None:
            return
        try:
            await self._redis.eval(_HOLD, 1, self._keys[0], str(max(1, round(seconds * 1000))))
        except (RedisError, OSError):
            _log.warning("cloudflare_hold_not_shared")

    def _refuse_while_held(self) -> None:
        left = self._held_until - time.monotonic()
        if left > 0:
            raise ProviderThrottled("Cloudflare blocks our calls for now", retry_after=left)

    async def _take_turn(self) -> float:
        if self._redis is not None:
            try:
                return await self._shared_turn(self._redis)
            except (RedisError, OSError):
                _log.warning("cloudflare_budget_not_shared")
        return self._own_turn()

    async def _shared_turn(self, redis: "Redis") -> float:
        times = (self._allowance.interval_seconds, self._allowance.slack_seconds)
        arguments = [str(round(each * 1e6)) for each in (*times, self._longest_wait)]
        refused, micros = await redis.eval(_ENTER, 2, *self._keys, *arguments)
        if refused:
            raise ProviderThrottled("no Cloudflare call is free", retry_after=micros / 1e6)
        return float(micros) / 1e6

    def _own_turn(self) -> float:
        now = time.monotonic()
        due = max(self._due, now)
        wait = max(due - self._allowance.slack_seconds - now, 0.0)
        if wait > self._longest_wait:
            raise ProviderThrottled("no Cloudflare call is free", retry_after=wait)
        self._due = due + self._allowance.interval_seconds
        return wait
