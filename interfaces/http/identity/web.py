"""Signing in by a browser: off to the provider, back from it, and on to the app with a code that
the app exchanges for tokens. `browser.py` says how login CSRF is kept out."""

import re
from typing import Annotated, Any
from urllib.parse import parse_qs

import msgspec
import structlog
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from application.identity.ports import SignInRefused
from application.identity.signing_in import Authorization, Departure, Landing, Return
from domain.identity.values import PROVIDERS, Platform, Provider
from domain.shared import Market
from interfaces.http.auth import NAMELESS, PUBLIC
from interfaces.http.identity.answers import NO_STORE, Tokens, signed_in, wished_language
from interfaces.http.identity.attempts import count_attempt
from interfaces.http.identity.browser import BrowserBinding
from interfaces.http.identity.people_pages import say, shown, wants_a_page
from interfaces.http.identity.redirects import (
    Redirects,
    is_loopback,
    opens_in_a_browser,
    with_parameters,
)
from interfaces.http.identity.refusals import (
    InvalidSignInCode,
    RedirectNotAllowed,
    SignInExpired,
)
from interfaces.http.refusals import NotFound
from interfaces.http.request import ApiRequest
from interfaces.http.validation import FieldError, InvalidInput

_TAGS = ["Identity"]
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # S256: 32 bytes in base64url
_FOUND, _SEE_OTHER = 302, 303
_log = structlog.get_logger("live.http")


class ExchangeCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the app was sent as `code`; good once, for a minute. `code_verifier` is of the
    `code_challenge` it started with, if it had one."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    code_verifier: Annotated[str, msgspec.Meta(min_length=43, max_length=128)] | None = None

    def __repr__(self) -> str:
        return "ExchangeCode(…)"


@get(
    "/auth/{provider:str}/authorize",
    access=PUBLIC,
    kind="authorize",
    tags=_TAGS,
    summary="Where to send a person to sign in with a provider",
)
async def authorize(
    request: ApiRequest,
    provider: FromPath[str],
    redirect_uri: FromQuery[str],
    platform: FromQuery[Platform] = "web",
    market: FromQuery[Market | None] = None,
) -> Response[Authorization | None]:
    """The person comes back to `redirect_uri` with `code` or `error`, and with the `state` given
    here, which the app compares. With a bearer token, the login is linked to the caller's account.
    A browser that navigates here (`Accept: text/html`) is sent on at once."""
    await count_attempt(request)
    known = known_provider(provider)
    departure = _departure(request, _callback_uri(request, known), redirect_uri, platform, market)
    signing_in = request.platform.services.identity.signing_in
    started = await signing_in.authorize(known, departure)
    headers = {**NO_STORE, "set-cookie": _binding(request).bind(started.state)}
    if not wants_a_page(request):
        return Response(started, headers=headers)
    return Response(None, status_code=_FOUND, headers={**headers, "location": started.url})


@get(
    "/auth/{provider:str}/callback",
    access=NAMELESS,
    status_code=_FOUND,
    tags=_TAGS,
    summary="Where a provider sends people back to",
)
async def come_back(request: ApiRequest, provider: FromPath[str]) -> Response[None]:
    """Sends the person on to the app, with a one-time code or with an error's stable code."""
    return await _land(request, provider, request.scope["query_string"], status=_FOUND)


@post(
    "/auth/{provider:str}/callback",
    access=NAMELESS,
    status_code=_SEE_OTHER,
    tags=_TAGS,
    summary="Where Apple posts people back to",
)
async def come_back_by_form(request: ApiRequest, provider: FromPath[str]) -> Response[None]:
    """As by GET; the form's fields are what there are query parameters."""
    return await _land(request, provider, await request.body(), status=_SEE_OTHER)


@post(
    "/auth/exchange",
    access=NAMELESS,
    status_code=200,
    tags=_TAGS,
    summary="Get tokens for the code a web sign-in ended with",
)
async def exchange_code(request: ApiRequest, data: JSONBody[ExchangeCode]) -> Response[Tokens]:
    """The code is good once."""
    await count_attempt(request)
    await request.platform.tokens.ready()  # before the code is spent
    try:
        who = await request.platform.services.identity.signing_in.exchange(
            data.code, data.code_verifier
        )
    except SignInRefused:
        raise InvalidSignInCode from None
    return await signed_in(request, who)


def known_provider(name: str) -> Provider:
    """Raises `NotFound`."""
    for provider in PROVIDERS:
        if provider == name:
            return provider
    raise NotFound


def own_origin(request: ApiRequest) -> str:
    """Where this browser reaches us. On a laptop that may be `localhost` or `127.0.0.1`: cookies
    of the one are not sent to the other, so a sign-in stays with the name it was started at."""
    settings = request.platform.settings
    named = f"http://{request.exchange.header(b'host')}"
    public = settings.public_url
    local = settings.env == "development" and is_loopback(public) and is_loopback(named)
    return named if local and _port(named) == _port(public) else public


def _port(origin: str) -> str:
    return origin.rpartition(":")[2]


def _departure(
    request: ApiRequest,
    callback_uri: str,
    redirect_uri: str,
    platform: Platform,
    market: Market | None,
) -> Departure:
    """By the browser. Raises `RedirectNotAllowed` and `InvalidInput`."""
    caller = request.exchange.caller
    chosen = market or (caller.market if caller else "TW")
    in_browser = _check_redirect(request, redirect_uri)
    return Departure(
        callback_uri=callback_uri,
        redirect_uri=redirect_uri,
        platform=platform,
        market=chosen,
        language=wished_language(request, chosen),
        user_id=caller.user_id if caller else None,
        session_id=caller.session_id if caller else "",
        host=caller is not None and "host" in caller.roles,
        bound=in_browser or caller is not None,
        app_challenge=_app_challenge(request, required=not in_browser),
    )


def _callback_uri(request: ApiRequest, provider: Provider) -> str:
    return f"{own_origin(request)}/api/v1/auth/{provider}/callback"


def _check_redirect(request: ApiRequest, redirect_uri: str) -> bool:
    """Whether it opens in a browser. Raises `RedirectNotAllowed`."""
    redirects: Redirects = request.app.state["redirects"]
    if not redirects.allow(redirect_uri):
        raise RedirectNotAllowed
    return opens_in_a_browser(redirect_uri)


def _app_challenge(request: ApiRequest, *, required: bool) -> str | None:
    """Another app can claim the same scheme and be handed the code (RFC 8252 §8.1): the one that
    asked proves itself by PKCE. Raises `InvalidInput`."""
    sent: str | None = request.query_params.get("code_challenge")
    if sent is None and not required:
        return None
    if sent is None:
        raise InvalidInput(FieldError("code_challenge", "missing"))
    if not _CHALLENGE.fullmatch(sent):
        raise InvalidInput(FieldError("code_challenge", "malformed"))
    return sent


def _binding(request: ApiRequest) -> BrowserBinding:
    binding: BrowserBinding = request.app.state["browser_binding"]
    return binding


async def _land(request: ApiRequest, provider: str, sent: bytes, *, status: int) -> Response[Any]:
    known, back = known_provider(provider), _parameters(sent)
    state, binding = back.get("state", ""), _binding(request)
    returned = Return(
        callback_uri=_callback_uri(request, known),
        state=state,
        code=back.get("code"),
        error=back.get("error"),
        person=back.get("user"),
        same_browser=binding.holds(request.exchange.header(b"cookie"), state),
    )
    try:
        landing = await request.platform.services.identity.signing_in.callback(known, returned)
    except SignInRefused as refused:
        _log.info("sign-in refused", provider=known, reason=refused.reason)
        return _dead_end(request)
    headers = {**NO_STORE, "set-cookie": binding.release(state), "location": _onward(landing)}
    if landing.error:
        _log.info("sign-in failed", provider=known, error=landing.error, reason=landing.reason)
    return Response(None, status_code=status, headers=headers)


def _dead_end(request: ApiRequest) -> Response[bytes]:
    """Where to go on is not known: a person is told to start over. Raises `SignInExpired`."""
    if not wants_a_page(request):
        raise SignInExpired
    told = f"<p>{say(request, 'problem_sign_in_expired_detail')}</p>"
    return shown(request, "problem_sign_in_expired_title", told, status=SignInExpired.status)


def _onward(landing: Landing) -> str:
    outcome = {"error": landing.error} if landing.error else {"code": landing.code or ""}
    return with_parameters(landing.redirect_uri, **outcome, state=landing.state)


def _parameters(sent: bytes) -> dict[str, str]:
    """Each of them once: a second one might be an attacker's (RFC 6749 §3.1)."""
    try:
        found = parse_qs(sent.decode("ascii"), max_num_fields=30)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items() if len(values) == 1}


ROUTES = [authorize, come_back, come_back_by_form, exchange_code]
