"""A login provider of the test's own: keys it signs with, and answers as the test says.

For what no provider would ever do; how the real ones behave is the simulators' to show.
"""

import base64
import functools
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

import httpx
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from domain.identity.values import Provider
from infrastructure.identity_providers.calls import ProviderCalls
from infrastructure.simulators.cloudflare.courier import tls
from tests.support.eventually import eventually
from tests.support.scripted_http import Reply, Request, ScriptedServer, scripted_server

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Route = Callable[[Request], Reply] | Reply


def private_key(algorithm: str, which: int = 0) -> PrivateKey:
    """The same for the same arguments: RSA keys take long to make."""
    return _private_key(algorithm, which)


@functools.cache
def _private_key(algorithm: str, _which: int) -> PrivateKey:
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwk(algorithm: str, kid: str, which: int = 0) -> dict[str, Any]:
    public = private_key(algorithm, which).public_key()
    shape = jwt.get_algorithm_by_name(algorithm).to_jwk(public, as_dict=True)
    return {**shape, "kid": kid, "alg": algorithm, "use": "sig"}


def public_pem(algorithm: str, which: int = 0) -> bytes:
    return (
        private_key(algorithm, which)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def signed(algorithm: str, claims: dict[str, Any], *, kid: str = "k1", which: int = 0) -> str:
    key = private_key(algorithm, which)
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid})


def macced(claims: dict[str, Any], key: bytes, *, kid: str | None = None) -> str:
    """HS256 under any key at all: PyJWT would not sign with a public one."""
    return _assembled({"alg": "HS256", "typ": "JWT", **({"kid": kid} if kid else {})}, claims, key)


def unsigned(claims: dict[str, Any]) -> str:
    return _assembled({"alg": "none", "kid": "k1"}, claims, None)


def claims(issuer: str, audience: str, **others: Any) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": issuer,
        "aud": audience,
        "sub": "10001",
        "iat": now,
        "exp": now + 600,
        "nonce": "raw-nonce",
        **others,
    }


def form(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}


def answer(body: Any, *, status: int = 200, cache_control: str = "") -> Reply:
    headers = {"Cache-Control": cache_control} if cache_control else {}
    return Reply(status=status, body=json.dumps(body).encode(), headers=headers)


class Issuer:
    """`routes` are by path below the provider; a path nobody planned for is a 404."""

    def __init__(self, provider: Provider, server: ScriptedServer, http: httpx.AsyncClient) -> None:
        self.provider = provider
        self.routes: dict[str, Route] = {}
        self.server = server
        self.calls = ProviderCalls(provider, http, simulator_url=server.url)
        server.answer = self._answer

    def seen(self, path: str) -> list[Request]:
        return [each for each in self.server.requests if each.path == self._at(path)]

    def _at(self, path: str) -> str:
        return f"/{self.provider}{path}"

    def _answer(self, request: Request) -> Reply:
        for path, route in self.routes.items():
            if request.path == self._at(path):
                return route if isinstance(route, Reply) else route(request)
        return answer({"error": "not_found"}, status=404)


@asynccontextmanager
async def issuing(provider: Provider) -> AsyncIterator[Issuer]:
    async with scripted_server(lambda _: Reply(status=404)) as server:
        async with httpx.AsyncClient(trust_env=False, verify=tls()) as http:
            yield Issuer(provider, server, http)
        await eventually(lambda: not server.connections)


def _assembled(header: dict[str, Any], claims: dict[str, Any], key: bytes | None) -> str:
    parts = (base64url(json.dumps(part).encode()) for part in (header, claims))
    text = ".".join(parts)
    mac = b"" if key is None else hmac.digest(key, text.encode(), hashlib.sha256)
    return f"{text}.{base64url(mac)}"


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
