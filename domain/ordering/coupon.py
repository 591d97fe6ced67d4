"""One coupon: what it is worth, who redeemed it, and what it answers to commands. Pure."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.money import BASIS_POINTS, CURRENCY_OF, part_of
from domain.ordering import commands as ask
from domain.ordering import errors
from domain.ordering import events as fact
from domain.ordering.values import COUPON_REDEMPTIONS_AT_MOST, CouponTerms
from domain.shared import Command, Decider, Event, Market, Money

Facts = tuple[Event, ...]
CODE = r"[A-Z0-9]{3,32}"
_code = re.compile(CODE)
_NO_TERMS = CouponTerms(kind="amount")


class Coupon(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`redeemed` has, by buyer, how many orders of theirs have it that came to something."""

    host_id: str = ""
    market: Market = "TW"
    terms: CouponTerms = _NO_TERMS
    stream_id: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    withdrawn: bool = False
    redeemed: dict[str, int] = {}
    times_redeemed: int = 0


class Basket(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What somebody wants a discount on."""

    buyer_id: str
    stream_id: str
    host_id: str
    subtotal: Money


def decide(state: Coupon, command: Command) -> Facts:
    """Raises a `DomainError` when refused, `TypeError` for a command of another context."""
    decision = DECISIONS.get(type(command))
    if decision is None:
        raise TypeError(f"a coupon does not decide {type(command).__name__}")
    return decision(state, command)


def discount_of(state: Coupon, basket: Basket, now: datetime) -> Money:
    """What it takes off. Raises `CouponNotFoundError`, `CouponNotValidError`,
    `CouponMinimumError`, `CouponUsedUpError`."""
    _refuse_elsewhere(state, basket)
    _refuse_untimely(state, now)
    minimum = state.terms.minimum
    if minimum is not None and basket.subtotal.amount < minimum.amount:
        raise errors.CouponMinimumError(minimum=minimum.amount, currency=minimum.currency)
    mine = state.redeemed.get(basket.buyer_id, 0)
    if mine >= state.terms.per_customer or state.times_redeemed >= state.terms.total:
        raise errors.CouponUsedUpError()
    return _worth(state.terms, basket.subtotal)


def redeem(order_id: str, buyer_id: str, discount: Money) -> fact.CouponRedeemed:
    return fact.CouponRedeemed(order_id=order_id, buyer_id=buyer_id, discount=discount)


def give_back(order_id: str, buyer_id: str) -> fact.CouponGivenBack:
    return fact.CouponGivenBack(order_id=order_id, buyer_id=buyer_id)


def evolve(state: Coupon, event: Event) -> Coupon:
    """A fact of a type unknown here changes nothing."""
    change = CHANGES.get(type(event))
    return state if change is None else change(state, event)


def _refuse_elsewhere(state: Coupon, basket: Basket) -> None:
    if not state.host_id or state.host_id != basket.host_id:
        raise errors.CouponNotFoundError()
    if state.stream_id not in {None, basket.stream_id}:
        raise errors.CouponNotFoundError()
    if CURRENCY_OF[state.market] != basket.subtotal.currency:
        raise errors.CouponNotFoundError()


def _refuse_untimely(state: Coupon, now: datetime) -> None:
    early = state.starts_at is not None and now < state.starts_at
    late = state.ends_at is not None and now >= state.ends_at
    if state.withdrawn or early or late:
        raise errors.CouponNotValidError()


def _worth(terms: CouponTerms, subtotal: Money) -> Money:
    if terms.kind == "percent":
        off = part_of(subtotal, terms.basis_points).amount
    else:
        off = terms.amount.amount if terms.amount else 0
    most = subtotal.amount if terms.at_most is None else min(terms.at_most.amount, subtotal.amount)
    return Money(amount=min(off, most), currency=subtotal.currency)


def _issue(state: Coupon, command: ask.IssueCoupon) -> Facts:
    if state.host_id:
        raise errors.CouponExistsError()
    _refuse_senseless(command)
    return (
        fact.CouponIssued(
            host_id=command.by,
            market=command.market,
            terms=command.terms,
            stream_id=command.stream_id,
            starts_at=command.starts_at,
            ends_at=command.ends_at,
        ),
    )


def _refuse_senseless(command: ask.IssueCoupon) -> None:
    terms = command.terms
    amounts = {"amount": terms.amount, "at_most": terms.at_most, "minimum": terms.minimum}
    currency = CURRENCY_OF[command.market]
    right = {
        "code": _code.fullmatch(command.coupon) is not None,
        "basis_points": terms.kind == "amount" or 1 <= terms.basis_points <= BASIS_POINTS,
        "amount": terms.kind == "percent" or terms.amount is not None,
        "total": 1 <= terms.total <= COUPON_REDEMPTIONS_AT_MOST,
        "per_customer": 1 <= terms.per_customer <= COUPON_REDEMPTIONS_AT_MOST,
        "ends_at": _begins_before_it_ends(command),
    }
    wrong = [field for field, fine in right.items() if not fine] + [
        field
        for field, money in amounts.items()
        if money is not None and (money.amount < 1 or money.currency != currency)
    ]
    if wrong:
        raise errors.CouponInvalidError(field=wrong[0])


def _begins_before_it_ends(command: ask.IssueCoupon) -> bool:
    if command.ends_at is None:
        return True
    return command.ends_at > max(command.starts_at or command.now, command.now)


def _withdraw(state: Coupon, command: ask.WithdrawCoupon) -> Facts:
    if not state.host_id:
        raise errors.CouponNotFoundError()
    if command.by != state.host_id and not command.as_staff:
        raise errors.NotTheBuyerError()
    return () if state.withdrawn else (fact.CouponWithdrawn(),)


def _issued(_state: Coupon, event: fact.CouponIssued) -> Coupon:
    return Coupon(
        host_id=event.host_id,
        market=event.market,
        terms=event.terms,
        stream_id=event.stream_id,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
    )


def _counted(state: Coupon, buyer_id: str, more: int) -> Coupon:
    redeemed = {**state.redeemed}
    now = redeemed.pop(buyer_id, 0) + more
    if now > 0:
        redeemed[buyer_id] = now
    return replace(state, redeemed=redeemed, times_redeemed=max(state.times_redeemed + more, 0))


def _redeemed(state: Coupon, event: fact.CouponRedeemed) -> Coupon:
    return _counted(state, event.buyer_id, 1)


def _given_back(state: Coupon, event: fact.CouponGivenBack) -> Coupon:
    return _counted(state, event.buyer_id, -1)


def _withdrawn(state: Coupon, _event: fact.CouponWithdrawn) -> Coupon:
    return replace(state, withdrawn=True)


CHANGES: dict[type[Event], Callable[[Coupon, Any], Coupon]] = {
    fact.CouponIssued: _issued,
    fact.CouponRedeemed: _redeemed,
    fact.CouponGivenBack: _given_back,
    fact.CouponWithdrawn: _withdrawn,
}
DECISIONS: dict[type[Command], Callable[[Coupon, Any], Facts]] = {
    ask.IssueCoupon: _issue,
    ask.WithdrawCoupon: _withdraw,
}

COUPON: Decider[Coupon] = Decider(category="coupon", initial=Coupon(), decide=decide, evolve=evolve)
