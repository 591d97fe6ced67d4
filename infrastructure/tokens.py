"""Access tokens: JWTs signed with Ed25519 (RFC 8037).

Who a person is, and which roles they hold, is decided elsewhere; here it is only vouched for.
"""

import time
from collections.abc import Callable
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from domain.identity.values import Role
from domain.shared import Language, Market
from infrastructure.identity.signing_keys import SigningKeys

ISSUER = "live"
_ALGORITHM = "EdDSA"
_LONGEST = 4096
_CACHE_LIMIT = 20_000


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person as clients see them."""

    id: str
    name: str
    roles: tuple[Role, ...]
    market: Market
    language: Language
    avatar_url: str | None = None


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who a verified token speaks for. `expires_at` is seconds since 1970.

    `session_id` is empty for a token of the command line's.
    """

    user_id: str
    name: str
    roles: frozenset[str]
    market: Market
    language: Language
    expires_at: float
    session_id: str = ""
    guest: bool = False

    @property
    def actor(self) -> str:
        return f"user:{self.user_id}"


class AccessToken(msgspec.Struct, frozen=True, kw_only=True):
    """`expires_in` is seconds from its making."""

    text: str
    expires_in: int

    def __repr__(self) -> str:
        return "AccessToken(…)"


class InvalidToken(Exception):
    """Not one of our tokens, or altered."""


class ExpiredToken(InvalidToken):
    """Ours, but its time is over."""


class UnknownSigningKey(InvalidToken):
    """Signed with a key that is not known here. `Tokens.verify_afresh` may come to know it."""


class _Claims(msgspec.Struct):
    sub: str
    sid: str
    guest: bool
    exp: int
    name: str
    roles: frozenset[Role]
    market: Market
    language: Language


class Tokens:
    """Issues and verifies. A verified token is remembered until it expires: checking a signature
    takes longer than the rest of a request's way through the edge."""

    def __init__(
        self, keys: SigningKeys, *, seconds: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._keys = keys
        self._seconds = seconds
        self._clock = clock
        self._verified: dict[str, Caller] = {}

    async def ready(self) -> None:
        """Has the key for the next token at hand, so that its issuing cannot fail for want of it.

        Call it before what is spent for the token. Raises what `issue` would.
        """
        await self._keys.signer(until=self._clock() + self._seconds)

    async def issue(
        self, user: User, *, session_id: str = "", guest: bool = False, seconds: int | None = None
    ) -> AccessToken:
        """Lives for the usual time, or for `seconds`."""
        now, life = int(self._clock()), self._seconds if seconds is None else seconds
        kid, key = await self._keys.signer(until=now + life)
        claims = {
            "iss": ISSUER,
            "aud": ISSUER,
            "sub": user.id,
            "sid": session_id,
            "guest": guest,
            "iat": now,
            "exp": now + life,
            "name": user.name,
            "roles": list(user.roles),
            "market": user.market,
            "language": user.language,
        }
        text = jwt.encode(claims, key, algorithm=_ALGORITHM, headers={"kid": kid})
        return AccessToken(text=text, expires_in=life)

    def verify(self, text: str) -> Caller:
        """Raises `InvalidToken`, `ExpiredToken` or `UnknownSigningKey`."""
        caller = self._verified.get(text)
        if caller is None:
            caller = self._check(text)
            self._remember(text, caller)
        if caller.expires_at <= self._clock():
            self._verified.pop(text, None)
            raise ExpiredToken
        return caller

    async def verify_afresh(self, text: str) -> Caller:
        """As `verify`, having looked for new keys, unless that was done a moment ago."""
        await self._keys.look_again()
        return self.verify(text)

    def _check(self, text: str) -> Caller:
        if len(text) > _LONGEST:
            raise InvalidToken
        try:
            claims = msgspec.convert(self._decode(text), _Claims)
        except (jwt.InvalidTokenError, msgspec.ValidationError, UnicodeError) as error:
            raise InvalidToken from error
        return Caller(
            user_id=claims.sub,
            session_id=claims.sid,
            guest=claims.guest,
            name=claims.name,
            roles=claims.roles,
            market=claims.market,
            language=claims.language,
            expires_at=claims.exp,
        )

    def _decode(self, text: str) -> dict[str, Any]:
        # Expiry is judged by our clock, in `verify`, for remembered tokens too.
        return jwt.decode(
            text,
            self._key_of(text),
            algorithms=[_ALGORITHM],
            audience=ISSUER,
            issuer=ISSUER,
            options={"require": ["exp", "sub", "aud", "iss"], "verify_exp": False},
        )

    def _key_of(self, text: str) -> Ed25519PublicKey:
        kid = jwt.get_unverified_header(text).get("kid")
        if not isinstance(kid, str):
            raise InvalidToken
        key = self._keys.public(kid)
        if key is None:
            raise UnknownSigningKey
        return key

    def _remember(self, text: str, caller: Caller) -> None:
        if len(self._verified) >= _CACHE_LIMIT:
            self._verified.clear()
        self._verified[text] = caller
