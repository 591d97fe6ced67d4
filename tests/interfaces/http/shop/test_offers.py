"""Offers over HTTP, and what the room is told of them."""

from typing import Any

import pytest

from domain.catalogue.commands import ListProduct, NewVariant
from domain.shared import Money
from infrastructure.ids import new_id
from projections.showcase.offers import OFFERS, list_offers
from tests.support.eventually import eventually
from tests.support.http import BASE, Api, problem
from tests.support.room_client import in_room

pytestmark = pytest.mark.asyncio(loop_scope="module")
PRICE = {"amount": 1290, "currency": "TWD"}
Headers = dict[str, str]


async def goods(api: Api, host: Headers, stock: int = 10) -> str:
    """The SKU of something the host sells."""
    me = (await api.client.get(f"{BASE}/me", headers=host)).json()
    sku = f"COAT-{new_id()[-12:]}"
    price = Money(amount=1500, currency="TWD")
    await api.reported(
        ListProduct(
            product_id=new_id(),
            by=me["id"],
            language="zh-TW",
            titles={"zh-TW": "羊毛大衣", "en": "Wool coat"},
            variants=(NewVariant(sku=sku, prices=(price,), initial_stock=stock),),
        )
    )
    return sku


async def ask(api: Api, who: Headers, method: str, path: str, body: Any = None) -> Any:
    answer = await api.client.request(method, f"{BASE}{path}", json=body, headers=who)
    assert answer.is_success, answer.text
    return answer.json()


async def prepared(api: Api, host: Headers, **terms: Any) -> tuple[str, dict[str, Any]]:
    stream_id, _ = await api.announced(host)
    sku = await goods(api, host)
    body = {"sku": sku, "code": "a01", "price": PRICE, **terms}
    return stream_id, await ask(api, host, "POST", f"/streams/{stream_id}/offers", body)


async def test_prepare_offer_answers_its_terms(api: Api) -> None:
    _, offer = await prepared(api, await api.headers("Mei", "host"), per_customer=2)
    assert offer["status"] == "prepared"
    assert offer["code"] == "A01"
    assert offer["price"] == PRICE
    assert offer["per_customer"] == 2
    assert offer["hold_seconds"] == 900


async def test_offers_are_listed_in_the_reader_s_language_with_what_is_there(api: Api) -> None:
    host = await api.headers("Mei", "host")
    stream_id, offer = await prepared(api, host)
    path = f"{BASE}/streams/{stream_id}/offers?min_position={offer['position']}"

    async def listed() -> bool:
        shown = (await api.client.get(path, headers={"Accept-Language": "en"})).json()["items"]
        return [(one["title"], one["available"]) for one in shown] == [("Wool coat", 10)]

    await eventually(listed)


async def test_opened_offer_is_frozen_and_pinned_with_its_show(api: Api) -> None:
    host = await api.headers("Mei", "host")
    stream_id, offer = await prepared(api, host)
    path = f"/streams/{stream_id}/offers/{offer['id']}"
    opened = await ask(api, host, "POST", f"{path}/open")
    assert opened["status"] == "open"
    frozen = await api.client.patch(f"{BASE}{path}", json={"code": "B01"}, headers=host)
    assert problem(frozen)["code"] == "offer_frozen"
    pinned = await ask(api, host, "POST", f"{path}/pin")
    show = await ask(api, host, "GET", f"/streams/{stream_id}?min_position={pinned['position']}")
    assert show["pinned_offer"]["code"] == "A01"


async def test_only_the_show_s_host_offers_in_it(api: Api) -> None:
    stream_id, _ = await prepared(api, await api.headers("Mei", "host"))
    other = await api.headers("Other", "host")
    body = {"sku": await goods(api, other), "code": "A02", "price": PRICE}
    refused = await api.client.post(f"{BASE}/streams/{stream_id}/offers", json=body, headers=other)
    assert problem(refused)["code"] == "forbidden"


async def test_room_is_told_of_offers_of_stock_and_the_buyer_of_their_claim(api: Api) -> None:
    host = await api.headers("Mei", "host")
    stream_id, offer = await prepared(api, host)
    path = f"/streams/{stream_id}/offers/{offer['id']}"
    buyer = await api.token("Lin")
    async with in_room(api, stream_id, buyer) as (viewer, welcome):
        assert welcome["offers"] == []
        await ask(api, host, "POST", f"{path}/open")
        told = await viewer.until("offer", status="open")
        assert (told["code"], told["offer_id"]) == ("A01", offer["id"])
        headers = {"Authorization": f"Bearer {buyer}"}
        cart = f"/me/cart/items/{offer['id']}?stream={stream_id}"
        await ask(api, headers, "PUT", cart, {"quantity": 2})
        held = await viewer.until("order", status="held")
        assert (held["offer_id"], held["quantity"]) == (offer["id"], 2)
    async with in_room(api, stream_id, buyer) as (_, welcome):
        (shown,) = welcome["offers"]
        assert shown["available"] == 8


async def test_offers_built_anew_are_the_same(api: Api) -> None:
    host = await api.headers("Ying", "host")
    stream_id, offer = await prepared(api, host)
    path = f"/streams/{stream_id}/offers/{offer['id']}"
    await ask(api, host, "POST", f"{path}/open")
    await ask(api, host, "POST", f"{path}/pin")
    closed = await ask(api, host, "POST", f"{path}/close")
    views, control = api.platform.views, api.platform.projections
    before = await list_offers(views, stream_id, limit=10, min_position=closed["position"])
    await control.rebuild(OFFERS.name)

    async def built_anew() -> bool:
        active = [one for one in await control.status() if one.name == OFFERS.name]
        return any(one.state == "active" and one.generation > 1 for one in active)

    await eventually(built_anew)
    after = await list_offers(views, stream_id, limit=10, min_position=closed["position"])
    assert before.value
    assert after.value == before.value
