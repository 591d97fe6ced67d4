"""What a room is told of its offers, and each buyer, alone, of what became of theirs."""

import asyncio
from functools import reduce
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from application.ports import Loaded
from domain.inventory.events import StockReceived
from domain.ordering import events as fact
from domain.shared import Event
from domain.showcase.deciding import SHOWCASE
from interfaces.realtime.offers import RoomOffers
from interfaces.roles.background import working
from projections.chat.frames import RoomFrame
from projections.frames import batch_of
from projections.showcase.frames import StockLevel
from tests.support import order_facts as given_fact
from tests.support.builders import SHOW, at, recorded
from tests.support.http import Api
from tests.support.room_client import in_room
from tests.support.room_members import somebody
from tests.support.room_rig import beginning, opened, told
from tests.support.shop_front import open_shop_front
from tests.support.showcasing import OFFER, OPENED, prepared
from tests.support.showcasing import opened as offer_opened

pytestmark = pytest.mark.asyncio(loop_scope="module")
COAT = "COAT-RED-M"
FACTS: tuple[Event, ...] = (OPENED, prepared(), offer_opened())
OF_CART: dict[str, Any] = {"buyer_id": "mei", "stream_id": SHOW}
OF_ITEM: dict[str, Any] = {**OF_CART, "offer_id": OFFER, "quantity": 2}


def loaded(version: int) -> Loaded[Any]:
    """The showcase as it was after so many facts."""
    return Loaded(state=reduce(SHOWCASE.evolve, FACTS[:version], SHOWCASE.initial), version=version)


def frame(event: Event, position: int, stream: str) -> RoomFrame:
    at_hand = replace(recorded(event, position=position), stream=stream)
    (made,) = batch_of([at_hand], after=position - 1, upto=position).frames
    return made


def offer_frame(version: int) -> RoomFrame:
    return frame(FACTS[version - 1], version, f"showcase-{SHOW}")


def body(frame: RoomFrame) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(frame.body)
    return found


def level(version: int, available: int, sku: str = COAT) -> StockLevel:
    return StockLevel(sku=sku, version=version, available=available)


async def test_fact_that_comes_twice_or_late_does_not_turn_an_offer_back() -> None:
    offers = RoomOffers(loaded(1))
    assert [body(offers.take(offer_frame(version)))["status"] for version in (2, 3, 3, 2)] == [
        "prepared",
        "open",
        "open",
        "open",
    ]


async def test_what_was_missed_is_told_anew_with_its_stock() -> None:
    room, viewer = opened(), somebody("mei")
    room.add(viewer)
    room.hear(offer_frame(3))  # its beginning was missed: it cannot be told yet
    assert await told(viewer) == []
    room.renew_offers(RoomOffers(loaded(3), [level(4, 7)]))
    (shown,) = await told(viewer)
    assert (shown["offer_id"], shown["status"], shown["available"]) == (OFFER, "open", 7)


async def test_stock_is_told_as_it_is_last_and_nobody_hears_of_what_is_not_offered() -> None:
    begun = beginning()._replace(offers=RoomOffers(loaded(3), [level(1, 9)]))
    room, viewer = opened(begun), somebody("mei")
    room.add(viewer)
    for position, available in ((2, 8), (4, 6), (3, 7)):
        event = StockReceived(quantity=1, available=available)
        room.hear(frame(event, position, f"sku-{COAT}"))
    room.hear(frame(StockReceived(quantity=1, available=1), 5, "sku-OTHER"))
    assert await told(viewer) == [{"type": "stock", "sku": COAT, "available": 6}]


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (fact.ItemHeld(**OF_ITEM, held_until=at(900)), "held"),
        (fact.ItemHeld(**OF_ITEM, held_until=at(900), waited=True), "held"),
        (fact.ItemPutAside(**OF_ITEM), "put_aside"),
        (fact.ItemWaitlisted(**OF_ITEM), "waitlisted"),
        (fact.HoldExpired(**OF_ITEM), "hold_expired"),
        (fact.ItemReleased(**OF_CART, offer_id=OFFER, held=1, waiting=1), "released"),
        (fact.WaitEnded(**OF_ITEM), "wait_ended"),
        (given_fact.placed(**OF_CART), "placed"),
        (fact.OrderPaid(**OF_CART, payment_id="p", method="m", amount=given_fact.twd(9)), "paid"),
        (fact.OrderShipped(**OF_CART, carrier="kex", tracking_number="1"), "shipped"),
    ],
    ids=str,
)
async def test_buyer_alone_is_told_what_became_of_it(event: Event, status: str) -> None:
    room, mei, other = opened(), somebody("mei"), somebody("other")
    room.add(mei)
    room.add(other)
    room.hear(frame(event, 5, "cart-c1"))
    heard, (mine,) = await asyncio.gather(told(other), told(mei))
    assert heard == []
    assert (mine["type"], mine["status"], mine["position"]) == ("order", status, 5)
    if isinstance(event, fact.ItemHeld | fact.ItemReleased):
        assert (mine["offer_id"], mine["quantity"]) == (OFFER, 2)
        assert mine.get("waited", False) == getattr(event, "waited", False)


@pytest.mark.parametrize(
    ("language", "numbers", "detail"),
    [
        ("en", {"limit": 2, "has": 1}, "One person may have 2 of it; you have 1."),
        ("zh-TW", {"limit": 2, "has": 1}, "每人限購 2 件，您已有 1 件。"),
        ("zh-TW", {}, "超過每人限購數量"),
    ],
)
async def test_refusal_is_worded_for_its_buyer(
    language: Any, numbers: dict[str, int], detail: str
) -> None:
    room, mei = opened(), somebody("mei")
    mei.language = language
    room.add(mei)
    refused = fact.ClaimRefused(
        **OF_CART, refusal="limit_per_customer", offer_code="A01", quantity=2, message_id="m",
        parser=1, comment="A01+2", numbers=numbers,
    )  # fmt: skip
    room.hear(frame(refused, 5, "cart-c1"))
    (mine,) = await told(mei)
    assert (mine["status"], mine["code"]) == ("refused", "limit_per_customer")
    assert mine["detail"] == detail
    assert "comment" not in mine


@pytest.mark.services
async def test_comment_in_the_chat_ends_in_its_writer_s_cart(api: Api) -> None:
    shop = await open_shop_front(api, units=5)
    async with (
        working(api.platform),
        in_room(api, shop.stream_id, await api.token("Lin Mei")) as (buyer, welcome),
        in_room(api, shop.stream_id, await api.token("Other")) as (other, _),
    ):
        (offered,) = welcome["offers"]
        assert (offered["code"], offered["available"]) == ("A01", 5)
        assert (await buyer.say("A01+2"))["type"] == "ack"
        held = await buyer.until("order", status="held")
        assert (held["offer_id"], held["quantity"]) == (shop.offer_id, 2)
        await other.until("stock", sku=shop.sku, available=3)
        await other.say("hello")
        assert "order" not in [frame["type"] for frame in await other.told()]
