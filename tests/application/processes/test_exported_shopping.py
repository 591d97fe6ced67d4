"""What of somebody's shopping is in the document of everything held on them."""

import msgspec

from application.processes.exported_shopping import exported_claims, exported_orders
from domain.ordering.events import ClaimRefused
from domain.shared import Recorded
from tests.support import order_facts as given_fact
from tests.support.builders import recorded
from tests.support.order_facts import ADDRESS, BUYER, CART, OF_ORDER, ORDER, PHONE, RECIPIENT

REFUSED = ClaimRefused(
    **OF_ORDER,
    refusal="out_of_stock",
    offer_code="B02",
    quantity=1,
    message_id="message",
    parser=1,
    comment="B02+1 ขอหน่อย",
)
HISTORY = [
    (f"cart-{CART}", given_fact.claimed(3, comment="A01+3 謝謝")),
    (f"cart-{CART}", REFUSED),
    (f"order-{ORDER}", given_fact.placed()),
    (f"order-{ORDER}", given_fact.added()),
]


def history() -> list[Recorded]:
    return [
        msgspec.structs.replace(recorded(event, position=position), stream=stream)
        for position, (stream, event) in enumerate(HISTORY, start=1)
    ]


def test_claims_are_told_in_the_person_s_own_words_with_why_they_failed() -> None:
    claims = exported_claims(history(), BUYER)
    assert [(one.code, one.quantity, one.refusal, one.comment) for one in claims] == [
        ("A01", 3, None, "A01+3 謝謝"),
        ("B02", 1, "out_of_stock", "B02+1 ขอหน่อย"),
    ]


def test_orders_are_told_with_where_they_went_and_what_joined_them() -> None:
    (order,) = exported_orders(history(), BUYER)
    assert (order.recipient, order.phone, order.address) == (RECIPIENT, PHONE, ADDRESS)
    assert [line.quantity for line in order.lines] == [2, 1]
    assert order.totals.total.amount == 3660
    assert RECIPIENT not in repr(order)


def test_what_others_bought_is_not_told() -> None:
    assert exported_claims(history(), "somebody else") == ()
    assert exported_orders(history(), "somebody else") == ()
