"""Signing keys and playback tokens (RS256): made for the API, checked at the playback host."""

import base64
import ipaddress
import time
from typing import Annotated, Any, Literal

import jwt
import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from infrastructure.simulators.cloudflare.state import (
    CloudflareState,
    SigningKeyRecord,
    new_uid,
    utc_now,
)

LONGEST_LIFE = 24 * 3600
_CLOCK_SKEW = 60
_MOST_RULES = 5


class AccessRule(msgspec.Struct, frozen=True, kw_only=True):
    type: Literal["any", "ip.src", "ip.geoip.country"]
    action: Literal["allow", "block"]
    country: list[str] = []
    ip: list[str] = []


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says. `kid` stands in the header and again here."""

    sub: str
    kid: str
    exp: int
    nbf: int = 0
    downloadable: bool = False
    access_rules: Annotated[list[AccessRule], msgspec.Meta(max_length=_MOST_RULES)] = msgspec.field(
        default_factory=list, name="accessRules"
    )


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks to play: the peer's address, and the country when one was told."""

    ip: str
    country: str = ""


class TokenRefused(Exception):
    """Playback is not allowed; the text says why."""


def new_signing_key() -> SigningKeyRecord:
    """A fresh RSA key. `pem` is base64 of PKCS#1 PEM, `jwk` base64 of JSON."""
    uid = new_uid()
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    jwk = {"use": "sig", "kid": uid, "alg": "RS256"} | jwt.algorithms.RSAAlgorithm.to_jwk(
        key, as_dict=True
    )
    return SigningKeyRecord(
        id=uid,
        pem=base64.b64encode(pem).decode(),
        jwk=base64.b64encode(msgspec.json.encode(jwk)).decode(),
        created=utc_now(),
    )


def sign(claims: dict[str, Any], key_id: str, pem: str) -> str:
    """Raises ValueError for a key that cannot sign."""
    try:
        return jwt.encode(
            claims,
            base64.b64decode(pem),
            algorithm="RS256",
            headers={"kid": key_id, "typ": None},
        )
    except (jwt.PyJWTError, ValueError) as problem:
        raise ValueError("pem is not a base64 RSA private key") from problem


class TokenGate:
    """Reads playback tokens, signed by any of the account's keys."""

    def __init__(self, state: CloudflareState) -> None:
        self._state = state
        self._public: dict[str, rsa.RSAPublicKey] = {}

    def admit(self, token: str, visitor: Visitor) -> str:
        """The uid the token is for. Raises `TokenRefused`."""
        claims = self._claims(token)
        if claims.exp > time.time() + LONGEST_LIFE + _CLOCK_SKEW:
            raise TokenRefused("the token lives longer than 24 hours")
        if not _allowed(claims.access_rules, visitor):
            raise TokenRefused("an access rule of the token blocks this viewer")
        return claims.sub

    def _claims(self, token: str) -> Claims:
        try:
            key_id = str(jwt.get_unverified_header(token).get("kid", ""))
            raw = jwt.decode(token, self._key(key_id), algorithms=["RS256"])
            claims = msgspec.convert(raw, Claims)
        except jwt.ExpiredSignatureError:
            raise TokenRefused("signature expired") from None
        except (jwt.PyJWTError, msgspec.ValidationError) as problem:
            raise TokenRefused(str(problem)) from None
        if claims.kid != key_id:
            raise TokenRefused("kid differs between the token's header and payload")
        return claims

    def _key(self, key_id: str) -> rsa.RSAPublicKey:
        record = self._state.keys.get(key_id)
        if record is None:
            raise jwt.InvalidKeyError("the token's key is not known")
        if key_id not in self._public:
            private = serialization.load_pem_private_key(base64.b64decode(record.pem), None)
            if not isinstance(private, rsa.RSAPrivateKey):
                raise jwt.InvalidKeyError("the token's key is not an RSA key")
            self._public[key_id] = private.public_key()
        return self._public[key_id]


def _allowed(rules: list[AccessRule], visitor: Visitor) -> bool:
    """The first rule that matches decides; without a match playback is allowed."""
    for rule in rules:
        if _matches(rule, visitor):
            return rule.action == "allow"
    return True


def _matches(rule: AccessRule, visitor: Visitor) -> bool:
    if rule.type == "any":
        return True
    if rule.type == "ip.geoip.country":
        return visitor.country in rule.country
    address = ipaddress.ip_address(visitor.ip)
    return any(address in ipaddress.ip_network(network, strict=False) for network in rule.ip)
