"""Sign in with Apple (developer.apple.com/documentation/signinwithapplerestapi)."""

import hashlib
from collections.abc import Collection, Mapping
from functools import partial
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
from infrastructure.identity_providers.apple_keys import AppleSigner
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

AUTHORIZE_URL = "https://appleid.apple.com/auth/authorize"
TOKEN_URL = "https://appleid.apple.com/auth/token"  # noqa: S105 - an address
KEYS_URL = "https://appleid.apple.com/auth/keys"
REVOKE_URL = "https://appleid.apple.com/auth/revoke"
ISSUER = "https://appleid.apple.com"
_OWN_DOMAINS = ("@icloud.com", "@me.com", "@mac.com")
_HAN_AND_KANA = range(0x3040, 0xA000)


class _Kept(msgspec.Struct, frozen=True):
    """What `revoke` needs: the token, and for which of our ids it was issued."""

    client_id: str
    refresh_token: str

    def __repr__(self) -> str:
        return "_Kept(…)"


class _Name(msgspec.Struct, frozen=True, rename="camel"):
    first_name: str = ""
    last_name: str = ""

    def __repr__(self) -> str:
        return "_Name(…)"


class _Posted(msgspec.Struct, frozen=True):
    name: _Name = _Name()

    def __repr__(self) -> str:
        return "_Posted(…)"


class AppleProvider:
    """The name comes beside the token, the first time only, and from the browser: it is what the
    person wants to be called, and nothing more."""

    provider: Provider = "apple"

    def __init__(
        self,
        calls: ProviderCalls,
        *,
        services_id: str,
        bundle_ids: Collection[str],
        signer: AppleSigner,
    ) -> None:
        self._calls = calls
        self._services_id = services_id
        self._bundle_ids = tuple(bundle_ids)
        self._signer = signer
        keys = KeySet(calls, KEYS_URL, algorithm="RS256")
        self._id_tokens = IdTokens(algorithm="RS256", issuers=[ISSUER], keys=keys)

    def unavailable(self, market: Market, *, host: bool) -> str | None:
        return None

    def authorization_url(self, request: AuthorizationRequest) -> str:
        """Apple posts the answer to a request that asks for a name; no cookie comes with it.

        It does not document PKCE, but holds whoever began with it to it
        (github.com/a-tokyo/apple-signin-auth issue 180).
        """
        return self._client(self._services_id).authorization_url(
            AUTHORIZE_URL,
            request,
            scope="name email",
            response_mode="form_post",
            nonce=request.nonce,
            **pkce(request),
        )

    async def redeem(self, code: AuthorizationCode) -> ExternalPerson:
        tokens = await self._client(self._services_id).redeem(code)
        claims = await self._id_tokens.verify(
            tokens.get("id_token"), audiences=[self._services_id], nonce=code.nonce
        )
        person = _person(claims, _posted_name(code.person))
        return msgspec.structs.replace(person, revocation=_kept(self._services_id, tokens))

    async def verify(self, proof: NativeProof) -> ExternalPerson:
        """Apps give Apple the SHA-256 of their nonce, in hex."""
        audiences = self._bundle_ids if proof.platform == "ios" else (self._services_id,)
        nonce = hashlib.sha256(proof.nonce.encode()).hexdigest() if proof.nonce else None
        claims = await self._id_tokens.verify(proof.id_token, audiences=audiences, nonce=nonce)
        return msgspec.structs.replace(
            _person(claims, name_of(proof.name)),
            revocation=await self._exchange(proof.code, claims) if proof.code else None,
            token_id=token_id(proof.id_token or ""),
            token_expires_at=usable_until(claims),
        )

    async def revoke(self, revocation: bytes) -> None:
        """Apple answers 200 to a token that was revoked before."""
        kept = msgspec.json.decode(revocation, type=_Kept)
        form = {
            "client_id": kept.client_id,
            "client_secret": self._signer.client_secret(kept.client_id),
            "token": kept.refresh_token,
            "token_type_hint": "refresh_token",
        }
        answer = await self._calls.send("revoke", "POST", REVOKE_URL, data=form)
        if not answer.ok and answer.body.get("error") != "invalid_grant":
            raise ProviderRefused("apple refused: revoke", status=answer.status)

    async def _exchange(self, code: str, claims: Claims) -> bytes | None:
        """The app's authorization code, which alone brings a token that can be revoked."""
        tokens = await self._client(claims.aud).fetch_token("authorization_code", code=code)
        id_token = tokens.get("id_token")
        if not isinstance(id_token, str):
            raise SignInRefused("id_token_missing")
        issued = await self._id_tokens.verified(id_token, audiences=[claims.aud])
        if issued.get("sub") != claims.sub:
            raise SignInRefused("code_of_another_person")
        return _kept(claims.aud, tokens)

    def _client(self, client_id: str) -> OAuthClient:
        return OAuthClient(
            self._calls,
            client_id=client_id,
            secret=partial(self._signer.client_secret, client_id),
            token_url=TOKEN_URL,
        )


def _person(claims: Claims, name: str | None) -> ExternalPerson:
    email = email_of(claims.email)
    return ExternalPerson(
        provider="apple",
        subject=claims.sub,
        name=name,
        email=email,
        email_trusted=email is not None and _is_authority(claims, email),
    )


def _is_authority(claims: Claims, email: str) -> bool:
    """Of its own addresses and its relay's; any other it only once verified."""
    own = is_true(claims.is_private_email) or email.lower().endswith(_OWN_DOMAINS)
    return own and is_true(claims.email_verified)


def _posted_name(posted: str | None) -> str | None:
    try:
        name = msgspec.json.decode(posted or "{}", type=_Posted).name
    except (msgspec.MsgspecError, UnicodeEncodeError):
        return None
    if any(ord(each) in _HAN_AND_KANA for each in name.last_name):
        return name_of(name.last_name + name.first_name)
    return name_of(f"{name.first_name} {name.last_name}")


def _kept(client_id: str, tokens: Mapping[str, Any]) -> bytes | None:
    refresh_token = tokens.get("refresh_token")
    if not isinstance(refresh_token, str):
        return None
    return msgspec.json.encode(_Kept(client_id, refresh_token))
