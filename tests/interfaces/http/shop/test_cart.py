"""A buyer's cart over HTTP: claimed, shown, changed, and let go by the clock."""

import pytest

from tests.support.http import BASE, Api, problem
from tests.support.shop_front import CART, open_shop_front

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_what_is_claimed_is_held_and_stands_in_the_cart(api: Api) -> None:
    shop = await open_shop_front(api)
    mei = await shop.buyer("Mei")
    claimed = (await shop.put(mei, 2)).json()
    assert (claimed["quantity"], claimed["waitlisted"]) == (2, 0)
    cart = await shop.cart(mei, claimed["position"], **{"accept-language": "zh-TW"})
    assert cart["id"] == claimed["id"]
    assert cart["subtotal"] == {"amount": 2580, "currency": "TWD"}
    assert cart["items"] == [
        {
            "offer_id": shop.offer_id,
            "sku": shop.sku,
            "code": "A01",
            "title": "羊毛大衣",
            "options": {"size": "M"},
            "quantity": 2,
            "price": {"amount": 1290, "currency": "TWD"},
            "total": {"amount": 2580, "currency": "TWD"},
            "held_until": claimed["held_until"],
            "waitlisted": 0,
        }
    ]
    assert await shop.stock(claimed["position"]) == (5, 2, 3)


async def test_without_its_show_an_offer_is_found(api: Api) -> None:
    shop = await open_shop_front(api)
    path = f"{CART}/items/{shop.offer_id}?min_position={shop.position}"
    answer = await api.client.put(path, json={"quantity": 1}, headers=await shop.buyer("Mei"))
    assert answer.status_code == 200, answer.text


async def test_a_cart_nothing_was_claimed_into_is_empty(api: Api) -> None:
    shop = await open_shop_front(api)
    cart = await shop.cart(await shop.buyer("Mei"), shop.position)
    assert (cart["items"], cart["subtotal"]) == ([], {"amount": 0, "currency": "TWD"})


async def test_a_cart_is_of_a_show_that_there_is(api: Api) -> None:
    mei = await api.headers("Mei", "viewer")
    unknown = f"{CART}?stream=019a1c0e-7c1f-7b5e-9d3a-2f4b6c8d0e1f"
    assert problem(await api.client.get(unknown, headers=mei))["code"] == "live_stream_not_found"
    assert (await api.client.get(CART, headers=mei)).status_code == 422


async def test_the_same_key_gets_the_first_answer_even_when_all_is_gone(api: Api) -> None:
    shop = await open_shop_front(api, units=1)
    mei = await shop.buyer("Mei")
    first = await shop.put(mei, 1, **{"idempotency-key": "claim-1"})
    again = await shop.put(mei, 1, **{"idempotency-key": "claim-1"})
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"


async def test_what_is_not_there_is_waited_for(api: Api) -> None:
    shop = await open_shop_front(api, units=1)
    claimed = (await shop.put(await shop.buyer("Mei"), 3)).json()
    assert (claimed["quantity"], claimed["waitlisted"]) == (1, 2)


async def test_where_nobody_may_wait_it_is_out_of_stock(api: Api) -> None:
    shop = await open_shop_front(api, units=1, waitlist=False)
    refused = await shop.put(await shop.buyer("Mei"), 2)
    assert problem(refused)["code"] == "out_of_stock"


async def test_a_limit_per_customer_holds(api: Api) -> None:
    shop = await open_shop_front(api, per_customer=1)
    assert problem(await shop.put(await shop.buyer("Mei"), 2))["code"] == "limit_per_customer"


async def test_taking_out_gives_back_and_may_be_repeated(api: Api) -> None:
    shop = await open_shop_front(api)
    mei = await shop.buyer("Mei")
    path = f"{CART}/items/{shop.offer_id}?stream={shop.stream_id}"
    assert problem(await api.client.delete(path, headers=mei))["code"] == "not_in_cart"
    await shop.put(mei, 2)
    answers = [await api.client.delete(path, headers=mei) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert await shop.stock(answers[1].json()["position"]) == (5, 0, 5)


async def test_a_stale_cart_is_not_changed(api: Api) -> None:
    shop = await open_shop_front(api)
    mei = await shop.buyer("Mei")
    tag = (await shop.put(mei, 1)).headers["etag"]
    assert (await shop.put(mei, 2, **{"if-match": tag})).status_code == 200
    assert (await shop.put(mei, 3, **{"if-match": tag})).status_code == 412


async def test_guests_sign_in_to_buy(api: Api) -> None:
    shop = await open_shop_front(api)
    body = {"market": "TW", "language": "en"}
    token = (await api.client.post(f"{BASE}/auth/guest", json=body)).json()["access_token"]
    refused = await shop.put({"Authorization": f"Bearer {token}"}, 1)
    assert refused.status_code == 403


async def test_hosts_do_not_buy_in_their_own_show(api: Api) -> None:
    shop = await open_shop_front(api)
    assert problem(await shop.put(shop.host, 1))["code"] == "own_show"


async def test_what_nobody_came_back_for_goes_to_who_waits(api: Api) -> None:
    shop = await open_shop_front(api, units=1)
    mei, ari = await shop.buyer("Mei"), await shop.buyer("Ari")
    await shop.put(mei, 1)
    waits = (await shop.put(ari, 1)).json()
    assert (waits["quantity"], waits["waitlisted"]) == (0, 1)
    assert await shop.stock(await shop.later(890)) == (1, 1, 0)
    assert await shop.stock(await shop.later(901)) == (1, 0, 1)
    await api.platform.services.waitlists.serve(shop.sku)
    served = (await shop.cart(ari, await api.platform.log.head()))["items"][0]
    assert (served["quantity"], served["waitlisted"]) == (1, 0)
    assert (await shop.cart(mei, served_at := await api.platform.log.head()))["items"] == []
    assert await shop.stock(served_at) == (1, 1, 0)
