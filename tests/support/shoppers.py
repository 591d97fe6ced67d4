"""People who buy in a show over HTTP, by a library that is not the server's.

Where a server is gone they go to the next, and ask again under the same Idempotency-Key, as client
apps do.
"""

import asyncio
from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import aiohttp

from infrastructure.ids import new_id

_TIMEOUT = aiohttp.ClientTimeout(total=20)
_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.05
_TRY_AGAIN = {502, 503}
_DELIVERY = {
    "method": "home",
    "recipient": "Lin Mei",
    "phone": "+886900000000",
    "address": "1 Test Road, Taipei",
}


class Answer(NamedTuple):
    status: int
    body: Any


class Shopper:
    """`servers` are addresses, the one to begin with first. `claimed`, `ordered` and `paid` are
    the answers to each."""

    def __init__(self, session: aiohttp.ClientSession, servers: Sequence[str], token: str) -> None:
        self._session = session
        self._servers = list(servers)
        self._token = token
        self.claimed: Answer | None = None
        self.ordered: Answer | None = None
        self.paid: Answer | None = None

    @property
    def outcome(self) -> str:
        """`held`, `waitlisted`, or the code of the refusal; empty before there is an answer."""
        if self.claimed is None:
            return ""
        if self.claimed.status != 200:
            return str(self.claimed.body["code"])
        return "held" if self.claimed.body["held_until"] else "waitlisted"

    async def claim(self, stream_id: str, offer_id: str, quantity: int = 1) -> Answer:
        path = f"/me/cart/items/{offer_id}?stream={stream_id}"
        self.claimed = await self.ask("PUT", path, {"quantity": quantity})
        return self.claimed

    async def check_out(self) -> None:
        """Orders what was claimed, and pays."""
        assert self.claimed is not None
        cart_id = self.claimed.body["id"]
        order = {"cart_id": cart_id, "payment_method": "line_pay", "shipping": _DELIVERY}
        self.ordered = await self.ask("POST", "/orders", order)
        assert self.ordered.status == 201, self.ordered
        path = f"/orders/{self.ordered.body['id']}/payments"
        self.paid = await self.ask("POST", path, {"method": "development"})
        assert self.paid.status == 201, self.paid

    async def cart(self, stream_id: str, min_position: int) -> Any:
        path = f"/me/cart?stream={stream_id}&min_position={min_position}"
        answer = await self.ask("GET", path)
        assert answer.status == 200, answer
        return answer.body

    async def ask(self, method: str, path: str, body: Any = None) -> Answer:
        """Until somebody has an answer."""
        headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": new_id()}
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                url = f"{self._servers[0]}/api/v1{path}"
                try:
                    async with self._session.request(
                        method, url, json=body, headers=headers, timeout=_TIMEOUT
                    ) as answer:
                        if answer.status not in _TRY_AGAIN:
                            return Answer(answer.status, await answer.json(content_type=None))
                except (aiohttp.ClientError, OSError):
                    self._servers.append(self._servers.pop(0))
                await asyncio.sleep(_PAUSE_SECONDS)


async def come_in(
    session: aiohttp.ClientSession, servers: Sequence[str], count: int, *, at_once: int = 64
) -> list[Shopper]:
    """So many people who have just signed in, spread over the servers."""
    waiting, run = iter(range(count)), new_id()[-8:]

    async def sign_in() -> list[Shopper]:
        came: list[Shopper] = []
        for number in waiting:
            first = number % len(servers)
            person = {"name": f"Buyer {run}-{number}", "roles": ["viewer"], "language": "zh-TW"}
            async with session.post(
                f"{servers[first]}/api/v1/auth/dev", json=person, timeout=_TIMEOUT
            ) as answer:
                assert answer.status == 200, await answer.text()
                token = (await answer.json())["access_token"]
            came.append(Shopper(session, [*servers[first:], *servers[:first]], token))
        return came

    return list(chain.from_iterable(await asyncio.gather(*(sign_in() for _ in range(at_once)))))
