"""What orders come to, and what comes back of it: exact to the minor unit."""

from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from msgspec.structs import replace

from domain.ordering import errors, returning
from domain.ordering.commands import ReceiveReturn
from domain.ordering.numbering import NUMBERS, check_digit, number_of
from domain.ordering.order import Order, evolve
from domain.ordering.pricing import discounted, totals_of
from domain.ordering.values import (
    CheckoutTerms,
    ReceivedLine,
    ReturnedLine,
    ShippingTerms,
)
from domain.shared import DomainError
from tests.support import order_facts as facts
from tests.support.builders import HOST, at
from tests.support.order_facts import OFFER, ORDER, line, twd

TERMS = CheckoutTerms(
    tax_basis_points=500,
    shipping=ShippingTerms(
        method="home",
        needs="address",
        fee=twd(100),
        free_from=twd(1500),
        cod=True,
        cod_fee=twd(30),
        cod_limit=twd(2000),
    ),
    payment_method="line_pay",
    payment_seconds=900,
)
CASH = replace(TERMS, payment_method="cod", payment_seconds=None)


def test_tax_is_what_the_total_includes() -> None:
    totals = totals_of((line(quantity=1, price=twd(950)),), TERMS, "TWD")
    assert (totals.shipping, totals.total, totals.tax) == (twd(100), twd(1050), twd(50))


def test_from_a_subtotal_on_nothing_is_charged_for_sending() -> None:
    assert totals_of((line(quantity=1, price=twd(1500)),), TERMS, "TWD").shipping == twd(0)
    assert totals_of((line(quantity=1, price=twd(1499)),), TERMS, "TWD").shipping == twd(100)


def test_cash_costs_more_and_is_taken_up_to_a_limit() -> None:
    assert totals_of((line(quantity=1, price=twd(1970)),), CASH, "TWD").total == twd(2000)
    with pytest.raises(errors.CashOnDeliveryError):
        totals_of((line(quantity=1, price=twd(1971)),), CASH, "TWD")


LIMITED = replace(TERMS, payment_least=twd(150), payment_most=twd(2000))


@pytest.mark.parametrize("price", [50, 2000])
def test_a_way_to_pay_takes_its_limits_themselves(price: int) -> None:
    assert totals_of((line(quantity=1, price=twd(price)),), LIMITED, "TWD")


@pytest.mark.parametrize(
    ("price", "refusal"), [(49, errors.PaymentMinimumError), (2001, errors.PaymentMaximumError)]
)
def test_a_way_to_pay_takes_nothing_beyond_its_limits(
    price: int, refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        totals_of((line(quantity=1, price=twd(price)),), LIMITED, "TWD")


def test_what_costs_nothing_is_below_no_limit() -> None:
    free = replace(LIMITED, shipping=replace(LIMITED.shipping, fee=twd(0)))
    assert totals_of((line(quantity=1, discount=twd(1200)),), free, "TWD").total == twd(0)


@pytest.mark.parametrize("refunds_shipping", [False, True])
def test_with_the_last_that_comes_back_comes_what_sending_cost(*, refunds_shipping: bool) -> None:
    bought = discounted((line(quantity=3, price=twd(333)),), twd(100))
    placed = facts.placed(lines=bought, totals=totals_of(bought, TERMS, "TWD"))
    delivered = replace(facts.delivered(), refunds_shipping=refunds_shipping)
    order = reduce(evolve, (placed, facts.paid(999), facts.shipped(), delivered), Order())
    order, first = returned(order, "first", 2)
    _, last = returned(order, "last", 1)
    assert (first, last) == (599, 300 + 100 * refunds_shipping)
    assert not refunds_shipping or first + last == order.totals.total.amount


@settings(max_examples=60)
@given(
    price=some.integers(1, 10_000),
    units=some.integers(1, 12),
    off=some.integers(0, 10_000),
    parts=some.lists(some.integers(1, 4), min_size=12, max_size=12),
)
def test_partial_returns_come_to_what_was_paid(
    price: int, units: int, off: int, parts: list[int]
) -> None:
    bought = discounted((line(quantity=units, price=twd(price)),), twd(min(off, price * units)))
    order: Order = reduce(
        evolve, (facts.placed(lines=bought), facts.paid(), facts.shipped()), Order()
    )
    order, owed, left = evolve(order, facts.delivered()), 0, units
    for number, part in enumerate(parts):
        order, more = returned(order, str(number), min(part, left))
        owed, left = owed + more, left - min(part, left)
    assert (owed, order.status) == (price * units - min(off, price * units), "returned")


def returned(order: Order, return_id: str, units: int) -> tuple[Order, int]:
    """The order with so many units of it back, and what is owed for them."""
    if not units:
        return order, 0
    asked = replace(
        facts.return_requested(),
        return_id=return_id,
        lines=(ReturnedLine(offer_id=OFFER, quantity=units),),
    )
    command = ReceiveReturn(
        order_id=ORDER,
        by=HOST,
        now=at(200),
        return_id=return_id,
        skus=(),
        lines=(ReceivedLine(offer_id=OFFER, restocked=units),),
    )
    received = returning.receive(evolve(order, asked), command)
    owed = sum(fact.amount.amount for fact in received if fact.tag == "ordering.RefundDue")  # type: ignore[attr-defined]  # by its tag
    return reduce(evolve, received, evolve(order, asked)), owed


@pytest.mark.parametrize("digits", ["5724", "1120003"])
def test_a_number_with_its_check_digit_checks(digits: str) -> None:
    assert check_digit(digits) == 0


@settings(max_examples=50)
@given(first=some.integers(0, NUMBERS - 1), second=some.integers(0, NUMBERS - 1))
def test_no_two_orders_have_one_number(first: int, second: int) -> None:
    numbers = {number_of("TW", each, b"invented") for each in (first, second)}
    assert len(numbers) == len({first, second})


def test_a_number_can_be_read_out_and_checked() -> None:
    digits = number_of("TH", 41, b"invented").removeprefix("TH-").replace("-", "")
    assert check_digit(digits) == 0
    assert len(digits) == 9
