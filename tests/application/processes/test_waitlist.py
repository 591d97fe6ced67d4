"""First come, first served, of what comes free."""

import pytest

from application.processes.process import Enqueue
from application.processes.waitlist import SERVE_WAITLIST, WaitlistServing
from domain.inventory import events as stock_fact
from domain.inventory.deciding import SKU, first_in_line
from domain.ordering import commands as ask
from domain.ordering import events as fact
from domain.ordering.errors import ShopMovedOnError
from domain.shared import Event
from tests.support.builders import SHOW, at, recorded
from tests.support.shop_floor import (
    ANOTHER_OFFER,
    ARI,
    BOON,
    COAT,
    MEI,
    OFFER,
    ShopFloor,
    cart_of,
    claim,
    floor,
    put,
    serve,
)


def crowded(units: int = 0) -> ShopFloor:
    """Mei waits for two, then Ari for one, then Boon for three; so many units came in."""
    shop = floor(units=0)
    for buyer_id, quantity in ((MEI, 2), (ARI, 1), (BOON, 3)):
        shop.ask(claim(quantity, buyer_id))
    waiting = shop.sku().waiting
    received = stock_fact.StockReceived(quantity=units, available=units, waiting=waiting)
    return shop.given(SKU, COAT, received)


def waiting(shop: ShopFloor) -> list[tuple[str, int]]:
    return [(each.buyer_id, each.quantity) for each in shop.sku().waitlist]


def test_who_waits_is_served_in_order_and_has_their_time_to_answer() -> None:
    shop = crowded(units=2)
    about = {"cart_id": cart_of(MEI), "offer_id": OFFER}
    assert shop.ask(serve(MEI, ARI, seconds=60)) == (
        stock_fact.WaitlistServed(**about, quantity=2, available=2, waiting=4),
        stock_fact.StockReserved(
            **about,
            quantity=2,
            available=0,
            waiting=4,
            stream_id=SHOW,
            buyer_id=MEI,
            waited=True,
        ),
        fact.ItemHeld(
            buyer_id=MEI,
            stream_id=SHOW,
            offer_id=OFFER,
            quantity=2,
            held_until=at(360),
            waited=True,
        ),
    )
    assert (shop.line().held, shop.line().waiting) == (2, 0)


def test_the_last_to_be_served_gets_what_is_left_and_stays_first_for_the_rest() -> None:
    shop = crowded(units=4)
    shop.ask(serve(MEI, ARI, BOON))
    assert waiting(shop) == [(BOON, 2)]
    assert (shop.line(BOON).held, shop.line(BOON).waiting) == (1, 2)


def test_serving_stops_where_another_is_first() -> None:
    shop = crowded(units=6)
    shop.ask(serve(MEI, BOON))
    assert waiting(shop) == [(ARI, 1), (BOON, 3)]
    assert shop.ask(serve(BOON)) == ()


def test_who_waits_for_an_offer_that_is_used_up_is_passed_by() -> None:
    shop = floor(units=1, quantity=1).offering(ANOTHER_OFFER, code="B01")
    shop.ask(claim(2))
    shop.ask(claim(1, ARI, offer_id=ANOTHER_OFFER))
    received = stock_fact.StockReceived(quantity=1, available=1, waiting=2)
    shop.given(SKU, COAT, received)
    assert first_in_line(shop.sku(), 20) == (cart_of(ARI),)
    shop.ask(serve(ARI))
    assert waiting(shop) == [(MEI, 1)]


def test_who_left_is_not_served() -> None:
    shop = crowded(units=3)
    shop.ask(put(0, ARI))
    assert first_in_line(shop.sku(), 20) == (cart_of(MEI), cart_of(BOON))


def test_who_claims_more_keeps_their_place_and_takes_no_other() -> None:
    shop = crowded()
    shop.ask(claim(1, MEI))
    assert waiting(shop) == [(MEI, 3), (ARI, 1), (BOON, 3)]
    shop.ask(put(2, MEI))
    assert waiting(shop) == [(MEI, 2), (ARI, 1), (BOON, 3)]
    shop.ask(put(0, MEI))
    shop.ask(claim(1, MEI))
    assert waiting(shop) == [(ARI, 1), (BOON, 3), (MEI, 1)]


def test_one_command_serves_a_few_however_many_offers_a_cart_waits_for() -> None:
    shop = floor(units=0)
    for number in range(21):
        shop.offering(f"o-{number}", code=f"C{number:02}")
        shop.ask(claim(1, offer_id=f"o-{number}"))
    shop.given(SKU, COAT, stock_fact.StockReceived(quantity=21, available=21, waiting=21))
    shop.ask(serve(MEI))
    assert [each.offer_id for each in shop.sku().waitlist] == ["o-20"]


def test_nobody_waits_when_the_show_is_over() -> None:
    shop = crowded()
    end = ask.EndWaiting(cart_id=cart_of(ARI), skus=(COAT,))
    assert shop.ask(end) == (
        fact.WaitEnded(buyer_id=ARI, stream_id=SHOW, offer_id=OFFER, quantity=1),
        stock_fact.WaitlistLeft(
            quantity=1,
            available=0,
            waiting=5,
            cart_id=cart_of(ARI),
            offer_id=OFFER,
            reason="show_over",
        ),
    )
    assert shop.ask(end) == ()
    with pytest.raises(ShopMovedOnError):
        shop.ask(ask.EndWaiting(cart_id=cart_of(MEI), skus=()))


ABOUT = {"cart_id": "cart-1", "offer_id": OFFER}


@pytest.mark.parametrize(
    "event",
    [
        stock_fact.StockReceived(quantity=1, available=1, waiting=1),
        stock_fact.StockAdjusted(quantity=1, available=1, waiting=1, reason="found"),
        stock_fact.ReservationReleased(**ABOUT, quantity=1, available=1, waiting=1, reason="buyer"),
        stock_fact.ReservationExpired(**ABOUT, quantity=1, available=1, waiting=1),
        stock_fact.StockReturned(
            offer_id=OFFER, order_id="order-1", quantity=1, available=1, waiting=1
        ),
        stock_fact.WaitlistJoined(
            **ABOUT,
            stream_id=SHOW,
            buyer_id=MEI,
            answer_seconds=60,
            quantity=1,
            available=1,
            waiting=1,
        ),
    ],
    ids=lambda event: type(event).__name__,
)
def test_units_that_come_free_while_somebody_waits_lead_to_a_look(event: Event) -> None:
    come_free = recorded(event, stream_id="A-1")
    assert WaitlistServing().react(come_free) == (Enqueue(SERVE_WAITLIST, ("A-1",)),)


@pytest.mark.parametrize(
    "event",
    [
        stock_fact.StockReceived(quantity=1, available=1, waiting=0),
        stock_fact.ReservationExpired(**ABOUT, quantity=1, available=0, waiting=1),
        stock_fact.WaitlistServed(**ABOUT, quantity=1, available=1, waiting=1),
    ],
    ids=["nobody waits", "nothing is there", "nothing comes free"],
)
def test_other_facts_lead_to_nothing(event: Event) -> None:
    assert WaitlistServing().react(recorded(event, stream_id="A-1")) == ()
