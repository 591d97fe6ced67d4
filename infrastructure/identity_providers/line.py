"""LINE Login v2.1 (developers.line.biz/en/reference/line-login)."""

import msgspec
import structlog

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
from infrastructure.identity_providers.calls import ProviderCalls
from infrastructure.identity_providers.id_tokens import (
    Claims,
    IdTokens,
    SharedSecret,
    token_id,
    usable_until,
)
from infrastructure.identity_providers.key_sets import KeySet
from infrastructure.identity_providers.oauth import OAuthClient, pkce
from infrastructure.identity_providers.people import email_of, name_of
from infrastructure.settings import Secret

AUTHORIZE_URL = "https://access.line.me/oauth2/v2.1/authorize"
TOKEN_URL = "https://api.line.me/oauth2/v2.1/token"  # noqa: S105 - an address
VERIFY_URL = "https://api.line.me/oauth2/v2.1/verify"
KEYS_URL = "https://api.line.me/oauth2/v2.1/certs"
PROFILE_URL = "https://api.line.me/v2/profile"
CHANNEL_TOKEN_URL = "https://api.line.me/oauth2/v3/token"  # noqa: S105 - an address
DEAUTHORIZE_URL = "https://api.line.me/user/v1/deauthorize"
ISSUER = "https://access.line.me"

_log = structlog.get_logger(__name__)


class _Kept(msgspec.Struct, frozen=True):
    """What `revoke` needs. The access token lasts 30 days, the refresh token 90."""

    access_token: str
    refresh_token: str | None = None

    def __repr__(self) -> str:
        return "_Kept(…)"


class LineProvider:
    """Tokens of the web are signed with the channel secret (HS256), those of the SDK and of LIFF
    with LINE's own key (ES256): each flow takes its own alone.

    `ask_email`: the channel may have the address. It is one the person typed; LINE is no authority
    on it.
    """

    provider: Provider = "line"

    def __init__(
        self, calls: ProviderCalls, *, channel_id: str, secret: Secret, ask_email: bool
    ) -> None:
        self._calls = calls
        self._audiences = (channel_id,)
        self._scope = "openid profile email" if ask_email else "openid profile"
        self._oauth = OAuthClient(
            calls, client_id=channel_id, secret=lambda: secret.text, token_url=TOKEN_URL
        )
        self._web = IdTokens(algorithm="HS256", issuers=[ISSUER], keys=SharedSecret(secret))
        keys = KeySet(calls, KEYS_URL, algorithm="ES256")
        self._native = IdTokens(algorithm="ES256", issuers=[ISSUER], keys=keys)

    def unavailable(self, market: Market, *, host: bool) -> str | None:
        return None

    def authorization_url(self, request: AuthorizationRequest) -> str:
        return self._oauth.authorization_url(
            AUTHORIZE_URL,
            request,
            scope=self._scope,
            nonce=request.nonce,
            ui_locales=request.language,
            **pkce(request),
        )

    async def redeem(self, code: AuthorizationCode) -> ExternalPerson:
        tokens = await self._oauth.redeem(code)
        claims = await self._web.verify(
            tokens.get("id_token"), audiences=self._audiences, nonce=code.nonce
        )
        return _person(claims, _kept(tokens.get("access_token"), tokens.get("refresh_token")))

    async def verify(self, proof: NativeProof) -> ExternalPerson:
        """An access token alone carries no nonce: it could have been taken from anywhere."""
        claims = await self._native.verify(
            proof.id_token, audiences=self._audiences, nonce=proof.nonce
        )
        if proof.access_token:
            await self._check_holder(proof.access_token, claims.sub)
        person = _person(claims, _kept(proof.access_token, None))
        return msgspec.structs.replace(
            person,
            token_id=token_id(proof.id_token or ""),
            token_expires_at=usable_until(claims),
        )

    async def revoke(self, revocation: bytes) -> None:
        """Deauthorises our channel. Once both tokens have lapsed there is no way left to say so,
        and none needed: LINE has no token of ours for them any more."""
        kept = msgspec.json.decode(revocation, type=_Kept)
        channel_token = await self._channel_token()
        if await self._deauthorize(channel_token, kept.access_token):
            return
        renewed = await self._renewed(kept)
        if renewed is None or not await self._deauthorize(channel_token, renewed):
            _log.info("line_permission_had_lapsed")

    async def _check_holder(self, access_token: str, subject: str) -> None:
        """Or leaving us would deauthorise somebody else."""
        query = {"access_token": access_token}
        token = await self._calls.send("verify", "GET", VERIFY_URL, params=query)
        if not token.ok or token.body.get("client_id") not in self._audiences:
            raise SignInRefused("access_token_of_another_app")
        bearer = {"Authorization": f"Bearer {access_token}"}
        profile = await self._calls.send("profile", "GET", PROFILE_URL, headers=bearer)
        if not profile.ok or profile.body.get("userId") != subject:
            raise SignInRefused("access_token_of_another_person")

    async def _channel_token(self) -> str:
        """A stateless one, of 15 minutes."""
        try:
            tokens = await self._oauth.fetch_token("client_credentials", url=CHANNEL_TOKEN_URL)
        except SignInRefused as refused:
            raise ProviderRefused(
                "line gave no channel token", status=400, code=refused.reason
            ) from None
        return str(tokens.get("access_token"))

    async def _renewed(self, kept: _Kept) -> str | None:
        if not kept.refresh_token:
            return None
        try:
            tokens = await self._oauth.fetch_token(
                "refresh_token", refresh_token=kept.refresh_token
            )
        except SignInRefused:
            return None
        return str(tokens.get("access_token"))

    async def _deauthorize(self, channel_token: str, access_token: str) -> bool:
        """Whether LINE knew the access token."""
        answer = await self._calls.send(
            "deauthorize",
            "POST",
            DEAUTHORIZE_URL,
            headers={"Authorization": f"Bearer {channel_token}"},
            json={"userAccessToken": access_token},
        )
        if not answer.ok and answer.status != 400:  # noqa: PLR2004 - the token is not known
            raise ProviderRefused("line refused: deauthorize", status=answer.status)
        return answer.ok


def _person(claims: Claims, revocation: bytes | None) -> ExternalPerson:
    return ExternalPerson(
        provider="line",
        subject=claims.sub,
        name=name_of(claims.name),
        email=email_of(claims.email),
        email_trusted=False,
        revocation=revocation,
    )


def _kept(access_token: object, refresh_token: object) -> bytes | None:
    if not isinstance(access_token, str):
        return None
    refresh = refresh_token if isinstance(refresh_token, str) else None
    return msgspec.json.encode(_Kept(access_token, refresh))
