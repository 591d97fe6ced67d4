"""The one layer around the application: request ids, size limit, cross-origin rules, security
headers, timing, and an answer for whatever escapes. Plain ASGI, since every request pays for it.
"""

import time
from collections.abc import Sequence
from functools import cache

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from prometheus_client import Histogram

from infrastructure.observability.metrics import HTTP_SECONDS
from infrastructure.observability.traces import span
from interfaces.http.exchange import Exchange, RawHeaders, begin
from interfaces.http.problems import Rendered, render
from interfaces.http.refusals import BODY_LIMIT, BodyTooLarge, DuplicateHeader

_SECURITY: RawHeaders = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        b"form-action 'none'; frame-ancestors 'none'",
    ),
    (b"cross-origin-resource-policy", b"cross-origin"),
]
_TRANSPORT = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")

# A second one of these would mean two things at once; proxies and we might each pick another.
_ONCE = (
    b"authorization",
    b"content-length",
    b"content-type",
    b"host",
    b"idempotency-key",
    b"if-match",
    b"last-event-id",
    b"min-position",
    b"request-id",
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ALLOWED_METHODS = b"GET, POST, PUT, PATCH, DELETE"
_ALLOWED_HEADERS = (
    b"authorization, content-type, accept-language, idempotency-key, if-match, "
    b"last-event-id, min-position, request-id, traceparent"
)
_EXPOSED_HEADERS = (
    b"ETag, Event-Position, Idempotent-Replayed, Projection-Position, RateLimit, "
    b"RateLimit-Policy, Request-Id, Retry-After"
)
_PREFLIGHT_SECONDS = b"600"


class Edge:
    """`origins`: who may call from a browser. `secure`: served through TLS. What is not HTTP goes
    to `websockets` and past the application."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        origins: Sequence[str],
        secure: bool,
        websockets: ASGIApp | None = None,
    ) -> None:
        self.app = app
        self._websockets = websockets or app
        self._origins = frozenset(origin.encode() for origin in origins)
        self._standing = [*_SECURITY, _TRANSPORT] if secure else _SECURITY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._websockets(scope, receive, send)
            return
        started = time.perf_counter()
        exchange = begin(scope)
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *self._headers(exchange)]
            await send(message)

        try:
            await self._serve(scope, receive, answer, exchange)
        except Exception as error:
            if status:
                # The answer is on its way already: ending the connection is what remains.
                raise
            await _send(answer, render(exchange, error))
        finally:
            _observe(scope, status, time.perf_counter() - started)

    async def _serve(
        self, scope: HTTPScope, receive: Receive, send: Send, exchange: Exchange
    ) -> None:
        headers = exchange.headers
        if len(headers) != len(list(scope["headers"])):
            _refuse_duplicates(scope)
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            await _send(send, Rendered(204, self._preflight(exchange), b""))
            return
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length[:20]) > BODY_LIMIT:
            raise BodyTooLarge(limit=BODY_LIMIT)
        with span(f"HTTP {scope['method']}", exchange.traceparent, **{"url.path": exchange.path}):
            await self.app(scope, receive, send)

    def _headers(self, exchange: Exchange) -> RawHeaders:
        added = [(b"request-id", exchange.request_id.encode()), *self._standing]
        if exchange.answer_headers:
            added += exchange.answer_headers
        if self._origins:
            added.append((b"vary", b"Origin"))
            origin = exchange.headers.get(b"origin")
            if origin in self._origins:
                added.append((b"access-control-allow-origin", origin))
                # The cookie of a web sign-in: a page must be able to have its browser keep it.
                added.append((b"access-control-allow-credentials", b"true"))
                added.append((b"access-control-expose-headers", _EXPOSED_HEADERS))
        return added

    def _preflight(self, exchange: Exchange) -> RawHeaders:
        """Nothing for an origin that is not ours: its browser then refuses to call."""
        if exchange.headers.get(b"origin") not in self._origins:
            return []
        return [
            (b"access-control-allow-methods", _ALLOWED_METHODS),
            (b"access-control-allow-headers", _ALLOWED_HEADERS),
            (b"access-control-max-age", _PREFLIGHT_SECONDS),
        ]


def _refuse_duplicates(scope: HTTPScope) -> None:
    names = [name for name, _ in scope["headers"]]
    for name in _ONCE:
        if names.count(name) > 1:
            raise DuplicateHeader(header=name.decode())


async def _send(send: Send, rendered: Rendered) -> None:
    headers = rendered.headers
    if rendered.body:
        headers = [*headers, (b"content-length", str(len(rendered.body)).encode())]
    await send({"type": "http.response.start", "status": rendered.status, "headers": headers})
    await send({"type": "http.response.body", "body": rendered.body, "more_body": False})


def _observe(scope: HTTPScope, status: int, seconds: float) -> None:
    """By the route's template, so that ids in paths make no new series."""
    method = scope["method"]
    route = scope.get("path_template") or "none"
    _timer(method if method in _METHODS else "other", str(route), status).observe(seconds)


@cache
def _timer(method: str, route: str, status: int) -> Histogram:
    """Looked up here: prometheus_client takes a lock and makes texts of the labels each time."""
    return HTTP_SECONDS.labels(method, route, status)
