"""What is taken once, in Redis: sign-ins under way, one-time codes, proofs that were used.

Nothing of it stands there in clear: keys are hashes, values are sealed with the master key.
"""

import hashlib
from collections.abc import Sequence
from typing import TypeVar, cast

import msgspec
from cryptography.fernet import Fernet
from redis.asyncio import Redis

from application.identity.ports import Arrival, Attempt
from infrastructure.sealing import Seal, SecretUnreadable

T = TypeVar("T", bound=msgspec.Struct)


class RedisOneTimeStore:
    """Implements `OneTimeStore`. Lost with Redis: people start over."""

    def __init__(self, redis: Redis, master_keys: Sequence[Fernet], *, prefix: str) -> None:
        self._redis = redis
        self._seal = Seal(master_keys)
        self._prefix = f"{prefix}one-time:"

    async def keep_attempt(self, state: str, attempt: Attempt, *, seconds: int) -> None:
        await self._keep(self._key("attempt", state), attempt, seconds)

    async def take_attempt(self, state: str) -> Attempt | None:
        return await self._take(self._key("attempt", state), Attempt)

    async def keep_arrival(self, code: str, arrival: Arrival, *, seconds: int) -> None:
        await self._keep(self._key("arrival", code), arrival, seconds)

    async def take_arrival(self, code: str) -> Arrival | None:
        return await self._take(self._key("arrival", code), Arrival)

    async def first_use(self, token_id: str, *, seconds: int) -> bool:
        return bool(await self._redis.set(self._key("used", token_id), b"", nx=True, ex=seconds))

    async def give_back(self, token_id: str) -> None:
        await self._redis.delete(self._key("used", token_id))

    def _key(self, kind: str, secret: str) -> str:
        return f"{self._prefix}{kind}:{hashlib.sha256(secret.encode()).hexdigest()}"

    async def _keep(self, key: str, value: msgspec.Struct, seconds: int) -> None:
        await self._redis.set(key, self._seal.close(key, msgspec.json.encode(value)), ex=seconds)

    async def _take(self, key: str, kind: type[T]) -> T | None:
        sealed = cast("bytes | None", await self._redis.getdel(key))
        if sealed is None:
            return None
        try:
            return msgspec.json.decode(self._seal.open(key, sealed), type=kind)
        except (SecretUnreadable, msgspec.DecodeError):
            # Kept under a master key or by a version that is gone since: as if it had run out.
            return None
