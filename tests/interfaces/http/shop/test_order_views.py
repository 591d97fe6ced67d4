"""Orders, sales and buyers as they are read over HTTP: by whom, and in which language."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio

from domain.shared import Event
from infrastructure.event_store.signal import LogSignal
from infrastructure.ids import new_id
from tests.support import order_facts as given_fact
from tests.support.http import BASE, Api, problem
from tests.support.order_facts import A_LIFE, CART, OFFER, ORDER
from tests.support.recording import Recorder, recording

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Sale:
    """A show in which one buyer shopped, read by whoever asks."""

    api: Api
    show: str
    order: str
    offer: str
    position: int
    buyer: dict[str, str]
    host: dict[str, str]
    stranger: dict[str, str]
    admin: dict[str, str]

    async def read(self, path: str, by: dict[str, str], **more: str) -> httpx.Response:
        headers = {**by, "Min-Position": str(self.position), **more}
        return await self.api.client.get(f"{BASE}{path}", headers=headers)

    async def body(self, path: str, by: dict[str, str], **more: str) -> Any:
        answer = await self.read(path, by, **more)
        assert answer.status_code == httpx.codes.OK, answer.text
        assert answer.headers["cache-control"] == "no-store"
        return answer.json()


async def person(api: Api, name: str, *roles: Any) -> tuple[str, dict[str, str]]:
    headers = await api.headers(name, *roles)
    told = await api.client.get(f"{BASE}/me", headers=headers)
    return told.json()["id"], headers


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def recorder(api: Api) -> AsyncIterator[Recorder]:
    platform = api.platform
    signal = LogSignal(platform.redis, prefix=platform.settings.redis_prefix)
    await signal.start()
    async with recording(platform.engine, platform.codec, signal) as recorder:
        yield recorder
    await signal.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sale(api: Api, recorder: Recorder) -> Sale:
    buyer_id, buyer = await person(api, "Somchai")
    host_id, host = await person(api, "Mei", "host")
    show, position = await api.announced(host)
    names = {CART: new_id(), ORDER: new_id(), OFFER: new_id()}
    ours = {"buyer_id": buyer_id, "stream_id": show, "host_id": host_id}
    for stream, event in A_LIFE:
        position = await recorder.record(_ours(stream, event, show, names, ours))
    return Sale(
        api,
        show=show,
        order=names[ORDER],
        offer=names[OFFER],
        position=position,
        buyer=buyer,
        host=host,
        stranger=(await person(api, "Nobody"))[1],
        admin=(await person(api, "Root", "admin"))[1],
    )


def _ours(
    stream: str, event: Event, show: str, names: dict[str, str], ours: dict[str, str]
) -> tuple[str, Event]:
    """The fact, about this show and these people."""
    category, _, named = stream.partition("-")
    stream = f"{category}-{show if category == 'showcase' else names.get(named, named)}"
    return stream, given_fact.about(event, names, ours)


async def test_buyer_reads_their_order_with_its_story_in_their_language(sale: Sale) -> None:
    told = await sale.body(f"/orders/{sale.order}", sale.buyer, **{"Accept-Language": "th"})
    assert (told["status"], told["total"]) == ("delivered", {"amount": 2460, "currency": "TWD"})
    assert told["delivery"]["recipient"] == given_fact.RECIPIENT
    assert told["story"][0]["text"] == "สั่งซื้อแล้ว: 2 ชิ้น รวม NT$2,460"
    assert told["story"][-1]["code"] == "refund_due"
    assert told["lines"][0]["title"] == "Coat"
    assert told["position"] >= sale.position


@pytest.mark.parametrize("language", ["zh-TW", "zh-CN", "th", "ja", "en"])
async def test_every_step_has_words_in_every_language(sale: Sale, language: str) -> None:
    told = await sale.body(f"/orders/{sale.order}", sale.buyer, **{"Accept-Language": language})
    assert all(step["text"] != step["code"] for step in told["story"])
    assert not any("…" in step["text"] or "{" in step["text"] for step in told["story"])


async def test_order_is_its_buyer_s_its_seller_s_and_the_admins_to_see(sale: Sale) -> None:
    for who in (sale.buyer, sale.host, sale.admin):
        assert (await sale.body(f"/orders/{sale.order}", who))["buyer"]["name"] == "Somchai"
    refused = await sale.read(f"/orders/{sale.order}", sale.stranger)
    assert (refused.status_code, problem(refused)["code"]) == (404, "order_not_found")


async def test_orders_are_listed_to_who_bought_and_to_who_sold(sale: Sale) -> None:
    paths = {
        "/orders": (1, 1, 0, 0),
        "/orders?side=bought": (1, 0, 0, 0),
        "/orders?side=sold": (0, 1, 0, 0),
        "/orders?status=paid": (0, 0, 0, 0),
        f"/orders?stream={sale.show}&status=delivered": (1, 1, 0, 1),
    }
    everybody = (sale.buyer, sale.host, sale.stranger, sale.admin)
    for path, found in paths.items():
        pages = [await sale.body(path, who) for who in everybody]
        assert tuple(len(page["items"]) for page in pages) == found, path
        assert all(page["next_cursor"] is None for page in pages)


async def test_host_reads_what_the_show_sells(sale: Sale) -> None:
    told = await sale.body(f"/streams/{sale.show}/sales", sale.host)
    amounts = {name: told[name]["amount"] for name in ("paid", "refunded", "net")}
    assert amounts == {"paid": 2460, "refunded": 1200, "net": 1260}
    assert told["claimed"] == {"quantity": 3, "amount": {"amount": 3600, "currency": "TWD"}}
    assert (told["conversion"], told["buyers"], told["orders"]) == (0.6667, 1, 1)
    (item,) = told["items"]
    assert (item["title"], item["sold"]["quantity"], item["returned"]["quantity"]) == ("Coat", 2, 1)
    minutes = await sale.body(f"/streams/{sale.show}/sales/minutes", sale.host)
    assert sum(minute["paid"]["amount"] for minute in minutes["items"]) == 2460


async def test_host_reads_who_claimed_an_item(sale: Sale) -> None:
    told = await sale.body(f"/streams/{sale.show}/offers/{sale.offer}/buyers", sale.host)
    (claim,) = told["items"]
    assert claim["buyer"]["name"] == "Somchai"
    assert {name: claim[name] for name in ("claimed", "held", "waiting", "ordered", "paid")} == {
        "claimed": 3,
        "held": 0,
        "waiting": 1,
        "ordered": 2,
        "paid": 2,
    }


@pytest.mark.parametrize("path", ["sales", "sales/minutes", "offers/{offer}/buyers"])
async def test_sales_are_no_other_host_s_business(sale: Sale, path: str) -> None:
    other = await sale.api.headers("Other host", "host")
    answer = await sale.read(f"/streams/{sale.show}/{path}".format(offer=sale.offer), other)
    assert (answer.status_code, problem(answer)["code"]) == (403, "forbidden")


async def test_orders_are_not_for_guests(sale: Sale) -> None:
    guest = await sale.api.client.post(
        f"{BASE}/auth/guest", json={"market": "TW", "language": "en"}
    )
    headers = {"Authorization": f"Bearer {guest.json()['access_token']}"}
    assert (await sale.read("/orders", headers)).status_code == httpx.codes.FORBIDDEN
