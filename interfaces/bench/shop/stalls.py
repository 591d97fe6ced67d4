"""A show that sells, and people to buy in it: by the public API, as apps do it."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec

from infrastructure.ids import new_id
from interfaces.bench.servers import HOST, Deployment, live

_AT_ONCE = 64
_TIMEOUT_SECONDS = 30.0
_PRICE = {"amount": 590, "currency": "TWD"}
_HOLD_SECONDS = 3600


class Stall(msgspec.Struct, frozen=True, kw_only=True):
    """A show's offers that are open, by id, and the SKU of each."""

    stream_id: str
    offers: list[str]
    skus: list[str]


class Keeper:
    """The host of shows, who is also the merchant of what they sell."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def open_stall(self, offers: int, units: int, **terms: object) -> Stall:
        """A new show that offers so many items, of each so many units, held long enough where the
        `terms` of its offers say nothing else."""
        show = {"title": "Test Stream", "description": "Testing"}
        stream_id = (await self._post("/streams", show))["id"]
        run = new_id()[-8:]
        skus = [f"bench-{run}-{number}" for number in range(offers)]
        await asyncio.gather(*(self._list(sku, units) for sku in skus))
        # One after the other: they are of one show.
        opened = [
            await self._offer(stream_id, {"sku": sku, "code": f"A{number:03d}", **terms})
            for number, sku in enumerate(skus, start=1)
        ]
        return Stall(stream_id=stream_id, offers=opened, skus=skus)

    async def stock(self, sku: str, min_position: int = 0) -> dict[str, Any]:
        """As the view shows it, at that position of the log or later."""
        return await self._get(f"/stock/{sku}", min_position)

    async def sales(self, stream_id: str, min_position: int = 0) -> dict[str, Any]:
        """As the view shows them, at that position of the log or later."""
        return await self._get(f"/streams/{stream_id}/sales", min_position)

    async def _list(self, sku: str, units: int) -> None:
        variant = {"sku": sku, "prices": [_PRICE], "initial_stock": units}
        product = {"title": {"en": "Tea", "zh-TW": "茶"}, "variants": [variant]}
        await self._post("/products", product)

    async def _offer(self, stream_id: str, terms: dict[str, object]) -> str:
        path = f"/streams/{stream_id}/offers"
        offer = {"price": _PRICE, "hold_seconds": _HOLD_SECONDS, **terms}
        offer_id: str = (await self._post(path, offer))["id"]
        await self._post(f"{path}/{offer_id}/open")
        return offer_id

    async def _get(self, path: str, min_position: int) -> dict[str, Any]:
        answer = await self._client.get(path, params={"min_position": min_position})
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    async def _post(self, path: str, body: Any = None) -> Any:
        answer = await self._client.post(path, json=body)
        if answer.is_error:
            raise RuntimeError(f"{path}: {answer.status_code} {answer.text[:500]}")
        return answer.json()


def keeper_client(deployment: Deployment, token: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=_url(deployment),
        timeout=_TIMEOUT_SECONDS,
        trust_env=False,
        headers={"Authorization": f"Bearer {token}"},
    )


async def keeper_token(deployment: Deployment) -> str:
    printed = await live(deployment.environ, "token", "--role", "host", "--role", "merchant")
    return printed.split()[-1]


async def buyers(deployment: Deployment, count: int) -> list[str]:
    """So many people who have just signed in; their tokens."""
    run, waiting, tokens = new_id()[-8:], iter(range(count)), list[str]()
    async with httpx.AsyncClient(
        base_url=_url(deployment), timeout=_TIMEOUT_SECONDS, trust_env=False
    ) as client:
        await asyncio.gather(*(_sign_in(client, run, waiting, tokens) for _ in range(_AT_ONCE)))
    return tokens


async def _sign_in(
    client: httpx.AsyncClient, run: str, waiting: Iterator[int], tokens: list[str]
) -> None:
    for number in waiting:
        person = {
            "name": f"Buyer {run}-{number}",
            "roles": ["viewer"],
            "market": "TW",
            "language": "zh-TW",
        }
        answer = await client.post("/auth/dev", json=person)
        tokens.append(answer.raise_for_status().json()["access_token"])


def _url(deployment: Deployment) -> str:
    return f"http://{HOST}:{deployment.port}/api/v1"
