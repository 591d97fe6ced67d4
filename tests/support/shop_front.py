"""A show of a running API that offers something to buy."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from application.processes.holds import Holds
from domain.shared import Money
from domain.showcase.commands import OpenOffer, PrepareOffer
from domain.showcase.values import OfferTerms
from infrastructure.cart_index import ProjectedCartIndex
from infrastructure.ids import derived_id, new_id
from projections.ordering.carts import CARTS
from tests.support.http import BASE, Api

CART = f"{BASE}/me/cart"
Headers = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class ShopFront:
    """One offer that is open; `position` is where the log stood then."""

    api: Api
    host: Headers
    stream_id: str
    offer_id: str
    sku: str
    position: int

    async def buyer(self, name: str, **more: str) -> Headers:
        return await self.api.headers(name, "viewer", **more)

    async def put(self, buyer: Headers, quantity: int, **headers: str) -> httpx.Response:
        return await self.api.client.put(
            f"{CART}/items/{self.offer_id}?stream={self.stream_id}",
            json={"quantity": quantity},
            headers={**buyer, **headers},
        )

    async def cart(self, buyer: Headers, position: int, **headers: str) -> Any:
        answer = await self.api.client.get(
            f"{CART}?stream={self.stream_id}&min_position={position}",
            headers={**buyer, **headers},
        )
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()

    async def stock(self, position: int) -> tuple[int, int, int]:
        """On hand, reserved, available."""
        path = f"{BASE}/stock/{self.sku}?min_position={position}"
        found = (await self.api.client.get(path, headers=self.host)).json()
        return found["on_hand"], found["reserved"], found["available"]

    async def later(self, seconds: float) -> int:
        """What the clock does so many seconds from now; where the log stands after that."""
        platform = self.api.platform
        await platform.views.wait(CARTS, await platform.log.head())
        holds = Holds(
            bus=platform.bus,
            log=platform.log,
            index=ProjectedCartIndex(platform.views),
            clock=lambda: datetime.now(UTC) + timedelta(seconds=seconds),
            derived_id=derived_id,
        )
        await holds.expire_due()
        return await platform.log.head()


async def open_shop_front(api: Api, *, units: int = 5, **terms: Any) -> ShopFront:
    host = await api.headers(f"Host {uuid4().hex[:8]}", "host", "merchant")
    host_id = (await api.client.get(f"{BASE}/me", headers=host)).json()["id"]
    stream_id, _ = await api.announced(host)
    sku, offer_id = f"COAT-{uuid4().hex[:8]}", new_id()
    told = {
        "sku": sku,
        "product_id": await _listed(api, host, sku, units),
        "code": "A01",
        "price": Money(amount=1290, currency="TWD"),
        "titles": {},
    }
    now, asked = datetime.now(UTC), {"stream_id": stream_id, "by": host_id, "offer_id": offer_id}
    prepare = PrepareOffer(**asked, now=now, terms=OfferTerms(**{**told, **terms}))
    await api.reported(prepare)
    position = await api.reported(OpenOffer(**asked, now=now))
    return ShopFront(
        api=api, host=host, stream_id=stream_id, offer_id=offer_id, sku=sku, position=position
    )


async def _listed(api: Api, host: Headers, sku: str, units: int) -> str:
    price = {"amount": 1290, "currency": "TWD"}
    variant = {"sku": sku, "options": {"size": "M"}, "prices": [price], "initial_stock": units}
    body = {"title": {"zh-TW": "羊毛大衣", "en": "Wool coat"}, "variants": [variant]}
    answer = await api.client.post(f"{BASE}/products", json=body, headers=host)
    assert answer.status_code == httpx.codes.CREATED, answer.text
    product_id: str = answer.json()["id"]
    return product_id
