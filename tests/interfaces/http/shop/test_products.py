"""Products over HTTP: listed, changed, found, and told in the reader's language."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.http import BASE, Api, problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

PRODUCTS = f"{BASE}/products"
TWD, THB = {"amount": 1280, "currency": "TWD"}, {"amount": 129_950, "currency": "THB"}


def coat(**changes: Any) -> dict[str, Any]:
    sku = f"COAT-{uuid4().hex[:8]}"
    return {
        "title": {"zh-TW": "羊毛大衣", "th": "เสื้อโค้ท", "en": "Wool coat"},
        "description": {"zh-TW": "柔軟保暖"},
        "variants": [
            {"sku": sku, "options": {"size": "M"}, "prices": [TWD], "initial_stock": 5},
            {"sku": f"{sku}-L", "options": {"size": "L"}, "prices": [TWD, THB]},
        ],
        **changes,
    }


async def listed(api: Api, headers: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
    answer = await api.client.post(PRODUCTS, json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def shown(api: Api, product: dict[str, Any], **headers: str) -> dict[str, Any]:
    path = f"{PRODUCTS}/{product['id']}?min_position={product['position']}"
    found: dict[str, Any] = (await api.client.get(path, headers=headers)).json()
    return found


async def revised(api: Api, headers: dict[str, str], product_id: str, **body: Any) -> Any:
    return await api.client.patch(f"{PRODUCTS}/{product_id}", json=body, headers=headers)


async def found(api: Api, headers: dict[str, str] | None = None, **query: Any) -> list[str]:
    answer = await api.client.get(PRODUCTS, params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["items"]]


async def test_a_listed_product_is_told_in_the_reader_s_language(api: Api) -> None:
    product = await listed(api, await api.headers("Mei", "merchant"), coat())
    assert product["status"] == "listed"
    thai = await shown(api, product, **{"accept-language": "th"})
    assert (thai["language"], thai["title"], thai["description"]) == ("th", "เสื้อโค้ท", "")
    simplified = await shown(api, product, **{"accept-language": "zh-CN"})
    assert (simplified["language"], simplified["description"]) == ("zh-TW", "柔軟保暖")
    japanese = await shown(api, product, **{"accept-language": "ja"})
    assert japanese["language"] == "en"
    assert "titles" not in japanese
    assert japanese["markets"] == ["TH", "TW"]


async def test_what_is_on_the_shelf_is_in_stock_from_the_first(api: Api) -> None:
    merchant = await api.headers("Mei", "merchant")
    body = coat()
    product = await listed(api, merchant, body)
    sku = body["variants"][0]["sku"]
    events = await api.platform.log.read_stream(f"sku-{sku}", limit=10)
    assert [one.type for one in events] == ["inventory.SkuRegistered", "inventory.StockReceived"]
    assert events[-1].position <= product["position"]


async def test_a_sku_of_another_product_is_refused_and_nothing_is_listed(api: Api) -> None:
    merchant = await api.headers("Mei", "merchant")
    body = coat()
    await listed(api, merchant, body)
    taken = await api.client.post(PRODUCTS, json=body, headers=merchant)
    assert (taken.status_code, problem(taken)["code"]) == (409, "sku_taken")
    head = await api.platform.log.head()
    mine = await found(api, merchant, q=body["variants"][0]["sku"], min_position=head)
    assert len(mine) == 1


async def test_a_repeated_listing_lists_once(api: Api) -> None:
    merchant = await api.headers("Mei", "merchant", **{"Idempotency-Key": uuid4().hex})
    body = coat()
    first = await listed(api, merchant, body)
    again = await api.client.post(PRODUCTS, json=body, headers=merchant)
    assert again.json() == first
    assert again.headers["idempotent-replayed"] == "true"


async def test_a_merchant_changes_words_prices_and_variants(api: Api) -> None:
    merchant = await api.headers("Mei", "merchant")
    body = coat()
    sku = body["variants"][0]["sku"]
    product = await listed(api, merchant, body)
    cheaper = {"sku": sku, "prices": [{"amount": 990, "currency": "TWD"}]}
    new = {"sku": f"{sku}-XL", "options": {"size": "XL"}, "prices": [TWD], "initial_stock": 2}
    changed = await revised(
        api, merchant, product["id"], title={"th": None, "ja": "コート"}, variants=[cheaper, new]
    )
    assert changed.status_code == 200, changed.text
    gone = await api.client.delete(f"{PRODUCTS}/{product['id']}/variants/{sku}-L", headers=merchant)
    mine = await shown(api, gone.json(), **merchant)
    assert set(mine["titles"]) == {"zh-TW", "en", "ja"}
    assert [one["sku"] for one in mine["variants"] if not one["withdrawn"]] == [sku, f"{sku}-XL"]
    assert mine["variants"][0]["prices"] == [{"amount": 990, "currency": "TWD"}]
    public = await shown(api, gone.json())
    assert [one["sku"] for one in public["variants"]] == [sku, f"{sku}-XL"]
    assert public["markets"] == ["TW"]


async def test_a_withdrawn_product_is_listed_to_its_merchant_alone(api: Api) -> None:
    merchant = await api.headers("Mei", "merchant")
    product = await listed(
        api, merchant, coat(title={"en": "Umbrella of the attic"}, description={})
    )
    path = f"{PRODUCTS}/{product['id']}"
    position = (await api.client.delete(path, headers=merchant)).json()["position"]
    asked = {"q": "attic umbrella", "min_position": position}
    assert await found(api, **asked) == []
    merchant_id = (await api.client.get(path)).json()["merchant_id"]
    withdrawn = {**asked, "status": "withdrawn", "merchant": merchant_id}
    assert await found(api, merchant, **withdrawn) == [product["id"]]
    refused = await api.client.get(PRODUCTS, params=withdrawn)
    assert problem(refused)["code"] == "forbidden"
    assert problem(await revised(api, merchant, product["id"]))["code"] == "product_withdrawn"
    back = await api.client.post(f"{path}/relist", headers=merchant)
    assert await found(api, q="attic", min_position=back.json()["position"]) == [product["id"]]


async def test_products_are_found_page_by_page(api: Api) -> None:
    merchant = await api.headers("Mei", "merchant")
    products = [
        await listed(api, merchant, coat(title={"th": "แก้วน้ำใบเล็ก"}, description={}))
        for _ in range(3)
    ]
    query = {"q": "น้ำใบ", "limit": 2, "min_position": products[-1]["position"]}
    first = (await api.client.get(PRODUCTS, params=query)).json()
    rest = (await api.client.get(PRODUCTS, params={**query, "cursor": first["next_cursor"]})).json()
    ids = [each["id"] for each in (*first["items"], *rest["items"])]
    assert ids == [each["id"] for each in reversed(products)]
    assert rest["next_cursor"] is None
    other = await api.client.get(PRODUCTS, params={"q": "x", "cursor": first["next_cursor"]})
    assert problem(other)["code"] == "invalid_input"


async def test_goods_of_another_are_not_changed(api: Api) -> None:
    product = await listed(api, await api.headers("Mei", "merchant"), coat())
    other = await api.headers("Ploy", "merchant")
    assert problem(await revised(api, other, product["id"]))["code"] == "forbidden"
    admin = await api.headers("Ann", "admin")
    assert (await revised(api, admin, product["id"], title={"en": "Coat"})).status_code == 200
    nowhere = await revised(api, admin, str(uuid4()))
    assert (nowhere.status_code, problem(nowhere)["code"]) == (404, "product_not_found")


WRONG: dict[str, dict[str, Any]] = {
    "invalid_input": {"title": {"fr": "Manteau"}},
    "title_missing": {"title": {}, "description": {}},
    "out_of_range": {"variants": []},
    "media_not_uploaded": {"media": ["exports/log.json"]},
    "text_empty": {"title": {"zh-TW": " "}},
    "price_missing": {"variants": [{"sku": "A", "prices": []}]},
}


@pytest.mark.parametrize("code", sorted(WRONG))
async def test_what_cannot_be_sold_is_refused_with_its_reason(api: Api, code: str) -> None:
    merchant = await api.headers("Mei", "merchant")
    answer = await api.client.post(PRODUCTS, json=coat(**WRONG[code]), headers=merchant)
    assert problem(answer)["code"] == code


@pytest.mark.parametrize("sku", ["", "A B", "../x", "外套", "A" * 65])
async def test_a_sku_that_cannot_be_is_bad_input(api: Api, sku: str) -> None:
    merchant = await api.headers("Mei", "merchant")
    body = coat(variants=[{"sku": sku, "prices": [TWD]}])
    answer: httpx.Response = await api.client.post(PRODUCTS, json=body, headers=merchant)
    assert problem(answer)["code"] == "invalid_input"
