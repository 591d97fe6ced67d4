"""Instagram, for hosts: its API with Instagram Login serves professional accounts alone.

Source: developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login. It gives
no e-mail address, has no ID token, no native SDK, no PKCE and no way to be told that a person left.
"""

from collections.abc import Mapping
from typing import Any

from application.identity.ports import (
    AuthorizationCode,
    AuthorizationRequest,
    ExternalPerson,
    NativeProof,
    ProviderNotAvailable,
    SignInRefused,
)
from domain.identity.values import Provider
from domain.shared import Market
from infrastructure.identity_providers.calls import ProviderCalls
from infrastructure.identity_providers.oauth import OAuthClient
from infrastructure.identity_providers.people import name_of
from infrastructure.settings import Secret

AUTHORIZE_URL = "https://www.instagram.com/oauth/authorize"
TOKEN_URL = "https://api.instagram.com/oauth/access_token"  # noqa: S105 - an address
ME_URL = "https://graph.instagram.com/{version}/me"
_PROFESSIONAL = frozenset({"business", "media_creator"})


class InstagramProvider:
    provider: Provider = "instagram"

    def __init__(self, calls: ProviderCalls, *, app_id: str, secret: Secret, version: str) -> None:
        self._calls = calls
        self._me_url = ME_URL.format(version=version)
        self._oauth = OAuthClient(
            calls, client_id=app_id, secret=lambda: secret.text, token_url=TOKEN_URL
        )

    def unavailable(self, market: Market, *, host: bool) -> str | None:
        return None if host else "professional_accounts_only"

    def authorization_url(self, request: AuthorizationRequest) -> str:
        return self._oauth.authorization_url(
            AUTHORIZE_URL, request, scope="instagram_business_basic"
        )

    async def redeem(self, code: AuthorizationCode) -> ExternalPerson:
        tokens = await self._oauth.fetch_token(
            "authorization_code", code=code.code, redirect_uri=code.redirect_uri
        )
        access_token = _first(tokens).get("access_token")
        if not isinstance(access_token, str):
            raise SignInRefused("access_token_missing")
        return _person(await self._me(access_token))

    async def verify(self, proof: NativeProof) -> ExternalPerson:
        raise ProviderNotAvailable(self.provider, "web_only")

    async def revoke(self, revocation: bytes) -> None:
        """Nothing is kept that could be revoked."""

    async def _me(self, access_token: str) -> Mapping[str, Any]:
        query = {"fields": "user_id,username,name,account_type", "access_token": access_token}
        answer = await self._calls.send("profile", "GET", self._me_url, params=query)
        if not answer.ok:
            raise SignInRefused("profile_refused")
        return _first(answer.body)


def _first(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Answers come bare, or as the one row of `data`: the documentation shows either."""
    rows = body.get("data")
    if isinstance(rows, list) and rows and isinstance(rows[0], dict):
        return rows[0]
    return body


def _person(me: Mapping[str, Any]) -> ExternalPerson:
    subject = str(me.get("user_id") or "")
    if not subject:
        raise SignInRefused("malformed")
    if str(me.get("account_type")).lower() not in _PROFESSIONAL:
        raise SignInRefused("not_professional")
    return ExternalPerson(
        provider="instagram",
        subject=subject,
        name=name_of(me.get("name")) or name_of(me.get("username")),
        email=None,
        email_trusted=False,
    )
