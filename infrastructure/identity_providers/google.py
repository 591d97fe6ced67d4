"""Google, by OpenID Connect (developers.google.com/identity/openid-connect)."""

from collections.abc import Sequence

import msgspec

from application.identity.ports import (
    AuthorizationCode,
    AuthorizationRequest,
    ExternalPerson,
    NativeProof,
)
from application.ports import ProviderRefused
from domain.identity.values import Provider
from domain.shared import Market
from infrastructure.identity_providers.calls import ProviderCalls
from infrastructure.identity_providers.id_tokens import (
    Claims,
    IdTokens,
    is_true,
    token_id,
    usable_until,
)
from infrastructure.identity_providers.key_sets import KeySet
from infrastructure.identity_providers.oauth import OAuthClient, pkce
from infrastructure.identity_providers.people import email_of, name_of
from infrastructure.settings import Secret

AUTHORIZE_URL = "https://accounts.google.com/o/oauth2/v2/auth"
TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
KEYS_URL = "https://www.googleapis.com/oauth2/v3/certs"
REVOKE_URL = "https://oauth2.googleapis.com/revoke"
ISSUERS = ("https://accounts.google.com", "accounts.google.com")


class GoogleProvider:
    """`client_ids`: the web's first; any other is an app's. Android's tokens name the web's."""

    provider: Provider = "google"

    def __init__(self, calls: ProviderCalls, *, client_ids: Sequence[str], secret: Secret) -> None:
        self._calls = calls
        self._client_ids = tuple(client_ids)
        self._oauth = OAuthClient(
            calls, client_id=client_ids[0], secret=lambda: secret.text, token_url=TOKEN_URL
        )
        keys = KeySet(calls, KEYS_URL, algorithm="RS256")
        self._id_tokens = IdTokens(algorithm="RS256", issuers=ISSUERS, keys=keys)

    def unavailable(self, market: Market, *, host: bool) -> str | None:
        return None

    def authorization_url(self, request: AuthorizationRequest) -> str:
        """`access_type=offline`: the refresh token of the first consent is what can be revoked."""
        return self._oauth.authorization_url(
            AUTHORIZE_URL,
            request,
            scope="openid email profile",
            nonce=request.nonce,
            access_type="offline",
            hl=request.language,
            **pkce(request),
        )

    async def redeem(self, code: AuthorizationCode) -> ExternalPerson:
        tokens = await self._oauth.redeem(code)
        claims = await self._id_tokens.verify(
            tokens.get("id_token"), audiences=self._client_ids[:1], nonce=code.nonce
        )
        refresh_token = tokens.get("refresh_token")
        kept = refresh_token.encode() if isinstance(refresh_token, str) else None
        return msgspec.structs.replace(_person(claims), revocation=kept)

    async def verify(self, proof: NativeProof) -> ExternalPerson:
        audiences = self._client_ids[:1] if proof.platform == "web" else self._client_ids
        claims = await self._id_tokens.verify(
            proof.id_token, audiences=audiences, nonce=proof.nonce
        )
        return msgspec.structs.replace(
            _person(claims),
            token_id=token_id(proof.id_token or ""),
            token_expires_at=usable_until(claims),
        )

    async def revoke(self, revocation: bytes) -> None:
        form = {"token": revocation.decode()}
        answer = await self._calls.send("revoke", "POST", REVOKE_URL, data=form)
        if not answer.ok and answer.body.get("error") != "invalid_token":
            raise ProviderRefused("google refused: revoke", status=answer.status)


def _person(claims: Claims) -> ExternalPerson:
    email = email_of(claims.email)
    return ExternalPerson(
        provider="google",
        subject=claims.sub,
        name=name_of(claims.name),
        email=email,
        email_trusted=email is not None and _is_authority(claims, email),
    )


def _is_authority(claims: Claims, email: str) -> bool:
    """Of its own addresses and of a Workspace's. Another's it once verified, which may since have
    changed hands (developers.google.com/identity/siwg/backend-auth)."""
    if email.lower().endswith("@gmail.com"):
        return True
    return is_true(claims.email_verified) and bool(claims.hd)
