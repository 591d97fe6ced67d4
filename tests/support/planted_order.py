"""Shopping that leaves a person's data wherever an order can: a comment, an address, a reason."""

import secrets
from typing import Any, Protocol

import httpx

from tests.support.eventually import eventually
from tests.support.serving import LiveServer


class Asking(Protocol):
    """Somebody who is signed in."""

    async def ask(self, method: str, path: str, body: Any = None) -> Any: ...


class PlantedOrder:
    """An order, and the words in it that are its buyer's."""

    def __init__(self, mark: str) -> None:
        # In letters alone: with digits it might name another item.
        letters = "".join(chr(ord("a") + int(digit, 16)) for digit in mark)
        self.comment = f"A01+1 ขอบคุณ คุณ{letters}"
        self.recipient = f"收件人 {mark}"
        self.phone = f"+8869{secrets.randbelow(10**8):08d}"
        self.address = f"臺北市測試路 {mark} 號"
        self.reason = f"買錯了 {mark}"

    @property
    def texts(self) -> list[str]:
        return [self.comment, self.recipient, self.phone, self.address, self.reason]

    async def buy(self, server: LiveServer, buyer: Asking) -> str:
        """By a comment in somebody else's show; and thinks better of it. The order's id."""
        show = await _on_sale(server)
        await buyer.ask("POST", f"/streams/{show}/messages", {"text": self.comment})

        async def claimed() -> bool:
            return bool((await buyer.ask("GET", f"/me/cart?stream={show}"))["items"])

        await eventually(claimed, timeout=30)
        cart = await buyer.ask("GET", f"/me/cart?stream={show}")
        sent_to = {"recipient": self.recipient, "phone": self.phone, "address": self.address}
        order = {
            "cart_id": cart["id"],
            "payment_method": "cod",
            "shipping": {"method": "home", **sent_to},
        }
        placed = await buyer.ask("POST", "/orders", order)
        await buyer.ask("POST", f"/orders/{placed['id']}/cancel", {"reason": self.reason})
        return str(placed["id"])


async def _on_sale(server: LiveServer) -> str:
    """A show with one open offer; its id."""
    async with httpx.AsyncClient(base_url=f"{server.url}/api/v1", timeout=30) as client:
        seller = {"name": "Seller", "roles": ["host", "merchant"], "market": "TW"}
        known = (await client.post("/auth/dev", json=seller)).json()
        client.headers["Authorization"] = f"Bearer {known['access_token']}"
        sku, price = f"COAT-{secrets.token_hex(4)}", {"amount": 1290, "currency": "TWD"}
        variant = {"sku": sku, "prices": [price], "initial_stock": 5}
        product = {"title": {"zh-TW": "大衣"}, "variants": [variant]}
        await _done(client.post("/products", json=product))
        show = await _done(client.post("/streams", json={"title": "Sale", "description": "x"}))
        path = f"/streams/{show}/offers"
        offer = {"sku": sku, "code": "A01", "price": price}

        async def offered() -> str:
            answer = await client.post(path, json=offer)
            return str(answer.json()["id"]) if answer.is_success else ""

        made = await eventually(offered, timeout=30)
        await _done(client.post(f"{path}/{made}/open"))
    return show


async def _done(asked: Any) -> str:
    answer = await asked
    assert answer.is_success, answer.text
    return str(answer.json()["id"])
