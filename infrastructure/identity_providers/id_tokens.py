"""ID tokens, checked as OpenID Connect Core §3.1.3.7 asks, each flow with one algorithm alone."""

import hashlib
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, Protocol

import jwt
import msgspec

from application.identity.ports import SignInRefused
from infrastructure.settings import Secret

LEEWAY_SECONDS = 60
_REASONS: tuple[tuple[type[jwt.PyJWTError], str], ...] = (
    (jwt.ExpiredSignatureError, "expired"),
    (jwt.ImmatureSignatureError, "from_the_future"),
    (jwt.InvalidAudienceError, "wrong_audience"),
    (jwt.InvalidIssuerError, "wrong_issuer"),
    (jwt.MissingRequiredClaimError, "claim_missing"),
    (jwt.InvalidAlgorithmError, "wrong_algorithm"),
    (jwt.InvalidSignatureError, "wrong_signature"),
)


class Keys(Protocol):
    async def key(self, kid: object) -> Any:
        """What verifies a token whose header names `kid`. Raises `SignInRefused`."""
        ...


class SharedSecret:
    """One key for every token."""

    def __init__(self, secret: Secret) -> None:
        self._key = secret.text.encode()

    async def key(self, kid: object) -> bytes:
        return self._key


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a verified token says. `hd` is Google's: the Workspace domain of the account."""

    sub: str
    aud: str
    iat: float
    exp: float
    nonce: str | None = None
    name: str | None = None
    email: str | None = None
    email_verified: bool | str = False
    is_private_email: bool | str = False
    hd: str | None = None

    def __repr__(self) -> str:
        return "Claims(…)"


class IdTokens:
    """One kind of a provider's ID tokens. The token's header never chooses how it is verified."""

    def __init__(self, *, algorithm: str, issuers: Collection[str], keys: Keys) -> None:
        self._algorithm = algorithm
        self._issuers = list(issuers)
        self._keys = keys

    async def verify(
        self, token: object, *, audiences: Collection[str], nonce: str | None
    ) -> Claims:
        """Raises `SignInRefused`, and `ProviderUnavailable` for want of a key. A token without
        the nonce that was asked for proves nothing: it may be anybody's, from anywhere."""
        if not isinstance(token, str):
            raise SignInRefused("id_token_missing")
        if not nonce:
            raise SignInRefused("nonce_missing")
        claims = _claims(await self.verified(token, audiences=audiences))
        if claims.nonce != nonce:
            raise SignInRefused("wrong_nonce")
        return claims

    async def verified(self, token: str, *, audiences: Collection[str]) -> dict[str, Any]:
        """The claims of any JWT of this issuer, nonce or not."""
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") != self._algorithm:
                raise SignInRefused("wrong_algorithm")
            key = await self._keys.key(header.get("kid"))
            return self._decoded(token, key, audiences)
        except (jwt.PyJWTError, ValueError) as problem:
            # `from None`: its frames hold the token.
            raise SignInRefused(_reason(problem)) from None

    def _decoded(self, token: str, key: Any, audiences: Collection[str]) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[self._algorithm],
            audience=list(audiences),
            issuer=self._issuers,
            leeway=LEEWAY_SECONDS,
            options={"require": ["iss", "aud", "iat", "exp"]},
        )
        if not isinstance(claims["aud"], str):
            raise SignInRefused("wrong_audience")
        return claims


def token_id(token: str) -> str:
    """The same for every spelling of one token: its signature can be written in several ways."""
    return hashlib.sha256(token.rpartition(".")[0].encode()).hexdigest()


def usable_until(claims: Claims) -> datetime:
    """From then on it is refused as expired."""
    return datetime.fromtimestamp(claims.exp + LEEWAY_SECONDS, UTC)


def is_true(claim: bool | str) -> bool:  # noqa: FBT001 - a claim's value, not a switch
    """Apple writes some of its booleans as text."""
    return claim is True or claim == "true"


def _claims(claims: dict[str, Any]) -> Claims:
    try:
        read = msgspec.convert(claims, Claims, strict=True)
    except msgspec.ValidationError:
        raise SignInRefused("malformed") from None
    if not read.sub:
        raise SignInRefused("malformed")
    return read


def _reason(problem: Exception) -> str:
    return next((reason for kind, reason in _REASONS if isinstance(problem, kind)), "malformed")
