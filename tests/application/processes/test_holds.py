"""What is held beyond its time goes back."""

import pytest

from domain.inventory import events as stock_fact
from domain.ordering import errors
from domain.ordering import events as fact
from domain.ordering.carting import order_items
from domain.showcase.deciding import SHOWCASE
from domain.showcase.events import OfferClosed
from tests.support.builders import SHOW, at
from tests.support.shop_floor import (
    ANOTHER_OFFER,
    ARI,
    COAT,
    MEI,
    OFFER,
    cart_of,
    claim,
    expire,
    floor,
    put,
    serve,
)


def test_a_hold_beyond_its_time_goes_back_to_stock_in_one_append() -> None:
    shop = floor()
    shop.ask(claim(2))
    assert shop.ask(expire(seconds=900)) == (
        fact.HoldExpired(buyer_id=MEI, stream_id=SHOW, offer_id=OFFER, quantity=2),
        stock_fact.ReservationExpired(
            quantity=2, available=10, cart_id=cart_of(MEI), offer_id=OFFER
        ),
    )
    assert (shop.line().held, shop.line().held_until) == (0, None)


def test_a_hold_within_its_time_stays() -> None:
    shop = floor()
    shop.ask(claim(2))
    shop.ask(claim(1, seconds=600))
    assert shop.ask(expire(seconds=901)) == ()


def test_of_several_lines_those_go_whose_time_is_over() -> None:
    shop = floor().stocked(5, "HAT").offering(ANOTHER_OFFER, code="B01", sku="HAT")
    shop.ask(claim(2))
    shop.ask(claim(1, seconds=600, offer_id=ANOTHER_OFFER, sku="HAT"))
    shop.ask(expire(seconds=901, skus=(COAT, "HAT")))
    assert (shop.line().held, shop.line(offer_id=ANOTHER_OFFER).held) == (0, 1)


def test_a_sku_that_is_not_named_is_asked_for() -> None:
    shop = floor()
    shop.ask(claim())
    with pytest.raises(errors.ShopMovedOnError):
        shop.ask(expire(seconds=901, skus=()))


def test_expiring_twice_changes_nothing() -> None:
    shop = floor()
    shop.ask(claim())
    shop.ask(expire(seconds=901))
    assert shop.ask(expire(seconds=902)) == ()


def test_holds_outlive_their_offer() -> None:
    shop = floor()
    shop.ask(claim())
    shop.given(SHOWCASE, SHOW, OfferClosed(offer_id=OFFER, reason="host"))
    shop.ask(expire(seconds=901))
    assert shop.sku().available == 10


@pytest.mark.parametrize("swept", [False, True])
def test_ordering_after_the_hold_is_over_says_so_swept_or_not(swept: bool) -> None:
    shop = floor()
    shop.ask(claim())
    if swept:
        shop.ask(expire(seconds=900))
    with pytest.raises(errors.HoldExpiredError):
        order_items(shop.cart(), "order-1", at(900))


def test_ordering_takes_all_but_what_is_waited_for() -> None:
    shop = floor(units=1).offering(ANOTHER_OFFER, code="B01", hold_policy="on_checkout")
    shop.ask(claim(3))
    shop.ask(claim(2, offer_id=ANOTHER_OFFER))
    ordered = order_items(shop.cart(), "order-1", at(1))
    assert [(each.offer_id, each.quantity, each.held) for each in ordered] == [
        (OFFER, 1, True),
        (ANOTHER_OFFER, 2, False),
    ]


def test_ordering_from_an_empty_cart_is_refused() -> None:
    shop = floor()
    shop.ask(claim())
    shop.ask(put(0))
    with pytest.raises(errors.CartEmptyError):
        order_items(shop.cart(), "order-1", at(1))


def test_to_be_served_never_shortens_what_is_held_already() -> None:
    shop = floor(units=2)
    shop.ask(claim(1, ARI))
    shop.ask(claim(2))
    shop.ask(put(0, ARI))
    shop.ask(serve(MEI, seconds=10))
    assert (shop.line().held, shop.line().held_until) == (2, at(900))
