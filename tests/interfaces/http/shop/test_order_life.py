"""Coupons, merging, offers that hold late or never, and returns, over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain.ordering.commands import ExpireOrder
from domain.ordering.ordering import ORDER
from tests.interfaces.http.shop.test_orders import HOME, ordered, paid
from tests.support.http import BASE, Api, problem
from tests.support.shop_front import ShopFront, open_shop_front

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def asked(shop: ShopFront, buyer: dict[str, str], units: int, **said: Any) -> Any:
    cart = (await shop.put(buyer, units)).json()
    body = {"cart_id": cart["id"], "payment_method": "line_pay", "shipping": HOME, **said}
    return await shop.api.client.post(f"{BASE}/orders", json=body, headers=buyer)


async def coupon(shop: ShopFront, **terms: Any) -> str:
    code = f"LIVE{uuid4().hex[:8].upper()}"
    body = {"code": code, "kind": "percent", "basis_points": 1000, **terms}
    answer = await shop.api.client.post(f"{BASE}/coupons", json=body, headers=shop.host)
    assert answer.status_code == 201, answer.text
    return code


async def expire(api: Api, order_id: str) -> None:
    """As the clock's sweep does it, a day later."""
    order = (await api.platform.log.load(ORDER, ORDER.stream(order_id))).state
    late = datetime.now(UTC) + timedelta(days=1)
    command = ExpireOrder(
        order_id=order_id,
        skus=tuple(line.sku for line in order.lines),
        cart_id=order.cart_id,
        coupon=order.coupon,
        now=late,
    )
    await api.reported(command)


async def test_a_coupon_is_taken_off_once_and_comes_back_with_the_order(api: Api) -> None:
    shop = await open_shop_front(api)
    mei = await shop.buyer("Mei")
    code = await coupon(shop)
    order = await ordered(shop, mei, coupon=code.lower())
    assert order["discount"] == {"amount": 258, "currency": "TWD"}
    assert order["total"] == {"amount": 2322, "currency": "TWD"}
    assert problem(await asked(shop, mei, 1, coupon=code))["code"] == "coupon_used_up"
    await api.client.post(f"{BASE}/orders/{order['id']}/cancel", json={}, headers=mei)
    assert (await asked(shop, mei, 1, coupon=code)).status_code == 201


async def test_a_host_sees_how_often_a_coupon_was_used(api: Api) -> None:
    shop = await open_shop_front(api)
    code = await coupon(shop)
    order = await ordered(shop, await shop.buyer("Mei"), coupon=code)
    path = f"{BASE}/coupons?min_position={order['position']}"
    items = (await api.client.get(path, headers=shop.host)).json()["items"]
    assert [(each["code"], each["redeemed"]) for each in items] == [(code, 1)]


async def test_an_order_that_a_coupon_pays_whole_is_paid_at_once(api: Api) -> None:
    shop = await open_shop_front(api)
    code = await coupon(shop, basis_points=10_000)
    order = await ordered(shop, await shop.buyer("Mei"), coupon=code)
    assert (order["status"], order["total"]["amount"]) == ("paid", 0)
    assert await shop.stock(order["position"]) == (3, 0, 3)


async def test_later_items_join_the_unpaid_order_where_the_show_has_it_so(api: Api) -> None:
    shop = await open_shop_front(api)
    path = f"{BASE}/streams/{shop.stream_id}/showcase"
    await api.client.patch(path, json={"merge_orders": True}, headers=shop.host)
    mei = await shop.buyer("Mei")
    first, second = await ordered(shop, mei, 1), await ordered(shop, mei, 2)
    assert (second["id"], second["number"]) == (first["id"], first["number"])
    assert [line["quantity"] for line in second["lines"]] == [3]
    elsewhere = {**HOME, "address": "高雄市測試路 2 號"}
    assert (await ordered(shop, mei, 1, shipping=elsewhere))["id"] != first["id"]
    assert (await paid(shop, mei, second)).status_code == 201


async def test_what_holds_at_checkout_is_reserved_as_it_is_ordered(api: Api) -> None:
    shop = await open_shop_front(api, units=2, hold_policy="on_checkout")
    mei, kai = await shop.buyer("Mei"), await shop.buyer("Kai")
    await shop.put(kai, 1)
    order = await ordered(shop, mei, 2)
    assert await shop.stock(order["position"]) == (2, 2, 0)
    refused = problem(await asked(shop, kai, 1))
    assert (refused["status"], refused["code"]) == (409, "out_of_stock")


async def test_what_is_never_held_is_had_by_who_pays_first(api: Api) -> None:
    shop = await open_shop_front(api, units=1, hold_policy="none")
    mei, kai = await shop.buyer("Mei"), await shop.buyer("Kai")
    hers, his = await ordered(shop, mei, 1), await ordered(shop, kai, 1)
    won = await paid(shop, kai, his)
    assert await shop.stock(won.json()["position"]) == (0, 0, 0)
    assert problem(await paid(shop, mei, hers))["code"] == "out_of_stock"


async def test_another_total_than_expected_is_refused(api: Api) -> None:
    shop = await open_shop_front(api)
    expected = {"amount": 1, "currency": "TWD"}
    refused = await asked(shop, await shop.buyer("Mei"), 1, expected_total=expected)
    assert problem(refused)["code"] == "price_changed"


async def test_goods_come_back_and_are_in_stock_again(api: Api) -> None:
    shop = await open_shop_front(api)
    mei, orders = await shop.buyer("Mei"), f"{BASE}/orders"
    order = await ordered(shop, mei, payment_method="cod")
    one = f"{orders}/{order['id']}"
    parcel = {"carrier": "kex", "tracking_number": "90123456"}
    assert (await api.client.post(f"{one}/ship", json=parcel, headers=shop.host)).is_success
    assert (await api.client.post(f"{one}/deliver", headers=shop.host)).is_success
    lines = [{"offer_id": shop.offer_id, "quantity": 2}]
    back = await api.client.post(f"{one}/returns", json={"lines": lines}, headers=mei)
    assert (back.status_code, back.json()["status"]) == (201, "requested")
    came = [{"offer_id": shop.offer_id, "restocked": 1, "written_off": 1}]
    path = f"{one}/returns/{back.json()['id']}/receive"
    done = (await api.client.post(path, json={"lines": came}, headers=shop.host)).json()
    assert (done["status"], done["order_status"]) == ("received", "returned")
    assert await shop.stock(done["position"]) == (4, 0, 4)


async def test_a_parcel_nobody_takes_in_is_in_stock_again_and_was_never_paid(api: Api) -> None:
    shop = await open_shop_front(api)
    mei = await shop.buyer("Mei")
    order = await ordered(shop, mei, payment_method="cod")
    one = f"{BASE}/orders/{order['id']}"
    parcel = {"carrier": "kex", "tracking_number": "90123456"}
    assert (await api.client.post(f"{one}/ship", json=parcel, headers=shop.host)).is_success
    came = {"lines": [{"offer_id": shop.offer_id, "restocked": 1, "written_off": 1}]}
    path = f"{one}/uncollected"
    assert (await api.client.post(path, json=came, headers=mei)).status_code == 403
    back = (await api.client.post(path, json=came, headers=shop.host)).json()
    again = (await api.client.post(path, json=came, headers=shop.host)).json()
    assert (back["status"], again["position"]) == ("returned", back["position"])
    assert await shop.stock(back["position"]) == (4, 0, 4)


async def test_an_order_nobody_pays_expires_by_the_clock(api: Api) -> None:
    shop = await open_shop_front(api)
    mei = await shop.buyer("Mei")
    order = await ordered(shop, mei)
    await expire(api, order["id"])
    assert await shop.stock(await api.platform.log.head()) == (5, 0, 5)
    assert problem(await paid(shop, mei, order))["code"] == "order_expired"


async def test_the_clock_finds_what_is_due(api: Api) -> None:
    """Nothing is due yet: what it asks for is answered."""
    shop = await open_shop_front(api)
    await ordered(shop, await shop.buyer("Mei"))
    assert await api.platform.services.orders.expire_due() == 0
