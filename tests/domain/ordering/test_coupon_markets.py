"""A coupon is for carts of its market: its amounts are of that currency."""

from datetime import UTC, datetime

import pytest

from domain.ordering.commands import IssueCoupon
from domain.ordering.coupon import Basket, Coupon, decide, discount_of, evolve
from domain.ordering.errors import CouponNotFoundError
from domain.ordering.values import CouponTerms
from domain.shared import Money

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def issued(terms: CouponTerms) -> Coupon:
    command = IssueCoupon(coupon="SAVE", by="host", market="TH", terms=terms, now=NOW)
    (fact,) = decide(Coupon(), command)
    return evolve(Coupon(), fact)


def basket(subtotal: Money) -> Basket:
    return Basket(buyer_id="ann", stream_id="show", host_id="host", subtotal=subtotal)


def test_takes_off_what_it_is_worth_in_its_own_currency() -> None:
    coupon = issued(CouponTerms(kind="amount", amount=Money(amount=10_000, currency="THB")))

    off = discount_of(coupon, basket(Money(amount=25_000, currency="THB")), NOW)

    assert off == Money(amount=10_000, currency="THB")


@pytest.mark.parametrize("kind", ["amount", "percent"])
def test_takes_nothing_off_in_another(kind: str) -> None:
    worth = Money(amount=10_000, currency="THB")
    terms = CouponTerms(
        kind=kind,  # type: ignore[arg-type]  # pytest gives text
        amount=worth if kind == "amount" else None,
        basis_points=1_000 if kind == "percent" else 0,
    )

    with pytest.raises(CouponNotFoundError):
        discount_of(issued(terms), basket(Money(amount=12_900, currency="TWD")), NOW)
