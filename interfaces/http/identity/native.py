"""Signing in from an app, with what the provider's own SDK gave it; and which ways in there are."""

from typing import Annotated

import msgspec
import structlog
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from application.identity.ports import NativeProof, SignInRefused
from application.identity.signing_in import NativeArrival, Offer
from domain.identity.values import NAME_CHARACTERS, Platform, Provider
from domain.shared import Language, Market
from interfaces.http.auth import PUBLIC
from interfaces.http.i18n import catalogue
from interfaces.http.identity.answers import Tokens, signed_in, wished_language
from interfaces.http.identity.attempts import count_attempt
from interfaces.http.identity.web import known_provider
from interfaces.http.request import ApiRequest
from interfaces.http.validation import FieldError, InvalidInput

_TAGS = ["Identity"]
_log = structlog.get_logger("live.http")
# What it takes to tell these providers, later, that the person left: they want to be told.
_TO_LEAVE_WITH: dict[Provider, str] = {"line": "access_token", "apple": "code"}
_Token = Annotated[str, msgspec.Meta(min_length=1, max_length=8192)]


class WayIn(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`primary` is the market's usual one; `reason` is why it is not `enabled`, as a stable code
    whose words are the text `provider_reason_<reason>`."""

    id: Provider
    name: str
    primary: bool
    enabled: bool
    reason: str | None = None


class NativeSignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the SDK gave the app. `nonce` is the raw one the app chose. LINE's `access_token` and
    Apple's `code` must come along: they let us tell the provider when the person leaves. `name`
    is what Apple told the app, the first time only."""

    platform: Platform
    id_token: _Token | None = None
    access_token: _Token | None = None
    nonce: Annotated[str, msgspec.Meta(min_length=1, max_length=500)] | None = None
    code: _Token | None = None
    name: Annotated[str, msgspec.Meta(max_length=NAME_CHARACTERS)] | None = None
    market: Market | None = None
    language: Language | None = None

    def __repr__(self) -> str:
        return "NativeSignIn(…)"


@get("/auth/providers", access=PUBLIC, tags=_TAGS, summary="The ways to sign in")
async def list_providers(
    request: ApiRequest, market: FromQuery[Market | None] = None
) -> Response[list[WayIn]]:
    """In the market's order. Which are enabled may depend on the caller: hosts have more."""
    caller = request.exchange.caller
    host = caller is not None and "host" in caller.roles
    chosen = market or (caller.market if caller else "TW")
    offers = request.platform.services.identity.signing_in.offers(chosen, host=host)
    ways = [_way_in(request, offer, primary=offer is offers[0]) for offer in offers]
    return Response(ways, headers={"cache-control": "no-store", "vary": "Authorization"})


@post(
    "/auth/{provider:str}/token",
    access=PUBLIC,
    status_code=200,
    tags=_TAGS,
    summary="Sign in with what a provider's SDK gave the app",
)
async def sign_in_from_app(
    request: ApiRequest, provider: FromPath[str], data: JSONBody[NativeSignIn]
) -> Response[Tokens]:
    """Each proof is taken once. With a bearer token, the login is linked to the caller."""
    await count_attempt(request)
    known = known_provider(provider)
    _refuse_incomplete(known, data)
    signing_in = request.platform.services.identity.signing_in
    await request.platform.tokens.ready()  # before the proof is spent
    try:
        who = await signing_in.native(known, _proof(data), _arrival(request, data))
    except SignInRefused as refused:
        _log.info("sign-in refused", provider=known, reason=refused.reason)
        raise
    return await signed_in(request, who)


def _proof(data: NativeSignIn) -> NativeProof:
    return NativeProof(
        platform=data.platform,
        id_token=data.id_token,
        access_token=data.access_token,
        nonce=data.nonce,
        code=data.code,
        name=data.name,
    )


def _arrival(request: ApiRequest, data: NativeSignIn) -> NativeArrival:
    caller = request.exchange.caller
    market = data.market or (caller.market if caller else "TW")
    return NativeArrival(
        market=market,
        language=data.language or wished_language(request, market),
        user_id=caller.user_id if caller else None,
        host=caller is not None and "host" in caller.roles,
    )


def _refuse_incomplete(provider: Provider, sent: NativeSignIn) -> None:
    if sent.id_token is None and sent.access_token is None:
        raise InvalidInput(FieldError("id_token", "missing"))
    needed = _TO_LEAVE_WITH.get(provider)
    if needed is not None and getattr(sent, needed) is None:
        raise InvalidInput(FieldError(needed, "missing"))


def _way_in(request: ApiRequest, offer: Offer, *, primary: bool) -> WayIn:
    name = catalogue().text(request.exchange.language, f"provider_{offer.provider}", {})
    return WayIn(
        id=offer.provider,
        name=name or offer.provider,
        primary=primary,
        enabled=offer.reason is None,
        reason=offer.reason,
    )


ROUTES = [list_providers, sign_in_from_app]
