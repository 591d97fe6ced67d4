"""Requests that are in order, for tests to spoil one thing of."""

import time
from typing import Any
from urllib.parse import urlencode

import httpx
import jwt

from infrastructure.simulators.identity.state import Provider
from infrastructure.simulators.serving import Simulators
from tests.support.simulated_identity import (
    CALLBACKS,
    apple_private_key,
    returned,
    sign_in_at,
)

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # of RFC 7636, Appendix B
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
PATHS = {
    "line": "/line/oauth2/v2.1/authorize",
    "google": "/google/o/oauth2/v2/auth",
    "facebook": "/facebook/v25.0/dialog/oauth",
    "instagram": "/instagram/oauth/authorize",
    "apple": "/apple/auth/authorize",
}
SCOPES = {
    "line": "profile openid email",
    "google": "openid email profile",
    "facebook": "public_profile,email",
    "instagram": "instagram_business_basic",
    "apple": "name email",
}
TOKEN_PATHS = {
    "line": "/line/oauth2/v2.1/token",
    "google": "/google/token",
    "facebook": "/facebook/v25.0/oauth/access_token",
    "instagram": "/instagram/oauth/access_token",
    "apple": "/apple/auth/token",
}


def authorization(providers: Simulators, provider: Provider, **spoilt: str | None) -> str:
    """The address a browser is sent to. `spoilt` replaces fields; None leaves one out."""
    fields = {
        "response_type": "code",
        "client_id": client_id(providers, provider),
        "redirect_uri": f"{CALLBACKS}/{provider}/callback",
        "scope": SCOPES[provider],
        "state": "a1b2c3",
        "nonce": "n1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **({"response_mode": "form_post"} if provider == "apple" else {}),
    }
    asked = {name: value for name, value in (fields | spoilt).items() if value is not None}
    return f"{providers.url}{PATHS[provider]}?{urlencode(asked)}"


async def code_of(
    providers: Simulators, provider: Provider, person: str = "mei", **more: str
) -> str:
    callback = await sign_in_at(authorization(providers, provider, **more), person)
    return returned(callback)["code"]


async def exchange(
    web: httpx.AsyncClient, providers: Simulators, provider: Provider, **spoilt: str | None
) -> httpx.Response:
    """At the token endpoint, with a client id and secret that are right unless spoilt."""
    fields = {
        "grant_type": "authorization_code",
        "client_id": client_id(providers, provider),
        "client_secret": apple_secret(providers)
        if provider == "apple"
        else providers.identity.app(provider).secret,
        "redirect_uri": f"{CALLBACKS}/{provider}/callback",
        "code_verifier": VERIFIER,
    }
    sent = {name: value for name, value in (fields | spoilt).items() if value is not None}
    return await web.post(TOKEN_PATHS[provider], data=sent)


def client_id(providers: Simulators, provider: Provider, *, which: int = 0) -> str:
    return providers.identity.app(provider).client_ids[which]


def apple_secret(providers: Simulators, **spoilt: Any) -> str:
    """The client secret Apple wants: a JWT of ours. `kid` and `algorithm` can be spoilt too."""
    key = providers.config.identity.apple_key
    issued = int(time.time())
    claims = {
        "iss": key.team_id,
        "iat": issued,
        "exp": issued + 300,
        "aud": "https://appleid.apple.com",
        "sub": client_id(providers, "apple"),
        **spoilt,
    }
    kid, algorithm = claims.pop("kid", key.key_id), claims.pop("algorithm", "ES256")
    signed_with = "s" * 32 if algorithm == "HS256" else apple_private_key()
    return jwt.encode(claims, signed_with, algorithm=algorithm, headers={"kid": kid})
