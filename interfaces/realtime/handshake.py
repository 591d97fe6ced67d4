"""Who wants to come into which room, as the opening request of their WebSocket says."""

import re
from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from domain.shared import Language
from infrastructure.tokens import Caller, InvalidToken
from interfaces.http.auth import Doorkeeper, refusal_of
from interfaces.http.i18n import DEFAULT_LANGUAGE, preferred
from interfaces.http.limits import Client, RateLimiter, network
from interfaces.http.refusals import Forbidden, RateLimited, Unauthenticated

_PATH = re.compile(r"/api/v1/streams/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/room")
_POSITION = re.compile(r"[0-9]{1,18}")
_SUBPROTOCOL = "bearer."
_BEARER = "bearer "
_MOST_PARAMETERS = 20


class Handshake:
    """`stream_id` is None where no room is asked for. `after` is None also where it is no
    position: who sends one from the future, or none at all, is given the newest there is."""

    __slots__ = ("_bearer", "_headers", "after", "client", "stream_id", "subprotocol", "wished")

    def __init__(self, scope: Any) -> None:
        self._headers: dict[bytes, bytes] = dict(scope["headers"])
        found = _PATH.fullmatch(scope["path"])
        query = _query(scope["query_string"])
        self.stream_id = found[1] if found else None
        self.client: Client = scope["client"]
        self.after = int(query["after"]) if _POSITION.fullmatch(query.get("after", "")) else None
        self.subprotocol = _subprotocol(scope["subprotocols"])
        self.wished: Language | None = preferred(self._header(b"accept-language"))
        self._bearer = query.get("token") or self._sent_token()

    @property
    def accepted(self) -> dict[str, Any]:
        """A browser ends the connection unless one of the subprotocols it named is answered."""
        return {"type": "websocket.accept", "subprotocol": self.subprotocol}

    def language(self, caller: Caller | None) -> Language:
        """As Accept-Language wishes, else as the caller's profile says."""
        return self.wished or (caller.language if caller else DEFAULT_LANGUAGE)

    def check_origin(self, allowed: Collection[str]) -> None:
        """A page of anybody's can open a WebSocket to us, and the same-origin policy does not
        keep it from it (RFC 6455 §10.2). Raises `Forbidden`."""
        origin = self._header(b"origin")
        if not origin or origin in allowed:
            return
        try:
            host = urlsplit(origin).netloc
        except ValueError:
            raise Forbidden from None
        if not host or host != self._header(b"host"):
            raise Forbidden

    async def identify(self, doorkeeper: Doorkeeper, limiter: RateLimiter) -> Caller:
        """Counts the attempt, of a bad token against the address. Raises `Unauthenticated`,
        `TokenInvalid`, `TokenExpired`, `RateLimited`."""
        if not self._bearer:
            raise Unauthenticated
        try:
            caller = await doorkeeper.verified(self._bearer)
        except InvalidToken as refused:
            await _count(limiter, f"at:{network(self.client)}")
            raise refusal_of(refused) from None
        await _count(limiter, caller.user_id)
        return caller

    def _sent_token(self) -> str:
        if self.subprotocol is not None:
            return self.subprotocol[len(_SUBPROTOCOL) :]
        sent = self._header(b"authorization")
        return sent[len(_BEARER) :].strip() if sent[: len(_BEARER)].lower() == _BEARER else ""

    def _header(self, name: bytes) -> str:
        return self._headers.get(name, b"").decode("latin-1")


def _query(raw: bytes) -> dict[str, str]:
    try:
        found = parse_qs(raw.decode("latin-1"), max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}


def _subprotocol(offered: Sequence[str]) -> str | None:
    return next((one for one in offered if one.startswith(_SUBPROTOCOL)), None)


async def _count(limiter: RateLimiter, key: str) -> None:
    verdict = await limiter.take(key)
    if verdict is not None and verdict.wait_seconds:
        raise RateLimited(seconds=verdict.wait_seconds)
