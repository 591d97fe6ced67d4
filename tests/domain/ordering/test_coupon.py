"""What a coupon takes off, and for whom, where and when it takes off nothing."""

from functools import reduce
from typing import Any

import pytest
from msgspec.structs import replace

from domain.ordering import errors
from domain.ordering import events as fact
from domain.ordering.coupon import Basket, Coupon, discount_of, evolve, give_back, redeem
from domain.ordering.values import CouponTerms
from domain.shared import DomainError, Event
from tests.support.builders import HOST, SHOW, at
from tests.support.order_facts import BUYER, ORDER, twd

BASKET = Basket(buyer_id=BUYER, stream_id=SHOW, host_id=HOST, subtotal=twd(999))
HUNDRED_OFF = CouponTerms(kind="amount", amount=twd(100))
REDEEMED = redeem(ORDER, BUYER, twd(100))


def issued(terms: CouponTerms = HUNDRED_OFF, **changes: Any) -> fact.CouponIssued:
    return fact.CouponIssued(host_id=HOST, market="TW", terms=terms, **changes)


def off(*facts: Event, basket: Basket = BASKET, now: int = 0) -> int:
    return discount_of(reduce(evolve, facts, Coupon()), basket, at(now)).amount


@pytest.mark.parametrize(
    ("terms", "subtotal", "expected"),
    [
        (HUNDRED_OFF, 999, 100),
        (HUNDRED_OFF, 99, 99),
        (CouponTerms(kind="amount", amount=twd(100), minimum=twd(500)), 500, 100),
        (CouponTerms(kind="percent", basis_points=1000), 999, 100),
        (CouponTerms(kind="percent", basis_points=5000, at_most=twd(300)), 598, 299),
        (CouponTerms(kind="percent", basis_points=5000, at_most=twd(300)), 999, 300),
        (CouponTerms(kind="percent", basis_points=10_000), 1, 1),
    ],
)
def test_what_it_is_worth(terms: CouponTerms, subtotal: int, expected: int) -> None:
    assert off(issued(terms), basket=replace(BASKET, subtotal=twd(subtotal))) == expected


MINIMUM = CouponTerms(kind="amount", amount=twd(100), minimum=twd(1000))
ONCE = CouponTerms(kind="amount", amount=twd(100), total=1)
REFUSED: dict[str, tuple[tuple[Event, ...], type[DomainError]]] = {
    "another host's": (
        (fact.CouponIssued(host_id="another", market="TW", terms=HUNDRED_OFF),),
        errors.CouponNotFoundError,
    ),
    "another show's": ((issued(stream_id="another"),), errors.CouponNotFoundError),
    "before its time": ((issued(starts_at=at(1)),), errors.CouponNotValidError),
    "below its minimum": ((issued(MINIMUM),), errors.CouponMinimumError),
    "never issued": ((), errors.CouponNotFoundError),
    "as its time ends": ((issued(ends_at=at(0)),), errors.CouponNotValidError),
    "twice by one buyer": ((issued(), REDEEMED), errors.CouponUsedUpError),
    "used up by others": (
        (issued(ONCE), redeem(ORDER, "another", twd(100))),
        errors.CouponUsedUpError,
    ),
    "withdrawn": ((issued(), fact.CouponWithdrawn()), errors.CouponNotValidError),
}


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_what_it_is_refused_for(case: str) -> None:
    facts, refusal = REFUSED[case]
    with pytest.raises(refusal):
        off(*facts)


def test_in_its_show_from_its_first_moment_on() -> None:
    assert off(issued(stream_id=SHOW, starts_at=at(0), ends_at=at(1))) == 100


def test_of_an_order_that_came_to_nothing_it_can_be_had_again() -> None:
    assert off(issued(ONCE), REDEEMED, give_back(ORDER, BUYER)) == 100
