"""The few pages of ours that people themselves read, in their language."""

from collections.abc import Mapping
from html import escape

from litestar import Response

from interfaces.http.i18n import catalogue
from interfaces.http.identity.answers import NO_STORE
from interfaces.http.pages import page
from interfaces.http.request import ApiRequest


def say(request: ApiRequest, key: str, **fields: str) -> str:
    """A text of the catalogue, as HTML; `fields` are not HTML yet."""
    return escape(_text(request, key, fields))


def shown(request: ApiRequest, title: str, body: str, *, status: int = 200) -> Response[bytes]:
    """`title` is a text's key, `body` HTML, below the title."""
    language = request.exchange.language
    heading = _text(request, title, {})
    return Response(
        page(heading, f"<h1>{escape(heading)}</h1>\n{body}", language),
        status_code=status,
        headers={**NO_STORE, "content-language": language, "vary": "Accept-Language"},
        media_type="text/html",
    )


def _text(request: ApiRequest, key: str, fields: Mapping[str, str]) -> str:
    return catalogue().text(request.exchange.language, key, fields) or key


def wants_a_page(request: ApiRequest) -> bool:
    """Whether a browser asks as it does when a person goes to an address."""
    return "text/html" in request.exchange.header(b"accept")
