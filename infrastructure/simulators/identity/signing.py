"""The providers' signing keys and the id_tokens they sign, whole or with an ordered defect."""

import base64
import hashlib
import hmac
import secrets
from typing import Any, Literal

import jwt
import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from infrastructure.simulators.identity.state import IdentityState, Provider, SigningKey

Defect = Literal[
    "alg_none",
    "alg_hs256",
    "other_flow",
    "signature",
    "unknown_kid",
    "expired",
    "issuer",
    "audience",
    "nonce",
]
ALGORITHMS: dict[Provider, str] = {
    "line": "ES256",
    "facebook": "RS256",
    "google": "RS256",
    "apple": "RS256",
}
_OF_THE_KEY_SET: set[Defect | None] = {"alg_none", "alg_hs256", "unknown_kid"}
_DAY = 86400


class SigningKeys:
    """Made when first needed, kept with the rest of the state."""

    def __init__(self, state: IdentityState) -> None:
        self._keys = state.keys

    def current(self, provider: Provider) -> SigningKey:
        published = self._published(provider)
        return published[-1] if published else self.rotate(provider, drop=False)

    def key_set(self, provider: Provider) -> dict[str, Any]:
        """What the provider publishes, as JWKS."""
        self.current(provider)
        return {"keys": [_jwk(key) for key in self._published(provider)]}

    def rotate(self, provider: Provider, *, drop: bool) -> SigningKey:
        """A new key signs; `drop` takes the older ones out of the key set at once."""
        for key in self._published(provider) if drop else []:
            self._keys.save(key.kid, msgspec.structs.replace(key, published=False))
        key = new_key(provider)
        return self._keys.save(key.kid, key)

    def _published(self, provider: Provider) -> list[SigningKey]:
        return [key for key in self._keys if key.provider == provider and key.published]


class IdTokens:
    """Issues them. A defect that was ordered befalls the provider's next ones."""

    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys
        self.ordered: dict[Provider, list[Defect]] = {}

    def issue(
        self, provider: Provider, claims: dict[str, Any], *, secret: str, hs256: bool = False
    ) -> str:
        """Signed with the provider's key; `hs256`: with the client's secret, as LINE's for the
        web are."""
        defect = self.take_defect(provider)
        if defect == "other_flow":
            hs256 = not hs256
        claims = _spoilt(claims, defect)
        key = self._keys.current(provider)
        if hs256 and defect not in _OF_THE_KEY_SET:
            text = "another secret" if defect == "signature" else secret
            return _assembled("HS256", None, claims, text.encode())
        return _signed(claims, key, defect)

    def next_defect(self, provider: Provider) -> Defect | None:
        waiting = self.ordered.get(provider)
        return waiting[0] if waiting else None

    def take_defect(self, provider: Provider) -> Defect | None:
        waiting = self.ordered.get(provider)
        return waiting.pop(0) if waiting else None


def new_key(provider: Provider) -> SigningKey:
    algorithm = ALGORITHMS[provider]
    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = (
        ec.generate_private_key(ec.SECP256R1())
        if algorithm == "ES256"
        else rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    kid = secrets.token_hex(8)
    return SigningKey(provider=provider, kid=kid, algorithm=algorithm, pem=pem.decode())


def half_hash(value: str) -> str:
    """`at_hash` and `c_hash`: the left half of the SHA-256 (OpenID Connect Core 3.1.3.6)."""
    return _base64url(hashlib.sha256(value.encode()).digest()[:16])


def _spoilt(claims: dict[str, Any], defect: Defect | None) -> dict[str, Any]:
    match defect:
        case "expired":
            past = {name: claims[name] - 3 * _DAY for name in ("iat", "exp")}
            return claims | past
        case "issuer":
            return claims | {"iss": "https://issuer.example"}
        case "audience":
            return claims | {"aud": "another-client"}
        case "nonce":
            return claims | {"nonce": "another-nonce"}
        case _:
            return claims


def _signed(claims: dict[str, Any], key: SigningKey, defect: Defect | None) -> str:
    match defect:
        case "alg_none":
            return _assembled("none", key.kid, claims, None)
        case "alg_hs256":
            return _assembled("HS256", key.kid, claims, public_pem(key))
        case "signature":
            return sign(claims, msgspec.structs.replace(new_key(key.provider), kid=key.kid))
        case "unknown_kid":
            return sign(claims, new_key(key.provider))
        case _:
            return sign(claims, key)


def sign(claims: dict[str, Any], key: SigningKey) -> str:
    return jwt.encode(claims, key.pem, algorithm=key.algorithm, headers={"kid": key.kid})


def public_pem(key: SigningKey) -> bytes:
    private = serialization.load_pem_private_key(key.pem.encode(), None)
    return private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _assembled(algorithm: str, kid: str | None, claims: dict[str, Any], key: bytes | None) -> str:
    """By hand: PyJWT rightly refuses to sign with a public key. `key` None: no signature."""
    header = {"alg": algorithm, "typ": "JWT"} | ({"kid": kid} if kid else {})
    parts = [_base64url(msgspec.json.encode(part)) for part in (header, claims)]
    text = ".".join(parts)
    mac = b"" if key is None else hmac.new(key, text.encode(), hashlib.sha256).digest()
    return f"{text}.{_base64url(mac)}"


def _jwk(key: SigningKey) -> dict[str, Any]:
    public = serialization.load_pem_public_key(public_pem(key))
    if isinstance(public, rsa.RSAPublicKey):
        shape = jwt.algorithms.RSAAlgorithm.to_jwk(public, as_dict=True)
    elif isinstance(public, ec.EllipticCurvePublicKey):
        shape = jwt.algorithms.ECAlgorithm.to_jwk(public, as_dict=True)
    else:
        raise TypeError("neither RSA nor EC")
    shape.pop("key_ops", None)
    return {"kid": key.kid, "use": "sig", "alg": key.algorithm} | shape


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
