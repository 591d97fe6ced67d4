"""What becomes of a claim: cart, offer and stock in one append."""

from typing import Any

import pytest

from domain.inventory import events as stock_fact
from domain.ordering import errors
from domain.ordering import events as fact
from domain.ordering.values import LINES_AT_MOST, QUANTITY_AT_MOST
from domain.shared import DomainError, Money
from domain.showcase import errors as showcase_errors
from domain.showcase import events as showcase_fact
from domain.showcase.deciding import SHOWCASE
from tests.support.builders import HOST, SHOW, at
from tests.support.shop_floor import (
    ANOTHER_OFFER,
    ARI,
    COAT,
    MEI,
    OFFER,
    ShopFloor,
    cart_of,
    claim,
    expire,
    floor,
    put,
    terms,
)

MINE: dict[str, Any] = {"buyer_id": MEI, "stream_id": SHOW}
IN_STOCK: dict[str, Any] = {
    "cart_id": cart_of(MEI),
    "offer_id": OFFER,
    "stream_id": SHOW,
    "buyer_id": MEI,
}
OPENED = fact.CartOpened(**MINE, host_id=HOST, market="TW")


def claimed(quantity: int, **changes: Any) -> fact.ItemClaimed:
    told: dict[str, Any] = {
        "offer_id": OFFER,
        "sku": COAT,
        "code": "A01",
        "price": Money(amount=1290, currency="TWD"),
        "quantity": quantity,
        "source": "app",
    }
    return fact.ItemClaimed(**{**MINE, **told, **changes})


def held(quantity: int, *, until: float = 900, waited: bool = False) -> fact.ItemHeld:
    return fact.ItemHeld(
        **MINE, offer_id=OFFER, quantity=quantity, held_until=at(until), waited=waited
    )


def refused(shop: ShopFloor, command: Any) -> DomainError:
    """What the command is refused with; it left nothing behind."""
    before = list(shop.facts)
    with pytest.raises(DomainError) as refusal:
        shop.ask(command)
    assert shop.facts == before
    return refusal.value


def test_the_first_claim_opens_the_cart_and_holds_what_there_is() -> None:
    reserved = stock_fact.StockReserved(**IN_STOCK, quantity=2, available=8)
    assert floor().ask(claim(2)) == (OPENED, claimed(2), held(2), reserved)


def test_another_claim_adds_and_holds_all_of_it_anew() -> None:
    shop = floor()
    shop.ask(claim(2))
    assert shop.ask(claim(1, seconds=60))[:2] == (claimed(1), held(1, until=960))
    assert (shop.line().held, shop.line().held_until) == (3, at(960))


def test_a_comment_is_kept_as_it_was_read() -> None:
    said: dict[str, Any] = {
        "source": "comment",
        "message_id": "message-1",
        "parser": 1,
        "comment": "A01+2",
    }
    assert floor().ask(claim(2, **said))[1] == claimed(2, **said)


def test_what_is_not_there_is_waited_for() -> None:
    shop = floor(units=2)
    waits = fact.ItemWaitlisted(**MINE, offer_id=OFFER, quantity=3)
    sold_out = showcase_fact.OfferSoldOut(offer_id=OFFER)
    reserved = stock_fact.StockReserved(**IN_STOCK, quantity=2, available=0)
    joined = stock_fact.WaitlistJoined(
        **IN_STOCK, quantity=3, available=0, waiting=3, answer_seconds=300
    )
    expected = (OPENED, claimed(5), held(2), waits, sold_out, reserved, joined)
    assert shop.ask(claim(5)) == expected
    assert (shop.line().held, shop.line().waiting) == (2, 3)


def test_that_an_offer_is_sold_out_is_told_once() -> None:
    shop = floor(units=1)
    shop.ask(claim())
    shop.ask(claim(buyer_id=ARI))
    shop.ask(put(0))
    assert len(list(shop.told(showcase_fact.OfferSoldOut))) == 1


def test_where_nobody_may_wait_nothing_is_cut_in_silence() -> None:
    shop = floor(units=2, waitlist=False)
    refusal = refused(shop, claim(3))
    assert (refusal.code, refusal.fields) == ("out_of_stock", {"sku": COAT, "available": 2})
    shop.ask(claim(2))
    assert refused(shop, claim(1, ARI)).fields["available"] == 0


def test_whoever_comes_while_somebody_waits_stands_behind_them() -> None:
    """Also when something came free that has not been served yet."""
    shop = floor(units=2)
    shop.ask(claim(2))
    shop.ask(claim(1, ARI))
    shop.ask(put(0))
    assert (shop.sku().available, shop.sku().waiting) == (2, 1)
    shop.ask(claim(1, "user-boon"))
    assert [each.buyer_id for each in shop.sku().waitlist] == [ARI, "user-boon"]


def test_who_waits_for_an_offer_that_is_used_up_keeps_nobody_of_another_from_buying() -> None:
    shop = floor(units=5, quantity=1).offering(ANOTHER_OFFER, code="B01")
    shop.ask(claim(2))
    assert (shop.line().held, shop.line().waiting, shop.sku().available) == (1, 1, 4)
    shop.ask(claim(3, ARI, offer_id=ANOTHER_OFFER))
    assert shop.line(ARI, ANOTHER_OFFER).held == 3


@pytest.mark.parametrize("policy", ["none", "on_checkout"])
def test_what_is_held_later_is_put_aside_however_much_there_is(policy: str) -> None:
    shop = floor(units=0, hold_policy=policy)
    aside = fact.ItemPutAside(**MINE, offer_id=OFFER, quantity=2)
    assert shop.ask(claim(2)) == (OPENED, claimed(2), aside)


def test_a_customer_has_no_more_than_their_limit_whether_held_or_waited_for() -> None:
    shop = floor(units=1, per_customer=3)
    shop.ask(claim(2))
    refusal = refused(shop, claim(2))
    assert isinstance(refusal, errors.LimitPerCustomerError)
    assert refusal.fields == {"limit": 3, "has": 2}
    shop.ask(claim(1))


def test_claims_after_the_close_are_refused() -> None:
    shop = floor().given(SHOWCASE, SHOW, showcase_fact.OfferClosed(offer_id=OFFER, reason="host"))
    assert refused(shop, claim()).code == "offer_closed"


def test_claims_after_the_countdown_are_refused_before_anybody_closed_it() -> None:
    closing = showcase_fact.OfferOpened(offer_id=OFFER, opened_at=at(0), closes_at=at(30))
    shop = floor().given(SHOWCASE, SHOW, closing)
    shop.ask(claim(seconds=29.9))
    assert isinstance(refused(shop, claim(seconds=30)), showcase_errors.OfferClosedError)


def test_claims_before_the_opening_are_refused() -> None:
    prepared = showcase_fact.OfferPrepared(offer_id=ANOTHER_OFFER, terms=terms(code="B01"))
    shop = floor().given(SHOWCASE, SHOW, prepared)
    assert refused(shop, claim(offer_id=ANOTHER_OFFER)).code == "offer_not_open"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"offer_id": "no such offer"}, "offer_not_found"),
        ({"sku": "ANOTHER"}, "try_again"),
        ({"buyer_id": HOST}, "own_show"),
        ({"quantity": 0}, "out_of_range"),
        ({"quantity": QUANTITY_AT_MOST + 1}, "out_of_range"),
    ],
    ids=["offer", "sku", "host", "none", "too many"],
)
def test_claims_that_make_no_sense_are_refused(changes: dict[str, Any], code: str) -> None:
    assert refused(floor(), claim(**changes)).code == code


def test_a_cart_is_its_buyer_s_alone() -> None:
    shop = floor()
    shop.ask(claim())
    assert refused(shop, claim(buyer_id=ARI, cart_id=cart_of(MEI))).code == "forbidden"


def test_a_cart_has_so_many_different_items() -> None:
    shop = floor(units=LINES_AT_MOST + 1)
    for number in range(LINES_AT_MOST):
        shop.offering(f"offer-{number}", code=f"C{number}").ask(claim(offer_id=f"offer-{number}"))
    assert refused(shop, claim()).code == "cart_full"
    shop.ask(claim(offer_id="offer-0"))


def test_less_lets_go_what_is_waited_for_first_and_then_what_is_held() -> None:
    shop = floor(units=2)
    shop.ask(claim(5))
    left = stock_fact.WaitlistLeft(
        cart_id=cart_of(MEI), offer_id=OFFER, quantity=3, available=0, waiting=0, reason="buyer"
    )
    released = stock_fact.ReservationReleased(
        cart_id=cart_of(MEI), offer_id=OFFER, quantity=1, available=1, reason="buyer"
    )
    out = fact.ItemReleased(**MINE, offer_id=OFFER, held=1, waiting=3)
    assert shop.ask(put(1)) == (out, left, released)
    assert (shop.line().held, shop.line().waiting, shop.line().held_until) == (1, 0, at(900))


def test_more_is_a_claim_of_the_rest() -> None:
    shop = floor()
    shop.ask(claim(2))
    assert shop.ask(put(5, seconds=1))[0] == claimed(3)


def test_as_many_as_there_are_changes_nothing() -> None:
    shop = floor()
    shop.ask(claim(2))
    assert shop.ask(put(2)) == ()


def test_taking_out_is_allowed_after_the_close_and_twice() -> None:
    shop = floor()
    shop.ask(claim(2))
    shop.given(SHOWCASE, SHOW, showcase_fact.OfferClosed(offer_id=OFFER, reason="host"))
    assert shop.ask(put(0))
    assert shop.ask(put(0)) == ()
    assert (shop.sku().reserved, shop.sku().available) == (0, 10)


def test_taking_out_what_was_never_claimed_is_refused() -> None:
    assert refused(floor(), put(0)).code == "not_in_cart"


def test_what_was_put_aside_is_taken_out_of_the_cart_alone() -> None:
    shop = floor(hold_policy="on_checkout")
    shop.ask(claim(3))
    assert shop.ask(put(1)) == (fact.ItemReleased(**MINE, offer_id=OFFER, aside=2),)


def test_a_line_that_went_back_can_be_claimed_again() -> None:
    shop = floor()
    shop.ask(claim(2))
    shop.ask(expire(seconds=901))
    assert shop.line().lapsed
    shop.ask(claim(1, seconds=902))
    assert (shop.line().held, shop.line().lapsed) == (1, False)
