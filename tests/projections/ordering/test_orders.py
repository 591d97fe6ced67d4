"""What of an order is shown, as it goes through its life, and what is not any more."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.shared import ERASED_TEXT, Event, Recorded
from projections.ordering.orders import ORDERS, OrderView
from tests.support import order_facts as given_fact
from tests.support.builders import at, recorded
from tests.support.order_facts import ADDRESS, BUYER, ORDER, PHONE, RECIPIENT, twd

LATER = [
    given_fact.paid(),
    given_fact.cancelled(),
    given_fact.shipped(),
    given_fact.return_requested(),
    given_fact.added(),
]


def of_the_order(event: Event, position: int) -> Recorded:
    told = recorded(event, position=position)
    return msgspec.structs.replace(told, stream=f"order-{ORDER}")


def shown(*events: Event) -> OrderView:
    view = None
    for position, event in enumerate(events, start=1):
        view = ORDERS.fold(view, of_the_order(event, position))
    assert view is not None
    return view


def story(view: OrderView) -> list[str]:
    return [line.code for line in view.story]


def test_order_is_shown_as_it_was_placed_and_waits_to_be_paid() -> None:
    view = shown(given_fact.placed())
    assert (view.id, view.status, view.number) == (ORDER, "awaiting_payment", "TW-4821-0937-5")
    assert (view.recipient, view.phone, view.address) == (RECIPIENT, PHONE, ADDRESS)
    assert ORDERS.row(view)["due_us"] == int(at(900).timestamp()) * 1_000_000
    assert RECIPIENT not in repr(view)


@pytest.mark.parametrize(
    ("last", "status"),
    [
        (given_fact.paid(), "paid"),
        (given_fact.cancelled(), "cancelled"),
        (given_fact.expired(), "expired"),
        (given_fact.confirmed(), "awaiting_payment"),
    ],
    ids=["paid", "cancelled", "expired", "confirmed"],
)
def test_order_that_is_settled_is_not_due_any_more(last: Event, status: str) -> None:
    view = shown(given_fact.placed(), last)
    assert (view.status, view.expires_at) == (status, None)
    assert ORDERS.row(view)["due_us"] is None


def test_order_paid_on_delivery_is_delivered_and_not_only_paid() -> None:
    cod = given_fact.placed(expires_at=None, payment_method="cod")
    view = shown(
        cod,
        given_fact.confirmed(),
        given_fact.shipped(),
        given_fact.paid(method="cod"),
        given_fact.delivered(),
    )
    assert (view.status, view.paid, view.paid_at) == ("delivered", twd(2460), at(4))
    assert story(view) == ["placed", "confirmed", "shipped", "paid", "delivered"]


def test_items_that_joined_an_order_are_part_of_its_lines() -> None:
    view = shown(given_fact.placed(), given_fact.added())
    assert [line.quantity for line in view.lines] == [3]
    assert (view.totals.total, view.expires_at) == (twd(3660), at(1800))


def test_parcel_nobody_took_in_is_returned_and_was_never_paid() -> None:
    placed = given_fact.placed(payment_method="cod", expires_at=None)
    view = shown(placed, given_fact.confirmed(), given_fact.shipped(), given_fact.uncollected())
    assert (view.status, view.refunded, view.paid_at) == ("returned", None, None)
    assert story(view)[-1] == "uncollected"


def test_return_is_shown_with_what_came_and_what_is_due_back() -> None:
    view = shown(
        given_fact.placed(),
        given_fact.paid(),
        given_fact.shipped(),
        given_fact.delivered(),
        given_fact.return_requested(),
        given_fact.return_received(),
        given_fact.refund_due(1200),
        given_fact.refund_due(60, return_id=None),
        given_fact.returned(),
    )
    (back,) = view.returns
    assert (back.status, back.refund, back.reason) == ("received", twd(1200), "尺寸不合")
    assert (view.status, view.refunded) == ("returned", twd(1260))
    assert story(view)[-5:] == [
        "return_requested",
        "return_received",
        "refund_due",
        "refund_due",
        "returned",
    ]


@given(st.lists(st.sampled_from(LATER), max_size=4), st.lists(st.sampled_from(LATER), max_size=3))
def test_buyer_who_was_erased_is_not_in_the_order_any_more(
    before: list[Event], after: list[Event]
) -> None:
    view = shown(given_fact.placed(), *before)
    assert ORDERS.persons is not None
    assert ORDERS.forget is not None
    assert list(ORDERS.persons(view)) == [BUYER] == [ORDERS.row(view)["buyer"]]
    forgotten = ORDERS.forget(view, BUYER)
    for position, event in enumerate(after, start=20):
        forgotten = ORDERS.fold(forgotten, of_the_order(event, position))
    assert forgotten is not None
    kept = msgspec.json.encode(forgotten).decode()
    assert not any(word in kept for word in (RECIPIENT, PHONE, ADDRESS, "買錯了", "尺寸不合"))
    assert list(ORDERS.persons(forgotten)) == []
    assert ORDERS.row(forgotten)["buyer"] is None
    assert ORDERS.forget(forgotten, BUYER) is forgotten
    assert forgotten.totals == view.totals or after


def test_order_read_after_its_buyer_was_erased_is_shown_without_them() -> None:
    gone = dict.fromkeys(("recipient", "phone", "address"), ERASED_TEXT)
    view = shown(given_fact.placed(**gone), given_fact.cancelled(reason=ERASED_TEXT))
    assert (view.recipient, view.cancel_reason, view.buyer_erased) == ("", "", True)
