"""How the simulated providers answer: refusals in each one's form, pages, and reading of forms."""

import secrets
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from litestar import Request, Response
from litestar.response import Redirect

AnyRequest = Request[Any, Any, Any]
Fields = dict[str, str]

_FORM = "application/x-www-form-urlencoded"
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;"
    "color:#222}h1{font-size:1.4rem}form{margin:0}button{font:inherit;width:100%;text-align:left;"
    "padding:.7rem 1rem;margin:.3rem 0;border:1px solid #bbb;border-radius:.5rem;background:#fff;"
    "cursor:pointer}button:hover{border-color:#333}button:disabled{opacity:.5;cursor:default}"
    "small{display:block;color:#666}.note{color:#666;font-size:.9rem}"
)
_PAGE_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
}


class ApiRefused(Exception):
    """What an endpoint for servers answers; `body` has the provider's own shape."""

    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(str(status))
        self.status = status
        self.body = body
        self.headers = headers or {}


class PageRefused(Exception):
    """What the person is shown in place of the sign-in page. They are not sent back: the request
    does not prove whose address that would be."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.text = text


class SentBack(Exception):
    """The request is wrong, and the app is told so at its redirect address."""

    def __init__(self, redirect_uri: str, fields: Fields, *, form_post: bool = False) -> None:
        super().__init__(fields.get("error", ""))
        self.redirect_uri = redirect_uri
        self.fields = fields
        self.form_post = form_post


def oauth_error(status: int, error: str, description: str = "") -> ApiRefused:
    """The shape of RFC 6749 §5.2."""
    body = {"error": error} | ({"error_description": description} if description else {})
    return ApiRefused(status, body)


def refused(problem: ApiRefused) -> Response[bytes]:
    return shown(problem.body, problem.status, problem.headers)


def shown(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    """JSON that nobody keeps, unless `headers` say otherwise."""
    return Response(
        content=msgspec.json.encode(body),
        status_code=status,
        media_type="application/json",
        headers={"cache-control": "no-store"} | (headers or {}),
    )


def empty(status: int) -> Response[bytes]:
    return Response(content=b"", status_code=status, headers={"cache-control": "no-store"})


def page(title: str, inside: str, status: int = 200) -> Response[str]:
    """`inside` is HTML; `title` is text."""
    name = escape(title)
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{name}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><h1>{name}</h1>{inside}</body></html>"
    )
    return Response(content=text, status_code=status, media_type="text/html", headers=_PAGE_HEADERS)


def refused_page(problem: PageRefused) -> Response[str]:
    inside = f"<p><code>{escape(problem.code)}</code></p><p>{escape(problem.text)}</p>"
    return page("This sign-in cannot be offered", inside, problem.status)


def sent_back(where: SentBack) -> Response[Any]:
    return back(where.redirect_uri, where.fields, form_post=where.form_post)


def back(
    redirect_uri: str, fields: Fields, *, form_post: bool, fragment: str = ""
) -> Response[Any]:
    """To the app's redirect address, with the fields in its query or in a posted form."""
    if form_post:
        return _posting_page(redirect_uri, fields)
    address, _, _ = redirect_uri.partition("#")
    joint = "&" if "?" in address else "?"
    return Redirect(
        f"{address}{joint}{urlencode(fields)}{fragment}",
        status_code=302,
        headers={"cache-control": "no-store"},
    )


def with_state(fields: Fields, state: str | None) -> Fields:
    return fields | {"state": state} if state else fields


async def form_of(request: AnyRequest) -> Fields:
    """What was posted as a form; empty for any other kind of body. The first of a name counts."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        return {}
    return fields_of((await request.body()).decode("utf-8", "replace"))


def query_of(request: AnyRequest) -> Fields:
    return fields_of(request.scope["query_string"].decode("latin-1"))


def fields_of(text: str) -> Fields:
    found: Fields = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        found.setdefault(name, value)
    return found


def bearer(request: AnyRequest) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def same(expected: str, sent: str) -> bool:
    return secrets.compare_digest(expected.encode(), sent.encode())


def _posting_page(address: str, fields: Fields) -> Response[str]:
    """Providers submit it by script. Here a person does: nothing runs on these pages."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in fields.items()
    )
    form = (
        f'<form method="post" action="{escape(address)}">{hidden}<button>Continue</button></form>'
    )
    return page("Back to the shop", form)
