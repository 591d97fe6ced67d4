"""What somebody writes in a show's chat ends up in their cart, or in a refusal they are told of."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from application.processes.comment_orders import CommentOrders
from domain.chat.deciding import ROOM
from domain.comment_orders.reading import PARSER_VERSION
from domain.ordering import events as fact
from domain.showcase.events import OfferOpened, ProductUnpinned
from tests.support.builders import HOST, SHOW
from tests.support.chatting import ANOTHER, VIEWER
from tests.support.stall import Stall, stall


@pytest_asyncio.fixture
async def shop(sqlite_url: str) -> AsyncIterator[Stall]:
    async with stall(sqlite_url) as built:
        yield built


async def test_a_comment_holds_what_it_names(shop: Stall) -> None:
    await shop.offer("A01")
    await shop.say("Ａ０１＋２ 謝謝")
    await shop.settle()
    opened, claimed, held = await shop.facts()
    assert isinstance(opened, fact.CartOpened)
    assert isinstance(claimed, fact.ItemClaimed)
    assert (claimed.source, claimed.parser) == ("comment", PARSER_VERSION)
    assert (claimed.message_id, claimed.comment) == ("m-0", "Ａ０１＋２ 謝謝")
    assert isinstance(held, fact.ItemHeld)
    assert (held.offer_id, held.quantity) == ("o-A01", 2)
    assert (await shop.sku()).available == 3


async def test_several_items_of_one_comment_are_claimed_each(shop: Stall) -> None:
    await shop.offer("A01")
    await shop.offer("B02", stock=1)
    await shop.say("A01+1、b02 2 Q99+1")
    await shop.settle()
    cart = await shop.cart()
    assert (cart.line("o-A01").held, cart.line("o-B02").held) == (1, 1)
    assert cart.line("o-B02").waiting == 1
    assert await shop.refusals() == [("offer_code_unknown", "Q99", 1)]


async def test_plus_one_means_what_was_pinned_as_it_was_written(shop: Stall) -> None:
    await shop.offer("A01")
    await shop.offer("B02")
    await shop.pin("A01")
    await shop.say("+1")
    await shop.pin("B02")
    await shop.say("+2", by=ANOTHER)
    await shop.show(ProductUnpinned(offer_id="o-B02"))
    await shop.say("+1", by=ANOTHER)
    await shop.settle()
    assert (await shop.cart()).line("o-A01").held == 1
    assert (await shop.cart(ANOTHER)).line("o-B02").held == 2


async def test_comments_read_out_of_order_mean_what_they_meant(shop: Stall) -> None:
    await shop.offer("A01")
    await shop.pin("A01")
    await shop.say("+1")
    await shop.offer("B02")
    await shop.pin("B02")
    await shop.say("+1", by=ANOTHER)
    for version, by, offer_id in (("2", ANOTHER, "o-B02"), ("1", VIEWER, "o-A01")):
        await shop.comments.take(SHOW, version)
        assert (await shop.cart(by)).line(offer_id).held == 1


async def test_a_comment_is_taken_once_however_often_its_job_runs(shop: Stall) -> None:
    await shop.offer("A01", stock=1, waitlist=False)
    await shop.say("A01+1")
    await shop.say("A01+1", by=ANOTHER)
    await shop.settle()
    await shop.close("A01")
    for version in ("1", "2", "1", "2"):
        await shop.comments.take(SHOW, version)
    assert (await shop.cart()).line("o-A01").held == 1
    assert await shop.refusals(ANOTHER) == [("out_of_stock", "A01", 1)]


async def test_what_was_refused_stays_refused_though_it_could_be_had_now(shop: Stall) -> None:
    offer_id = await shop.prepare("A01")
    await shop.say("A01+1")
    await shop.settle()
    await shop.show(OfferOpened(offer_id=offer_id, opened_at=shop.clock()))
    await shop.comments.take(SHOW, "1")
    assert await shop.refusals() == [("offer_not_open", "A01", 1)]
    assert not (await shop.cart()).lines


async def test_a_comment_after_the_end_is_told_that_it_is_over(shop: Stall) -> None:
    await shop.offer("A01")
    await shop.say("A01+1")
    await shop.close("A01")
    await shop.settle()
    assert await shop.refusals() == [("offer_closed", "A01", 1)]


@pytest.mark.parametrize(
    ("role", "by", "refusal"),
    [("guest", VIEWER, "sign_in_to_buy"), ("host", HOST, "own_show")],
)
async def test_who_cannot_buy_is_told_so(shop: Stall, role: str, by: str, refusal: str) -> None:
    await shop.offer("A01")
    await shop.say("A01+1", by=by, role=role)
    await shop.settle()
    assert await shop.refusals(by) == [(refusal, "A01", 1)]


async def test_more_than_one_may_have_is_refused(shop: Stall) -> None:
    await shop.offer("A01", per_customer=2)
    await shop.say("A01+2")
    await shop.say("A01+1")
    await shop.settle()
    assert (await shop.cart()).line("o-A01").held == 2
    assert await shop.refusals() == [("limit_per_customer", "A01", 1)]
    *_, refused = await shop.facts()
    assert isinstance(refused, fact.ClaimRefused)
    assert refused.numbers == {"limit": 2, "has": 2}


async def test_colour_and_size_choose_among_offers_of_the_same_goods(shop: Stall) -> None:
    await shop.offer("A01", options={"顏色": "黑色", "尺寸": "M"})
    await shop.offer("A02", options={"顏色": "白色", "尺寸": "L"})
    await shop.offer("A03", options={"顏色": "白色", "尺寸": "M"})
    await shop.pin("A01")
    await shop.say("A01 黑 +1")
    await shop.say("เอา A01 สีขาว ไซส์ L")
    await shop.say("+1 white M")
    await shop.say("A01 紅色 +1")
    await shop.say("A01 白 +1")
    await shop.settle()
    lines = (await shop.cart()).lines
    assert {offer_id: line.held for offer_id, line in lines.items()} == {
        "o-A01": 1,
        "o-A02": 1,
        "o-A03": 1,
    }
    assert await shop.refusals() == [
        ("offer_code_unknown", "A01 RED", 1),
        ("offer_code_unknown", "A01 WHITE", 1),
    ]


@pytest.mark.parametrize("text", ["A01有貨嗎？", "好可愛+1", "晚安", "取消A01+1", "A01 多少錢"])
async def test_talk_is_left_alone(shop: Stall, text: str) -> None:
    await shop.offer("A01")
    await shop.say(text)
    await shop.settle()
    assert await shop.facts() == []


async def test_a_show_that_offers_nothing_refuses_nobody(shop: Stall) -> None:
    await shop.say("A01+1")
    await shop.settle()
    assert await shop.facts() == []


async def test_what_does_not_stand_is_not_even_looked_at(shop: Stall) -> None:
    await shop.offer("A01")
    await shop.say("A01+1", stands=False)
    (said,) = await shop.store.log.read_stream(ROOM.stream(SHOW), limit=9)
    assert CommentOrders().react(said) == ()
