"""Facebook Login: the classic one with access tokens, and iOS's Limited Login with ID tokens.

Sources: developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow,
/docs/graph-api/guides/secure-requests (appsecret_proof), /docs/facebook-login/limited-login/token.
"""

import hashlib
import hmac
import re
import time
from datetime import UTC, datetime
from typing import Any

import msgspec

from application.identity.ports import (
    AuthorizationCode,
    AuthorizationRequest,
    ExternalPerson,
    NativeProof,
    SignInRefused,
)
from application.ports import ProviderRefused
from domain.identity.values import Provider
from domain.shared import Market
from infrastructure.identity_providers.calls import Answer, ProviderCalls
from infrastructure.identity_providers.id_tokens import IdTokens, token_id, usable_until
from infrastructure.identity_providers.key_sets import KeySet
from infrastructure.identity_providers.oauth import OAuthClient, pkce
from infrastructure.identity_providers.people import email_of, name_of
from infrastructure.settings import Secret

DIALOG_URL = "https://www.facebook.com/{version}/dialog/oauth"
GRAPH_URL = "https://graph.facebook.com/{version}"
KEYS_URL = "https://limited.facebook.com/.well-known/oauth/openid/jwks/"
ISSUER = "https://www.facebook.com"
_USER_ID = re.compile(r"[0-9]{1,32}")
_LONGEST_TOKEN_SECONDS = 60 * 86400
# "No such object", "no such user" and "the app is not installed": there is nothing to take back.
_GONE = frozenset({100, 803})
_NOT_AUTHORISED = 458


class FacebookProvider:
    """An e-mail address may be missing or old: Facebook is no authority on any."""

    provider: Provider = "facebook"

    def __init__(self, calls: ProviderCalls, *, app_id: str, secret: Secret, version: str) -> None:
        self._calls = calls
        self._app_id = app_id
        self._secret = secret
        self._dialog_url = DIALOG_URL.format(version=version)
        self._graph_url = GRAPH_URL.format(version=version)
        self._oauth = OAuthClient(
            calls,
            client_id=app_id,
            secret=lambda: secret.text,
            token_url=f"{self._graph_url}/oauth/access_token",
        )
        keys = KeySet(calls, KEYS_URL, algorithm="RS256")
        self._limited = IdTokens(algorithm="RS256", issuers=[ISSUER], keys=keys)

    def unavailable(self, market: Market, *, host: bool) -> str | None:
        return None

    def authorization_url(self, request: AuthorizationRequest) -> str:
        return self._oauth.authorization_url(
            self._dialog_url, request, scope="public_profile,email", **pkce(request)
        )

    async def redeem(self, code: AuthorizationCode) -> ExternalPerson:
        tokens = await self._oauth.redeem(code, method="GET")
        person = await self._holder(tokens.get("access_token"))
        return msgspec.structs.replace(person, token_id=None, token_expires_at=None)

    async def verify(self, proof: NativeProof) -> ExternalPerson:
        """Limited Login's ID token when there is one, for it carries a nonce."""
        if proof.id_token is None:
            return await self._holder(proof.access_token)
        claims = await self._limited.verify(
            proof.id_token, audiences=[self._app_id], nonce=proof.nonce
        )
        return ExternalPerson(
            provider="facebook",
            subject=_checked(claims.sub),
            name=name_of(claims.name),
            email=email_of(claims.email),
            email_trusted=False,
            revocation=claims.sub.encode(),
            token_id=token_id(proof.id_token),
            token_expires_at=usable_until(claims),
        )

    async def revoke(self, revocation: bytes) -> None:
        """Takes all our permissions back with the app's own token: the person's may be gone."""
        url = f"{self._graph_url}/{_checked(revocation.decode())}/permissions"
        query = self._proven(self._app_token)
        answer = await self._calls.send("revoke", "DELETE", url, params=query)
        if not answer.ok and not _is_gone(answer):
            raise ProviderRefused("facebook refused: revoke", status=answer.status)

    @property
    def _app_token(self) -> str:
        return f"{self._app_id}|{self._secret.text}"

    async def _holder(self, access_token: object) -> ExternalPerson:
        """Whose token it is, having asked Facebook whether it was made for us: a token of any
        other app would open `/me` just as well."""
        if not isinstance(access_token, str):
            raise SignInRefused("access_token_missing")
        token = await self._inspected(access_token)
        person = await self._profile(access_token)
        if person.get("id") != token["user_id"]:
            raise SignInRefused("access_token_of_another_person")
        return ExternalPerson(
            provider="facebook",
            subject=_checked(token["user_id"]),
            name=name_of(person.get("name")),
            email=email_of(person.get("email")),
            email_trusted=False,
            revocation=str(token["user_id"]).encode(),
            token_id=hashlib.sha256(access_token.encode()).hexdigest(),
            token_expires_at=_expiry(token.get("expires_at")),
        )

    async def _inspected(self, access_token: str) -> dict[str, Any]:
        query = {"input_token": access_token, "access_token": self._app_token}
        answer = await self._calls.send(
            "debug_token", "GET", f"{self._graph_url}/debug_token", params=query
        )
        token = answer.body.get("data")
        if not answer.ok or not isinstance(token, dict) or token.get("is_valid") is not True:
            raise SignInRefused("access_token_not_valid")
        if str(token.get("app_id")) != self._app_id:
            raise SignInRefused("access_token_of_another_app")
        if token.get("type") != "USER" or not isinstance(token.get("user_id"), str):
            raise SignInRefused("access_token_of_no_person")
        return token

    async def _profile(self, access_token: str) -> dict[str, Any]:
        query = {"fields": "id,name,email", **self._proven(access_token)}
        answer = await self._calls.send("profile", "GET", f"{self._graph_url}/me", params=query)
        if not answer.ok:
            raise SignInRefused("profile_refused")
        return dict(answer.body)

    def _proven(self, access_token: str) -> dict[str, str]:
        proof = appsecret_proof(self._secret, access_token)
        return {"access_token": access_token, "appsecret_proof": proof}


def appsecret_proof(secret: Secret, access_token: str) -> str:
    """Shows Graph that whoever holds the token holds our secret as well."""
    return hmac.digest(secret.text.encode(), access_token.encode(), hashlib.sha256).hex()


def _checked(user_id: str) -> str:
    """It becomes part of a path."""
    if not _USER_ID.fullmatch(user_id):
        raise SignInRefused("malformed")
    return user_id


def _expiry(expires_at: object) -> datetime:
    """0 is said of a token that lasts until it is revoked; no token of a person's lasts long."""
    latest = time.time() + _LONGEST_TOKEN_SECONDS
    if isinstance(expires_at, int) and 0 < expires_at < latest:
        return datetime.fromtimestamp(expires_at, UTC)
    return datetime.fromtimestamp(latest, UTC)


def _is_gone(answer: Answer) -> bool:
    error = answer.body.get("error")
    if not isinstance(error, dict):
        return False
    return error.get("code") in _GONE or error.get("error_subcode") == _NOT_AUTHORISED
