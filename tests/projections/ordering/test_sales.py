"""What a show's host is told of sales, item by item and buyer by buyer."""

from typing import Any

import msgspec

from domain.inventory import events as stock
from domain.ordering import events as fact
from domain.shared import Event
from projections.ordering.claims import CLAIMS
from projections.ordering.item_sales import ITEM_SALES
from projections.ordering.sales import SALES_MINUTES, SHOW_SALES
from projections.projection import TableProjection
from tests.support import order_facts as given_fact
from tests.support.builders import SHOW, at, recorded
from tests.support.order_facts import A_LIFE, CART, OF_ORDER, OFFER, ORDER, SKU


def folded(projection: TableProjection[Any], *facts: tuple[str, Event]) -> dict[str, Any]:
    """All views by key."""
    views: dict[str, Any] = {}
    for position, (stream, event) in enumerate(facts, start=1):
        if event.tag in projection.types:
            told = msgspec.structs.replace(recorded(event, position=position), stream=stream)
            key = projection.key(told)
            assert key is not None
            views[key] = projection.fold(views.get(key), told)
    return views


def test_item_tells_claimed_reserved_sold_and_returned_apart() -> None:
    item = folded(ITEM_SALES, *A_LIFE)[OFFER]
    assert (item.claimed, item.reserved, item.sold, item.returned) == (3, 0, 2, 1)
    assert (item.stream_id, item.code, item.price.amount) == (SHOW, "A01", 1200)


def test_item_of_a_cancelled_order_was_not_sold() -> None:
    sku = f"sku-{SKU}"
    facts = [(sku, given_fact.reserved(2)), (sku, given_fact.committed(2))]
    given_back = (sku, given_fact.taken_back(2))
    offered = (f"showcase-{SHOW}", given_fact.offered())
    item = folded(ITEM_SALES, offered, *facts, given_back)[OFFER]
    assert (item.reserved, item.sold, item.returned) == (0, 0, 0)


def test_item_tells_who_waits_until_they_are_served() -> None:
    joined = stock.WaitlistJoined(
        quantity=3,
        available=0,
        waiting=3,
        cart_id=CART,
        offer_id=OFFER,
        stream_id=SHOW,
        buyer_id="x",
        answer_seconds=60,
    )
    served = stock.WaitlistServed(quantity=2, available=0, cart_id=CART, offer_id=OFFER)
    facts: list[Event] = [given_fact.offered(), joined, served, given_fact.reserved(2)]
    item = folded(ITEM_SALES, *((f"showcase-{SHOW}", each) for each in facts))[OFFER]
    assert (item.waiting, item.reserved) == (1, 2)


def test_show_tells_what_was_paid_and_what_goes_back() -> None:
    (show,) = folded(SHOW_SALES, *A_LIFE).values()
    assert (show.stream_id, show.buyers, show.orders, show.orders_paid) == (SHOW, 1, 1, 1)
    assert (show.paid, show.refunded) == (2460, 1200)


def test_minute_has_what_happened_in_it() -> None:
    minutes = folded(SALES_MINUTES, *A_LIFE, *[(f"order-{ORDER}", given_fact.paid(40))] * 60)
    first, second = (minutes[key] for key in sorted(minutes))
    assert (first.claimed, first.claimed_amount, first.orders) == (3, 3600, 1)
    assert second.minute == first.minute + 1
    assert first.paid + second.paid == 2460 + 60 * 40
    assert second.minute == int(at(60).timestamp()) // 60


def test_claim_tells_what_became_of_it() -> None:
    claim = folded(CLAIMS, *A_LIFE)[f"{CART}/{OFFER}"]
    assert (claim.claimed, claim.held, claim.waiting, claim.ordered) == (3, 0, 1, 2)
    assert claim.order_ids == (ORDER,)


def test_claim_of_an_order_that_came_to_nothing_is_given_back() -> None:
    given_back = fact.ItemGivenBack(**OF_ORDER, offer_id=OFFER, order_id=ORDER, quantity=2)
    released = fact.ItemReleased(**OF_ORDER, offer_id=OFFER, waiting=1)
    cart = f"cart-{CART}"
    claim = folded(CLAIMS, *A_LIFE, (cart, given_back), (cart, released))[f"{CART}/{OFFER}"]
    assert (claim.ordered, claim.order_ids, claim.waiting) == (0, (), 0)


def test_hold_that_ran_out_is_not_held_any_more() -> None:
    cart = f"cart-{CART}"
    held = fact.ItemHeld(**OF_ORDER, offer_id=OFFER, quantity=2, held_until=at(9), waited=True)
    aside = fact.ItemPutAside(**OF_ORDER, offer_id=OFFER, quantity=1)
    lapsed = fact.HoldExpired(**OF_ORDER, offer_id=OFFER, quantity=2)
    events = [given_fact.claimed(3), held, aside, lapsed]
    claim = folded(CLAIMS, *((cart, each) for each in events))[f"{CART}/{OFFER}"]
    assert (claim.held, claim.held_until, claim.aside) == (0, None, 1)
