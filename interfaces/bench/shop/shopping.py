"""What a shopper says: claim, order, pay. Each goes on from the answer to the one before."""

from http import HTTPStatus
from typing import Any, Literal

import msgspec

from interfaces.bench.shop.connection import Answer, Connection

_OUT_OF_STOCK = "out_of_stock"
Claimed = Literal["held", "waitlisted", "out_of_stock"]


class Quantity(msgspec.Struct, frozen=True):
    quantity: int


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    method: str = "home"
    recipient: str = "Lin Mei"
    phone: str = "+886900000000"
    address: str = "1 Test Road, Taipei"


class Checkout(msgspec.Struct, frozen=True, kw_only=True):
    cart_id: str
    payment_method: str = "line_pay"
    shipping: Delivery = Delivery()


class Payment(msgspec.Struct, frozen=True):
    method: str = "development"


class Refused(Exception):
    """An answer that no shopper here should get; the text has it."""


class Shopper:
    """One person with a connection. `stream_id` is the show they watch."""

    def __init__(self, connection: Connection, stream_id: str, token: str) -> None:
        self._connection = connection
        self._stream_id = stream_id
        self._token = token
        self.cart_id = ""

    async def claim(self, offer_id: str) -> Claimed:
        """One unit of the offer. Raises `Refused` for what is none of these answers."""
        path = f"/me/cart/items/{offer_id}?stream={self._stream_id}"
        answer = await self._ask("PUT", path, Quantity(1))
        if answer.status == HTTPStatus.CONFLICT and answer.json()["code"] == _OUT_OF_STOCK:
            return "out_of_stock"
        cart = _accepted(answer)
        self.cart_id = cart["id"]
        return "held" if cart["held_until"] else "waitlisted"

    async def order(self) -> str:
        """Everything in the cart; the order's id. Raises `Refused`."""
        answer = await self._ask("POST", "/orders", Checkout(cart_id=self.cart_id))
        order_id: str = _accepted(answer)["id"]
        return order_id

    async def pay(self, order_id: str) -> None:
        """Raises `Refused`."""
        _accepted(await self._ask("POST", f"/orders/{order_id}/payments", Payment()))

    async def _ask(self, method: str, path: str, body: msgspec.Struct) -> Answer:
        return await self._connection.ask(method, path, self._token, body)


def _accepted(answer: Answer) -> Any:
    if answer.status not in {HTTPStatus.OK, HTTPStatus.CREATED}:
        raise Refused(f"{answer.status} {answer.body[:500].decode(errors='replace')}")
    return answer.json()
