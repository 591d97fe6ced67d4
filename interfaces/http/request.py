"""The request as handlers see it: the platform, the caller, and a body that is read strictly."""

from typing import Any

from litestar import Request
from litestar.connection.base import empty_receive, empty_send
from litestar.datastructures import State
from litestar.types import Receive, Scope, Send

from infrastructure.tokens import Caller
from interfaces.http.exchange import Exchange, exchange_of
from interfaces.http.refusals import (
    BODY_LIMIT,
    BodyTooLarge,
    ClientGone,
    Unauthenticated,
    UnsupportedMediaType,
)
from interfaces.http.validation import decode
from interfaces.platform import Platform

JSON = b"application/json"


class ApiRequest(Request[Caller | None, None, State]):
    __slots__ = ("_read", "exchange")

    def __init__(
        self, scope: Scope, receive: Receive = empty_receive, send: Send = empty_send
    ) -> None:
        super().__init__(scope, receive, send)
        self.exchange = exchange_of(scope)
        self._read: bytes | None = None

    @property
    def platform(self) -> Platform:
        platform: Platform = self.app.state["platform"]
        return platform

    @property
    def caller(self) -> Caller:
        """Who calls. Raises `Unauthenticated` where a route lets anybody in."""
        caller = self.exchange.caller
        if caller is None:
            raise Unauthenticated
        return caller

    async def body(self) -> bytes:
        """Litestar's own parses all headers anew to learn the length, which the edge has checked.

        Raises `BodyTooLarge`, and `ClientGone` when the client leaves before the end.
        """
        if self._read is None:
            self._read = await _read_all(self.receive)
        return self._read

    async def json(self) -> Any:
        """The body as the type the handler annotates `data` with.

        Litestar reads untyped JSON and then converts it leniently (`"1"` passes for a number);
        reading the annotated type at once is strict, and faster.
        """
        refuse_other_media(self.exchange)
        wanted = self.route_handler.parsed_fn_signature.parameters["data"].annotation
        return decode(await self.body(), wanted)


def refuse_other_media(exchange: Exchange) -> None:
    sent = exchange.headers.get(b"content-type", JSON)
    if sent == JSON:
        return
    media, _, parameters = sent.partition(b";")
    charset = parameters.strip().lower()
    if media.strip().lower() != JSON or charset not in {b"", b"charset=utf-8", b'charset="utf-8"'}:
        raise UnsupportedMediaType(sent=sent[:100].decode("latin-1"), wanted="application/json")


async def _read_all(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        parts.append(message["body"])
        size += len(message["body"])
        if size > BODY_LIMIT:
            raise BodyTooLarge(limit=BODY_LIMIT)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)
