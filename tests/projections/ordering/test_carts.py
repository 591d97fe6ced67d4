"""The cart that is shown is the cart that is decided on; the clock finds it by its first hold."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from domain.ordering.carting import CART
from domain.ordering.events import ItemPutAside
from domain.shared import EPOCH
from projections.columns import microseconds
from projections.ordering.carts import CARTS, CartView
from tests.support.builders import SHOW, at, recorded
from tests.support.shop_floor import (
    ANOTHER_OFFER,
    MEI,
    OFFER,
    ShopFloor,
    cart_of,
    claim,
    expire,
    floor,
    put,
)


def shown(shop: ShopFloor) -> CartView:
    view, stream = None, CART.stream(cart_of(MEI))
    of_the_cart = [event for fact_stream, event in shop.facts if fact_stream == stream]
    for position, event in enumerate(of_the_cart, start=1):
        if event.tag in CARTS.types:
            view = CARTS.fold(view, replace(recorded(event, position=position), stream=stream))
    assert view is not None
    return view


def test_the_view_is_the_cart_itself() -> None:
    shop = floor(units=2)
    for command in (claim(5), put(3), expire(seconds=901), claim(1, seconds=902)):
        shop.ask(command)
    view = shown(shop)
    assert view.cart == shop.cart()
    assert (view.id, view.version) == (cart_of(MEI), view.position)


def test_a_cart_is_due_with_the_first_of_its_holds() -> None:
    shop = floor().offering(ANOTHER_OFFER, code="B01", hold_seconds=60)
    shop.ask(claim())
    assert CARTS.row(shown(shop))["due_us"] == microseconds(at(900))
    shop.ask(claim(offer_id=ANOTHER_OFFER))
    assert shown(shop).due_at == at(60)


def test_a_cart_that_holds_nothing_is_never_due() -> None:
    shop = floor(hold_policy="on_checkout").offering(ANOTHER_OFFER, code="B01")
    shop.ask(claim())
    shop.ask(claim(offer_id=ANOTHER_OFFER))
    shop.ask(put(0, offer_id=ANOTHER_OFFER))
    assert CARTS.row(shown(shop)) == {"buyer_id": MEI, "stream_id": SHOW, "due_us": None}


def test_microseconds_are_exact_where_floats_are_not() -> None:
    late = EPOCH + timedelta(days=20_000, microseconds=1)
    assert microseconds(late) == 20_000 * 86_400 * 1_000_000 + 1


def test_a_cart_begins_by_being_opened() -> None:
    aside = ItemPutAside(buyer_id=MEI, stream_id=SHOW, offer_id=OFFER, quantity=1)
    with pytest.raises(ValueError, match="opened"):
        CARTS.fold(None, recorded(aside))
