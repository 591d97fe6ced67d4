"""The host of the demonstration: lists goods, announces a show, and offers one thing after another.

All of it through the public API.
"""

import asyncio
from http import HTTPStatus
from random import Random
from typing import Any

import httpx

from interfaces.cli.demo import goods

_TIMEOUT_SECONDS = 30.0
_HOST = {"name": "小美選物", "roles": ["host", "merchant"], "market": "TW", "language": "zh-TW"}
_SHOW = {
    "title": "小美的週末選物直播",
    "description": "留言「A01+1」就能買，前幾件還有限量優惠。",
    "market": "TW",
    "language": "zh-TW",
}
_OPEN_AT_ONCE = 6
_UNITS = (3, 12)  # in stock of each variant: some things sell out
_PER_CUSTOMER = 3
_HOLD_SECONDS = 120
_READY_SECONDS = 10.0


class DemoRefused(Exception):
    """The server does not take part. The text is one line."""


class Stand:
    """After `set_up`, `codes` are those that can be claimed; `offer_next` opens another."""

    def __init__(self, address: str, chance: Random) -> None:
        self._api = httpx.AsyncClient(base_url=f"{address}/api/v1", timeout=_TIMEOUT_SECONDS)
        self._chance = chance
        self._prepared: list[tuple[str, str]] = []
        self.stream_id = ""
        self.codes: list[str] = []

    async def sign_in(self) -> None:
        """Raises `DemoRefused` where nobody can sign in as anybody."""
        try:
            answer = await self._api.post("/auth/dev", json=_HOST)
        except httpx.HTTPError as problem:
            raise DemoRefused(f"{self._api.base_url} does not answer: {problem}") from problem
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise DemoRefused("the demonstration needs a server with LIVE_ENV=development")
        self._api.headers["authorization"] = f"Bearer {_body(answer)['access_token']}"

    async def list_goods(self, run: str) -> list[dict[str, Any]]:
        """`run` tells this run's SKUs from another's."""
        products = goods.products(run, self._chance.randint(*_UNITS))
        for product in products:
            await self._post("/products", product)
        return products

    async def announce(self) -> None:
        self.stream_id = (await self._post("/streams", _SHOW))["id"]
        await self._start()

    async def prepare_offers(self, products: list[dict[str, Any]]) -> None:
        """One of each product's first variant, a little cheaper, in order of their codes."""
        path = f"/streams/{self.stream_id}/offers"
        for number, product in enumerate(products, start=1):
            variant = product["variants"][0]
            code = f"A{number:02d}"
            asked = {
                "sku": variant["sku"],
                "code": code,
                "price": {**variant["prices"][0], "amount": self._reduced(variant)},
                "per_customer": _PER_CUSTOMER,
                "hold_seconds": _HOLD_SECONDS,
            }
            self._prepared.append((code, (await self._post(path, asked))["id"]))
        for _ in range(_OPEN_AT_ONCE):
            await self.offer_next()

    async def offer_next(self) -> None:
        """Opens what comes next and pins it; nothing, once all is on offer."""
        if not self._prepared:
            return
        code, offer_id = self._prepared.pop(0)
        path = f"/streams/{self.stream_id}/offers/{offer_id}"
        await self._post(f"{path}/open")
        await self._post(f"{path}/pin")
        self.codes.append(code)

    async def sales(self, position: int = 0) -> dict[str, Any]:
        """As GET /streams/{id}/sales tells, now."""
        path = f"/streams/{self.stream_id}/sales?min_position={position}"
        found: dict[str, Any] = _body(await self._api.get(path))
        return found

    async def aclose(self) -> None:
        await self._api.aclose()

    async def _start(self) -> None:
        """As soon as the show has its live input. Without a feed it stays waiting for one, and
        sells all the same."""
        for _ in range(int(_READY_SECONDS * 2)):
            answer = await self._api.post(f"/streams/{self.stream_id}/start")
            if answer.status_code == HTTPStatus.OK:
                return
            await asyncio.sleep(0.5)

    def _reduced(self, variant: dict[str, Any]) -> int:
        price: int = variant["prices"][0]["amount"]
        return price * self._chance.choice((80, 85, 90)) // 100

    async def _post(self, path: str, body: Any = None) -> Any:
        return _body(await self._api.post(path, json=body))


def _body(answer: httpx.Response) -> Any:
    if answer.is_error:
        raise DemoRefused(f"{answer.request.url.path} answered {answer.status_code}: {answer.text}")
    return answer.json()
