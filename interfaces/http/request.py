"""The request as handlers see it: the platform, the caller, and a body that is read strictly."""

from typing import Any

from litestar import Request
from litestar.datastructures import State

from infrastructure.tokens import Caller
from interfaces.http.exchange import Exchange, exchange_of
from interfaces.http.refusals import Unauthenticated, UnsupportedMediaType
from interfaces.http.validation import decode
from interfaces.platform import Platform

JSON = b"application/json"


class ApiRequest(Request[Caller | None, None, State]):
    @property
    def exchange(self) -> Exchange:
        return exchange_of(self.scope)

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
