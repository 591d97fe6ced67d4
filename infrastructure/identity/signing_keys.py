"""Which key signs access tokens, and which verify them: made, announced, used, retired.

Every process reads the same rows. A key is announced ten minutes before it signs, so that by then
whoever verifies has it, and its public half stays until the last token it signed is over.
"""

import asyncio
import time
from collections.abc import Callable
from itertools import pairwise

import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from infrastructure.identity.signing_key_table import SigningKey, SigningKeyTable, coordinate

ANNOUNCED_SECONDS = 600
LONGEST_USUAL_SECONDS = 3600  # of LIVE_ACCESS_TOKEN_SECONDS; what lives longer, its key is told of
_STALE_SECONDS = 60
_AGAIN_SECONDS = 5
_DAY_SECONDS = 86400
_log = structlog.get_logger(__name__)


class JsonWebKey(msgspec.Struct, frozen=True, kw_only=True):
    """A public Ed25519 key (RFC 7517, RFC 8037 §2)."""

    kid: str
    x: str
    kty: str = "OKP"
    crv: str = "Ed25519"
    use: str = "sig"
    alg: str = "EdDSA"


class JsonWebKeySet(msgspec.Struct, frozen=True, kw_only=True):
    keys: list[JsonWebKey]


class SigningKeys:
    """Fetches keys when they are first needed, and again when they are a minute old."""

    def __init__(self, table: SigningKeyTable, *, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock
        self._known: dict[str, SigningKey] = {}
        self._private: dict[str, Ed25519PrivateKey] = {}
        self._fetched_at = float("-inf")
        self._fetching = asyncio.Lock()

    def public(self, kid: str) -> Ed25519PublicKey | None:
        """None: not known here."""
        key = self._known.get(kid)
        return None if key is None else key.public

    async def look_again(self) -> None:
        """Fetches what others made meanwhile; at most every five seconds, whoever asks."""
        await self._fetch_when_older(_AGAIN_SECONDS if self._known else 0)

    async def signer(self, *, until: float) -> tuple[str, Ed25519PrivateKey]:
        """Kid and key for a token that ends at `until`. Makes the first key when there is none.

        Goes on with the keys known here while the database is away: who gets a token may have
        spent something for it. Raises `SecretUnreadable`, and what the database does if none is.
        """
        await self._fetch_if_possible()
        now = self._clock()
        if not self._known:
            await self._table.make(1, signs_from=now)
            await self._fetch()
        key = self._signing_at(now)
        if until - now > LONGEST_USUAL_SECONDS:
            await self._table.keep(key.kid, until=until)
        if key.kid not in self._private:
            self._private[key.kid] = self._table.private(key)
        return key.kid, self._private[key.kid]

    async def published(self) -> JsonWebKeySet:
        """The public halves: of the key that signs, of the one announced, of those that did."""
        await self._fetch_when_older(_STALE_SECONDS)
        known = self._known.values()
        return JsonWebKeySet(
            keys=[JsonWebKey(kid=key.kid, x=coordinate(key.public)) for key in known]
        )

    async def rotate(self, *, days: float) -> bool:
        """Announces the next key once the last one has signed for `days`; whether this call did.

        Any number of processes may try at once.
        """
        await self._fetch()
        now = self._clock()
        if not self._known:
            return await self._table.make(1, signs_from=now)
        newest = list(self._known.values())[-1]
        if now < newest.signs_from + days * _DAY_SECONDS:
            return False
        return await self._table.make(newest.number + 1, signs_from=now + ANNOUNCED_SECONDS)

    async def retire(self) -> int:
        """Destroys private halves that sign no more, and drops keys whose tokens are over.

        How many were dropped. Clocks may differ by as long as a key is announced.
        """
        await self._fetch()
        keys, now, dropped = list(self._known.values()), self._clock(), 0
        for key, following in pairwise(keys):
            idle = now - following.signs_from - ANNOUNCED_SECONDS
            if idle >= LONGEST_USUAL_SECONDS and await self._table.drop(key.kid, now=now):
                dropped += 1
            elif idle >= 0 and key.sealed is not None:
                await self._table.destroy_private(key.kid)
        return dropped

    def _signing_at(self, now: float) -> SigningKey:
        """The latest that signs by then; the first from the start, by whose clock ever."""
        keys = list(self._known.values())
        return max(
            (key for key in keys if key.signs_from <= now),
            key=lambda key: key.number,
            default=keys[0],
        )

    async def _fetch_if_possible(self) -> None:
        try:
            await self._fetch_when_older(_STALE_SECONDS)
        except (DBAPIError, PoolTimeout, OSError) as error:
            if not self._known:
                raise
            _log.warning("signing_keys_not_fetched", cause=type(error).__name__)

    async def _fetch_when_older(self, seconds: float) -> None:
        async with self._fetching:
            # A clock that was put back must not keep us from ever looking again.
            if not 0 <= self._clock() - self._fetched_at < seconds:
                await self._fetch()

    async def _fetch(self) -> None:
        self._known = {key.kid: key for key in await self._table.all()}
        self._private = {kid: key for kid, key in self._private.items() if kid in self._known}
        self._fetched_at = self._clock()
