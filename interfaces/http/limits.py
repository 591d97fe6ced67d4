"""How often one caller may call: GCRA in Redis, shared by all processes.

A process takes calls from Redis in small loans, so a busy caller does not cost a round trip a
request. Redis away: everybody is let through.
"""

import asyncio
import ipaddress
import math
import time
from typing import NamedTuple

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from infrastructure.gcra import GCRA
from interfaces.http.exchange import Exchange
from interfaces.http.refusals import RateLimited

PERIOD_SECONDS = 60
_LOAN_SECONDS = 1.0
_LOAN_SHARE = 100  # a loan is at most this part of the limit, for what is not used of it is lost
_PATIENCE_SECONDS = 0.25
_PAUSE_SECONDS = 1.0
_MOST_LOANS = 50_000

# Returns {granted, left, microseconds to wait for the next call, microseconds until the whole limit
# is there again}.
_TAKE = f"""{GCRA}
local limit, period, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local arrival = arrival_of(KEYS[1])
local room = room_for(arrival, limit, period)
if room < 1 then
  return {{0, 0, wait_after(arrival, limit, period), math.ceil(arrival - now)}}
end
local granted = math.min(wanted, room)
arrival = arrival + granted * period / limit
keep(KEYS[1], arrival)
return {{granted, room - granted, 0, math.ceil(arrival - now)}}
"""

Client = tuple[str, int] | None  # as ASGI has it: host and port

_log = structlog.get_logger("live.http")


class Loan(NamedTuple):
    """Calls a caller may still make before Redis is asked again; `until` is monotonic time."""

    size: int
    spent: int
    left_after: int
    reset_seconds: int
    until: float


class Verdict(NamedTuple):
    """`left` calls remain; `wait_seconds` is 0 for a call that may be made."""

    left: int
    wait_seconds: int
    reset_seconds: int


class RateLimiter:
    """`per_minute` calls a caller; 0: no limit. Clients read the limit's `name`."""

    def __init__(
        self, redis: Redis, *, prefix: str, per_minute: int, name: str = "default"
    ) -> None:
        self._take = redis.register_script(_TAKE)
        self._prefix = f"{prefix}rate:"
        self._limit = per_minute
        self._name = name
        self._policy = f'"{name}";q={per_minute};w={PERIOD_SECONDS}'.encode()
        self._largest_loan = max(1, per_minute // _LOAN_SHARE)
        self._loans: dict[str, Loan] = {}
        self._away_until = 0.0

    async def count(self, exchange: Exchange, client: Client) -> None:
        """Counts one call by the signed-in user, else by address; raises `RateLimited`."""
        if exchange.caller:
            await self._count_as(exchange.caller.user_id, exchange)
        else:
            await self.count_address(exchange, client)

    async def count_address(self, exchange: Exchange, client: Client) -> None:
        """Counts one call by address, whoever is signed in; raises `RateLimited`."""
        await self._count_as(f"at:{network(client)}", exchange)

    async def _count_as(self, key: str, exchange: Exchange) -> None:
        verdict = await self.take(key)
        if verdict is None:
            return
        self._tell(exchange, verdict.left, verdict.reset_seconds)
        if verdict.wait_seconds:
            wait = verdict.wait_seconds
            raise RateLimited({"retry-after": str(wait)}, seconds=wait)

    async def take(self, key: str) -> Verdict | None:
        """One call of whoever `key` stands for; None: nothing is limited just now."""
        if not self._limit:
            return None
        now = time.monotonic()
        loan = self._loans.get(key)
        if loan is None or loan.until <= now or loan.spent >= loan.size:
            borrowed = await self._borrow(key, loan, now)
            if not isinstance(borrowed, Loan):
                return borrowed
            loan = borrowed
        loan = loan._replace(spent=loan.spent + 1)
        self._loans[key] = loan
        return Verdict(loan.left_after + loan.size - loan.spent, 0, loan.reset_seconds)

    async def _borrow(self, key: str, last: Loan | None, now: float) -> Loan | Verdict | None:
        """None: Redis is away."""
        wanted = min(self._largest_loan, 2 * last.spent) if last and last.until > now else 1
        taken = await self._ask(key, max(1, wanted))
        if taken is None:
            return None
        granted, left, wait, reset = taken
        reset_seconds = math.ceil(reset / 1e6)
        if not granted:
            return Verdict(0, max(1, math.ceil(wait / 1e6)), reset_seconds)
        if len(self._loans) >= _MOST_LOANS:
            self._loans.clear()
        return Loan(granted, 0, left, reset_seconds, now + _LOAN_SECONDS)

    async def _ask(self, key: str, wanted: int) -> list[int] | None:
        if time.monotonic() < self._away_until:
            return None
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                arguments = [self._limit, PERIOD_SECONDS * 1_000_000, wanted]
                taken: list[int] = await self._take(keys=[self._prefix + key], args=arguments)
        except (RedisError, OSError, TimeoutError) as error:
            self._away_until = time.monotonic() + _PAUSE_SECONDS
            _log.warning("calls are not being limited", error=type(error).__name__)
            return None
        return taken

    def _tell(self, exchange: Exchange, left: int, reset_seconds: int) -> None:
        """https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/"""
        exchange.answer_headers.append((b"ratelimit-policy", self._policy))
        exchange.answer_headers.append(
            (b"ratelimit", f'"{self._name}";r={left};t={reset_seconds}'.encode())
        )


def network(client: Client) -> str:
    """Who shares an address: one IPv4 host, one IPv6 /64, which is what a household is given."""
    if client is None:
        return "unknown"
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False).network_address)
