"""Refresh tokens: opaque, one use each, rotated. A replayed one ends its whole family.

Kept in Redis for as long as they live; there, only a hash of the current secret stands.
"""

import hashlib
import secrets

import msgspec
from redis.asyncio import Redis

from infrastructure.ids import new_id
from infrastructure.tokens import User

LIFE_SECONDS = 30 * 24 * 3600
_LONGEST = 128

# KEYS: the family. ARGV: hash of the secret shown, hash of the next one, life in seconds.
# Returns the user, or nothing. A secret that is not the current one has been used before, so
# somebody has a copy: the family ends.
_ROTATE = """
local current = redis.call('HGET', KEYS[1], 'secret')
if not current then return nil end
if current ~= ARGV[1] then
  redis.call('DEL', KEYS[1])
  return nil
end
redis.call('HSET', KEYS[1], 'secret', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return redis.call('HGET', KEYS[1], 'user')
"""


class InvalidRefreshToken(Exception):
    """Unknown, used before, or over."""


class RefreshTokens:
    def __init__(self, redis: Redis, *, prefix: str) -> None:
        self._redis = redis
        self._prefix = f"{prefix}refresh:"
        self._rotate = redis.register_script(_ROTATE)

    async def issue(self, user: User) -> str:
        """The first token of a new family."""
        family, secret = new_id(), secrets.token_urlsafe(32)
        key = self._prefix + family
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.hset(key, "secret", _hash(secret))
            pipeline.hset(key, "user", msgspec.json.encode(user).decode())
            pipeline.expire(key, LIFE_SECONDS)
            await pipeline.execute()
        return f"{family}.{secret}"

    async def redeem(self, token: str) -> tuple[User, str]:
        """The user and the next token of the family. Raises `InvalidRefreshToken`."""
        family, secret = _parts(token)
        following = secrets.token_urlsafe(32)
        user = await self._rotate(
            keys=[self._prefix + family], args=[_hash(secret), _hash(following), LIFE_SECONDS]
        )
        if user is None:
            raise InvalidRefreshToken
        return msgspec.json.decode(user, type=User), f"{family}.{following}"

    async def revoke(self, token: str) -> None:
        """Ends the family of `token`, whichever of its tokens it is."""
        family, _ = _parts(token)
        await self._redis.delete(self._prefix + family)


def _parts(token: str) -> tuple[str, str]:
    family, separator, secret = token.partition(".")
    if not separator or len(token) > _LONGEST or not token.isascii():
        raise InvalidRefreshToken
    return family, secret


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
