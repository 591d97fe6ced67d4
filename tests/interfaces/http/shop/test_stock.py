"""Stock over HTTP: its merchant's to see and to change."""

import pytest

from tests.support.http import BASE, Api, problem
from tests.support.shop_front import ShopFront, open_shop_front

pytestmark = pytest.mark.asyncio(loop_scope="module")


def _path(shop: ShopFront, action: str = "") -> str:
    return f"{BASE}/stock/{shop.sku}{action}"


async def test_goods_come_in_and_get_lost(api: Api) -> None:
    shop = await open_shop_front(api, units=5)
    body = {"quantity": 3, "reason": "second delivery"}
    received = await api.client.post(_path(shop, "/receive"), json=body, headers=shop.host)
    assert received.json()["available"] == 8
    body = {"quantity": -2, "reason": "loss"}
    adjusted = await api.client.post(_path(shop, "/adjust"), json=body, headers=shop.host)
    assert await shop.stock(adjusted.json()["position"]) == (6, 0, 6)


async def test_what_is_reserved_cannot_be_adjusted_away(api: Api) -> None:
    shop = await open_shop_front(api, units=2)
    await shop.put(await shop.buyer("Mei"), 2)
    body = {"quantity": -1, "reason": "count"}
    refused = await api.client.post(_path(shop, "/adjust"), json=body, headers=shop.host)
    assert problem(refused)["code"] == "stock_is_reserved"


async def test_others_neither_see_nor_change_it(api: Api) -> None:
    shop = await open_shop_front(api)
    other = await api.headers("Other", "merchant")
    seen = await api.client.get(f"{_path(shop)}?min_position={shop.position}", headers=other)
    assert problem(seen)["code"] == "sku_not_found"
    body = {"quantity": 1}
    refused = await api.client.post(_path(shop, "/receive"), json=body, headers=other)
    assert problem(refused)["code"] == "forbidden"


async def test_an_admin_may(api: Api) -> None:
    shop, admin = await open_shop_front(api), await api.headers("Ada", "admin")
    answer = await api.client.post(_path(shop, "/receive"), json={"quantity": 1}, headers=admin)
    assert answer.json()["on_hand"] == 6


async def test_a_merchant_s_goods_are_listed_by_sku(api: Api) -> None:
    shop = await open_shop_front(api)
    path = f"{BASE}/stock?min_position={shop.position}"
    answer = (await api.client.get(path, headers=shop.host)).json()
    assert [each["sku"] for each in answer["items"]] == [shop.sku]
    assert answer["next_cursor"] is None


async def test_an_unknown_sku_is_not_found(api: Api) -> None:
    merchant = await api.headers("Mei", "merchant")
    body = {"quantity": 1}
    for path in ("no-such-sku", "-", "x" * 65):
        answer = await api.client.post(f"{BASE}/stock/{path}/receive", json=body, headers=merchant)
        assert answer.status_code in {400, 404, 422}, path
