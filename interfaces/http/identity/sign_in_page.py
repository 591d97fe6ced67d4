"""A sign-in without an app, for newcomers on a laptop: development only.

Shows what an app would do: off to the provider, back with a code, the code exchanged for tokens.
"""

from html import escape
from urllib.parse import urlencode

from litestar import Response, get
from litestar.params import FromQuery

from application.identity.open_sessions import SignedIn
from application.identity.ports import SignInRefused
from domain.identity.values import PROVIDERS_OF, Provider
from domain.shared import Market
from interfaces.http.auth import PUBLIC
from interfaces.http.identity.answers import signed_in
from interfaces.http.identity.people_pages import say, shown
from interfaces.http.identity.web import own_origin
from interfaces.http.refusals import NotFound
from interfaces.http.request import ApiRequest

PATH = "/sign-in"


@get(PATH, access=PUBLIC, include_in_schema=False, media_type="text/html")
async def sign_in(request: ApiRequest) -> Response[bytes]:
    """The ways in of both markets, each as a link."""
    _only_in_development(request)
    lists = "".join(_ways(request, market) for market in PROVIDERS_OF)
    return shown(request, "sign_in_title", lists)


@get(f"{PATH}/done", access=PUBLIC, include_in_schema=False, media_type="text/html")
async def done(
    request: ApiRequest, code: FromQuery[str] = "", error: FromQuery[str] = ""
) -> Response[bytes]:
    """Who is signed in, and the token to call the API with."""
    _only_in_development(request)
    try:
        who = await request.platform.services.identity.signing_in.exchange(code)
    except SignInRefused as refused:
        return _not_done(request, error or refused.reason)
    tokens = (await signed_in(request, who)).content
    return _done(request, who, tokens.access_token)


def _done(request: ApiRequest, who: SignedIn, token: str) -> Response[bytes]:
    call = f'curl {own_origin(request)}/api/v1/me -H "Authorization: Bearer {token}"'
    body = f"<p>{escape(who.person.name)}</p>\n<pre>{escape(call)}</pre>"
    return shown(request, "sign_in_done", body)


def _not_done(request: ApiRequest, reason: str) -> Response[bytes]:
    again = f'<a href="{PATH}">{say(request, "sign_in_try_again")}</a>'
    body = f"<p><code>{escape(reason)}</code></p>\n<p>{again}</p>"
    return shown(request, "sign_in_not_done", body)


def _ways(request: ApiRequest, market: Market) -> str:
    offers = request.platform.services.identity.signing_in.offers(market, host=False)
    items = "".join(
        f"<li>{_way(request, market, offer.provider, offer.reason)}</li>" for offer in offers
    )
    return f"<h2>{market}</h2><ul>{items}</ul>"


def _way(request: ApiRequest, market: Market, provider: Provider, reason: str | None) -> str:
    words = say(request, "sign_in_with", provider=say(request, f"provider_{provider}"))
    if reason is not None:
        why = say(request, f"provider_reason_{reason}")
        return f'{words} <span class="small">({why})</span>'
    query = urlencode({"redirect_uri": f"{own_origin(request)}{PATH}/done", "market": market})
    return f'<a href="/api/v1/auth/{provider}/authorize?{escape(query)}">{words}</a>'


def _only_in_development(request: ApiRequest) -> None:
    if request.platform.settings.env != "development":
        raise NotFound


ROUTES = [sign_in, done]
