"""Orders over HTTP: placed, paid, cancelled, sent, returned."""

from typing import Any

import pytest

from tests.support.http import BASE, Api, problem
from tests.support.shop_front import open_shop_front

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOME = {
    "method": "home",
    "recipient": "王小明",
    "phone": "0912 345 678",
    "address": "臺北市信義區市府路 1 號",
}


async def ordered(shop: Any, buyer: dict[str, str], units: int = 2, **said: Any) -> dict[str, Any]:
    cart = (await shop.put(buyer, units)).json()
    body = {"cart_id": cart["id"], "payment_method": "line_pay", "shipping": HOME, **said}
    answer = await shop.api.client.post(f"{BASE}/orders", json=body, headers=buyer)
    assert answer.status_code == 201, answer.text
    placed: dict[str, Any] = answer.json()
    return placed


async def paid(shop: Any, buyer: dict[str, str], order: dict[str, Any]) -> Any:
    path = f"{BASE}/orders/{order['id']}/payments"
    return await shop.api.client.post(path, json={"method": "development"}, headers=buyer)


async def test_what_is_ordered_is_answered_in_full(api: Api) -> None:
    shop = await open_shop_front(api)
    order = await ordered(shop, await shop.buyer("Mei"))
    assert order["status"] == "awaiting_payment"
    assert order["subtotal"] == {"amount": 2580, "currency": "TWD"}
    assert order["total"] == {"amount": 2580, "currency": "TWD"}
    assert order["tax"] == {"amount": 123, "currency": "TWD"}
    assert order["number"].startswith("TW-")
    assert await shop.stock(order["position"]) == (5, 2, 3)


async def test_a_paid_order_is_sold(api: Api) -> None:
    shop = await open_shop_front(api)
    mei = await shop.buyer("Mei")
    order = await ordered(shop, mei)
    answer = await paid(shop, mei, order)
    assert (answer.status_code, answer.json()["status"]) == (201, "captured")
    assert await shop.stock(answer.json()["position"]) == (3, 0, 3)
    assert problem(await paid(shop, mei, order))["code"] == "order_paid"


async def test_cash_on_delivery_is_confirmed_at_once(api: Api) -> None:
    shop = await open_shop_front(api)
    order = await ordered(shop, await shop.buyer("Mei"), payment_method="cod")
    assert (order["status"], order["expires_at"]) == ("awaiting_payment", None)
    assert order["total"] == {"amount": 2610, "currency": "TWD"}
    assert await shop.stock(order["position"]) == (3, 0, 3)


async def test_a_cancelled_order_gives_its_units_back(api: Api) -> None:
    shop = await open_shop_front(api)
    mei = await shop.buyer("Mei")
    order = await ordered(shop, mei)
    path = f"{BASE}/orders/{order['id']}/cancel"
    answer = await api.client.post(path, json={}, headers=mei)
    assert answer.json()["status"] == "cancelled"
    assert await shop.stock(answer.json()["position"]) == (5, 0, 5)
    assert problem(await paid(shop, mei, order))["code"] == "order_cancelled"


async def test_the_same_key_places_one_order(api: Api) -> None:
    shop = await open_shop_front(api)
    mei = await shop.buyer("Mei")
    cart = (await shop.put(mei, 1)).json()
    body = {"cart_id": cart["id"], "payment_method": "line_pay", "shipping": HOME}
    keyed = {**mei, "idempotency-key": "order-1"}
    first = await api.client.post(f"{BASE}/orders", json=body, headers=keyed)
    again = await api.client.post(f"{BASE}/orders", json=body, headers=keyed)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"


async def test_a_quote_is_what_the_order_comes_to(api: Api) -> None:
    shop = await open_shop_front(api)
    mei = await shop.buyer("Mei")
    cart = (await shop.put(mei, 1)).json()
    body = {
        "cart_id": cart["id"],
        "payment_method": "cod",
        "shipping": {"method": "cvs_family"},
    }
    quote = (await api.client.post(f"{BASE}/orders/quote", json=body, headers=mei)).json()
    assert quote["total"] == {"amount": 1290, "currency": "TWD"}
    assert quote["status"] == "quoted"


async def test_a_store_pickup_needs_a_store(api: Api) -> None:
    shop = await open_shop_front(api)
    mei = await shop.buyer("Mei")
    cart = (await shop.put(mei, 1)).json()
    shipping = {**HOME, "method": "cvs_family"}
    body = {"cart_id": cart["id"], "payment_method": "cod", "shipping": shipping}
    refused = await api.client.post(f"{BASE}/orders", json=body, headers=mei)
    assert problem(refused)["code"] == "delivery_incomplete"


async def test_an_empty_cart_orders_nothing(api: Api) -> None:
    shop = await open_shop_front(api)
    mei = await shop.buyer("Mei")
    order = await ordered(shop, mei)
    assert order["lines"]
    cart = await shop.cart(mei, order["position"])
    body = {"cart_id": cart["id"], "payment_method": "line_pay", "shipping": HOME}
    refused = await api.client.post(f"{BASE}/orders", json=body, headers=mei)
    assert problem(refused)["code"] == "cart_empty"
