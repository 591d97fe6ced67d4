"""What a cart decides and remembers by itself."""

from typing import Any

import pytest

from domain.identity.commands import RequestErasure
from domain.ordering import commands as ask
from domain.ordering import events as fact
from domain.ordering.cart import Cart
from domain.ordering.carting import CART, after, give_back, order_items
from domain.ordering.values import OrderLine
from domain.shared import Money
from tests.support.builders import SHOW, at
from tests.support.scenario import Scenario
from tests.support.shop_floor import COAT, MEI, OFFER, PRODUCT, cart_of, claim, floor

TWD = Money(amount=1290, currency="TWD")


def ordered() -> Cart:
    """Two coats went into an order."""
    shop = floor(per_customer=2)
    shop.ask(claim(2))
    cart = shop.cart()
    return after(cart, order_items(cart, "order-1", at(1)))


def line(quantity: int) -> OrderLine:
    return OrderLine(
        offer_id=OFFER,
        sku=COAT,
        product_id=PRODUCT,
        code="A01",
        titles={"en": "Red coat"},
        options={},
        quantity=quantity,
        price=TWD,
        discount=Money(amount=0, currency="TWD"),
    )


def test_why_a_comment_was_no_claim_is_recorded_before_there_is_a_cart() -> None:
    refused: dict[str, Any] = {
        "buyer_id": MEI,
        "stream_id": SHOW,
        "refusal": "offer_code_unknown",
        "offer_code": "Z99",
        "quantity": 1,
        "message_id": "message-1",
        "parser": 1,
        "comment": "Z99+1",
    }
    command = ask.RefuseClaim(**refused, cart_id=cart_of(MEI), now=at(0))
    Scenario(CART).when(command).then(fact.ClaimRefused(**refused))
    assert Scenario(CART).given(fact.ClaimRefused(**refused)).state == CART.initial


def test_what_is_ordered_counts_towards_the_limit_until_it_is_given_back() -> None:
    cart = ordered()
    assert (cart.line(OFFER).quantity, cart.line(OFFER).claimed, cart.order_id) == (0, 2, "order-1")
    back = after(cart, give_back(cart, "order-1", (line(2),)))
    assert back.line(OFFER).claimed == 0


def test_words_about_a_cart_hide_what_was_written() -> None:
    command = claim(comment="A01+1 to Lin Mei", source="comment")
    claimed = floor().ask(command)[1]
    assert "Lin Mei" not in repr(command) + repr(claimed)


def test_what_is_another_context_s_is_not_decided() -> None:
    with pytest.raises(TypeError):
        CART.decide(CART.initial, RequestErasure(user_id=MEI))
