"""One HTTP request on its way through the edge: what was read from it once, for every layer."""

import re
from collections.abc import Mapping
from typing import Any, cast

from litestar.types import HTTPScope, Scope

from domain.shared import Language
from infrastructure.ids import new_id
from infrastructure.tokens import Caller
from interfaces.http.i18n import DEFAULT_LANGUAGE, preferred

_KEY = "live.exchange"
_REQUEST_ID = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._\-]{0,63}")
# https://www.w3.org/TR/trace-context/#traceparent-header
_TRACEPARENT = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

RawHeaders = list[tuple[bytes, bytes]]


class Exchange:
    """`headers` has the request's headers by lower-case name, `answer_headers` what layers
    below want on the answer, whichever answer it becomes."""

    __slots__ = ("answer_headers", "caller", "headers", "path", "request_id", "traceparent")

    def __init__(self, path: str, headers: Mapping[bytes, bytes]) -> None:
        self.path = path
        self.headers = headers
        self.request_id = _request_id(headers.get(b"request-id"))
        self.traceparent = _traceparent(headers.get(b"traceparent"))
        self.caller: Caller | None = None
        self.answer_headers: RawHeaders = []

    @property
    def language(self) -> Language:
        """As Accept-Language wishes, else as the caller's profile says."""
        wished = preferred(self.header(b"accept-language"))
        if wished:
            return wished
        return self.caller.language if self.caller else DEFAULT_LANGUAGE

    def header(self, name: bytes) -> str:
        """A header's text, empty when it is absent."""
        return self.headers.get(name, b"").decode("latin-1")


def begin(scope: HTTPScope) -> Exchange:
    exchange = Exchange(scope["path"], dict(scope["headers"]))
    cast("dict[str, Any]", scope)[_KEY] = exchange
    return exchange


def exchange_of(scope: Scope) -> Exchange:
    return cast("Exchange", cast("dict[str, Any]", scope)[_KEY])


def _request_id(sent: bytes | None) -> str:
    if sent is not None and _REQUEST_ID.fullmatch(sent):
        return sent.decode("ascii")
    return new_id()


def _traceparent(sent: bytes | None) -> str | None:
    if sent is not None and _TRACEPARENT.fullmatch(sent):
        return sent.decode("ascii")
    return None
