"""Access tokens: JWTs signed with Ed25519 (RFC 8037).

Who a person is, and which roles they hold, is decided elsewhere; here it is only vouched for.
"""

import base64
import hashlib
import time
from collections.abc import Callable
from typing import Any, Literal, get_args

import jwt
import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.shared import Language, Market
from infrastructure.settings import SettingError, Settings

Role = Literal["viewer", "host", "moderator", "merchant", "analyst", "auditor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)

ISSUER = "live"
ACCESS_SECONDS = 3600
_LONGEST = 4096
_CACHE_LIMIT = 20_000
_KEY_WANTED = "must be an Ed25519 private key in PEM (openssl genpkey -algorithm ed25519)"


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person as clients see them."""

    id: str
    name: str
    roles: tuple[Role, ...]
    market: Market
    language: Language
    avatar_url: str | None = None


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who a verified token speaks for. `expires_at` is seconds since 1970."""

    user_id: str
    name: str
    roles: frozenset[str]
    market: Market
    language: Language
    expires_at: float

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


class _Claims(msgspec.Struct):
    sub: str
    exp: int
    name: str
    roles: frozenset[Role]
    market: Market
    language: Language


class Tokens:
    """Issues and verifies. A verified token is remembered until it expires: checking a signature
    takes longer than the rest of a request's way through the edge."""

    def __init__(self, key: Ed25519PrivateKey, *, clock: Callable[[], float] = time.time) -> None:
        self._private = key
        self._public = key.public_key()
        self._kid = _thumbprint(key)
        self._clock = clock
        self._verified: dict[str, Caller] = {}

    def issue(self, user: User, *, seconds: int = ACCESS_SECONDS) -> AccessToken:
        now = int(self._clock())
        claims = {
            "iss": ISSUER,
            "aud": ISSUER,
            "sub": user.id,
            "iat": now,
            "exp": now + seconds,
            "name": user.name,
            "roles": list(user.roles),
            "market": user.market,
            "language": user.language,
        }
        text = jwt.encode(claims, self._private, algorithm="EdDSA", headers={"kid": self._kid})
        return AccessToken(text=text, expires_in=seconds)

    def verify(self, text: str) -> Caller:
        """Raises `InvalidToken` or `ExpiredToken`."""
        caller = self._verified.get(text)
        if caller is None:
            caller = self._check(text)
            self._remember(text, caller)
        if caller.expires_at <= self._clock():
            self._verified.pop(text, None)
            raise ExpiredToken
        return caller

    def _check(self, text: str) -> Caller:
        if len(text) > _LONGEST:
            raise InvalidToken
        try:
            claims = msgspec.convert(self._decode(text), _Claims)
        except (jwt.InvalidTokenError, msgspec.ValidationError, UnicodeError) as error:
            raise InvalidToken from error
        return Caller(
            user_id=claims.sub,
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
            self._public,
            algorithms=["EdDSA"],
            audience=ISSUER,
            issuer=ISSUER,
            options={"require": ["exp", "sub", "aud", "iss"], "verify_exp": False},
        )

    def _remember(self, text: str, caller: Caller) -> None:
        if len(self._verified) >= _CACHE_LIMIT:
            self._verified.clear()
        self._verified[text] = caller


def open_tokens(settings: Settings) -> Tokens:
    """Raises `SettingError` when LIVE_TOKEN_KEY is not an Ed25519 private key in PEM."""
    # An environment file cannot hold line ends: `\\n` in their place is understood.
    pem = settings.token_key.text.encode().replace(b"\\n", b"\n")
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SettingError("LIVE_TOKEN_KEY", _KEY_WANTED) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingError("LIVE_TOKEN_KEY", _KEY_WANTED)
    return Tokens(key)


def _thumbprint(key: Ed25519PrivateKey) -> str:
    """The key's JWK thumbprint (RFC 7638 §3, RFC 8037 §2)."""
    raw = key.public_key().public_bytes_raw()
    x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    member = f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'
    digest = hashlib.sha256(member.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
