"""How often one may try to sign in: by address, and by account whichever address it comes from.

An account is counted once the proof is good, and refused alike whether it is there or not.
"""

from typing import Literal

from redis.asyncio import Redis

from application.identity.ports import TooManyAttempts
from infrastructure.settings import Settings
from interfaces.http.limits import RateLimiter
from interfaces.http.request import ApiRequest

_NAME = "sign-in"


class AccountThrottle:
    """Implements `Throttle`. Keys are random ids of ours, so no person stands in Redis."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._limiter = RateLimiter(
            redis,
            prefix=f"{settings.redis_prefix}account:",
            per_minute=settings.sign_in_limit_per_account,
            name=_NAME,
        )

    async def __call__(self, attempt: Literal["sign_in", "refresh"], key: str, /) -> None:
        verdict = await self._limiter.take(f"{attempt}:{key}")
        if verdict is not None and verdict.wait_seconds:
            raise TooManyAttempts(verdict.wait_seconds)


def open_address_limiter(redis: Redis, settings: Settings) -> RateLimiter:
    return RateLimiter(
        redis,
        prefix=f"{settings.redis_prefix}sign-in:",
        per_minute=settings.sign_in_limit_per_address,
        name=_NAME,
    )


async def count_attempt(request: ApiRequest) -> None:
    """Raises `RateLimited`."""
    limiter: RateLimiter = request.app.state["sign_in_limiter"]
    await limiter.count_address(request.exchange, request.scope["client"])
