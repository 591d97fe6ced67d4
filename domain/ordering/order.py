"""The state of one order and how recorded facts change it. Deciding is in `ordering` and
`returning`. Where it goes and to whom is personal, and no part of the state."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from domain.ordering import events as fact
from domain.ordering.values import (
    CASH_ON_DELIVERY,
    OrderLine,
    OrderStatus,
    ReceivedLine,
    ReturnedLine,
    Totals,
)
from domain.shared import Event, Market, Money

_NOTHING = Money(amount=0, currency="TWD")
_NO_TOTALS = Totals(
    subtotal=_NOTHING,
    shipping=_NOTHING,
    discount=_NOTHING,
    tax=_NOTHING,
    total=_NOTHING,
    tax_basis_points=0,
)


class Return(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What was announced, and, once the merchant has it, what `received` has come of it."""

    lines: tuple[ReturnedLine, ...]
    received: tuple[ReceivedLine, ...] | None = None


class Order(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`status` is empty until it is placed. `confirmed`: its goods are sold and no more only
    reserved. `lines` have each offer once. `returns` by id, in the order they were asked for.
    `uncollected`: what came of a parcel that nobody took in."""

    status: OrderStatus | Literal[""] = ""
    number: str = ""
    buyer_id: str = ""
    cart_id: str = ""
    stream_id: str = ""
    host_id: str = ""
    market: Market = "TW"
    lines: tuple[OrderLine, ...] = ()
    totals: Totals = _NO_TOTALS
    coupon: str | None = None
    payment_method: str = ""
    shipping_method: str = ""
    expires_at: datetime | None = None
    confirmed: bool = False
    payment_id: str | None = None
    carrier: str = ""
    tracking_number: str = ""
    returnable_until: datetime | None = None
    refunds_shipping: bool = False
    returns: dict[str, Return] = {}
    uncollected: tuple[ReceivedLine, ...] | None = None

    @property
    def is_open(self) -> bool:
        """Whether it waits for its payment, and comes to nothing without."""
        return self.status == "awaiting_payment" and not self.confirmed

    @property
    def on_delivery(self) -> bool:
        """Whether it is paid as it is delivered."""
        return self.payment_method == CASH_ON_DELIVERY

    def line(self, offer_id: str) -> OrderLine | None:
        return next((line for line in self.lines if line.offer_id == offer_id), None)


def evolve(state: Order, event: Event) -> Order:
    """A fact of a type unknown here changes nothing."""
    change = CHANGES.get(type(event))
    return state if change is None else change(state, event)


def joined(lines: tuple[OrderLine, ...], more: tuple[OrderLine, ...]) -> tuple[OrderLine, ...]:
    """Each offer once: its price stands from the first on, so only units and discount add up."""
    by_offer = {line.offer_id: line for line in lines}
    for line in more:
        before = by_offer.get(line.offer_id)
        by_offer[line.offer_id] = line if before is None else _sum(before, line)
    return tuple(by_offer.values())


def _sum(line: OrderLine, more: OrderLine) -> OrderLine:
    discount = Money(
        amount=line.discount.amount + more.discount.amount, currency=line.discount.currency
    )
    return replace(line, quantity=line.quantity + more.quantity, discount=discount)


def _placed(_state: Order, event: fact.OrderPlaced) -> Order:
    return Order(
        status="awaiting_payment",
        number=event.number,
        buyer_id=event.buyer_id,
        cart_id=event.cart_id,
        stream_id=event.stream_id,
        host_id=event.host_id,
        market=event.market,
        lines=event.lines,
        totals=event.totals,
        coupon=event.coupon,
        payment_method=event.payment_method,
        shipping_method=event.shipping_method,
        expires_at=event.expires_at,
    )


def _added(state: Order, event: fact.ItemsAddedToOrder) -> Order:
    return replace(
        state,
        lines=joined(state.lines, event.lines),
        totals=event.totals,
        expires_at=event.expires_at,
    )


def _paid(state: Order, event: fact.OrderPaid) -> Order:
    """What is paid as it is delivered has been sent before."""
    status = "paid" if state.status == "awaiting_payment" else state.status
    return replace(state, status=status, payment_id=event.payment_id, expires_at=None)


def _confirmed(state: Order, _event: fact.OrderConfirmed) -> Order:
    return replace(state, confirmed=True, expires_at=None)


def _cancelled(state: Order, _event: fact.OrderCancelled) -> Order:
    return replace(state, status="cancelled", expires_at=None)


def _expired(state: Order, _event: fact.OrderExpired) -> Order:
    return replace(state, status="expired", expires_at=None)


def _shipped(state: Order, event: fact.OrderShipped) -> Order:
    return replace(
        state, status="shipped", carrier=event.carrier, tracking_number=event.tracking_number
    )


def _delivered(state: Order, event: fact.OrderDelivered) -> Order:
    return replace(
        state,
        status="delivered",
        returnable_until=event.returnable_until,
        refunds_shipping=event.refunds_shipping,
    )


def _return_asked(state: Order, event: fact.ReturnRequested) -> Order:
    return replace(state, returns={**state.returns, event.return_id: Return(lines=event.lines)})


def _return_received(state: Order, event: fact.ReturnReceived) -> Order:
    asked = state.returns.get(event.return_id, Return(lines=()))
    received = replace(asked, received=event.lines)
    return replace(state, returns={**state.returns, event.return_id: received})


def _uncollected(state: Order, event: fact.OrderUncollected) -> Order:
    return replace(state, status="returned", uncollected=event.lines)


def _returned(state: Order, _event: fact.OrderReturned) -> Order:
    return replace(state, status="returned")


CHANGES: dict[type[Event], Callable[[Order, Any], Order]] = {
    fact.OrderPlaced: _placed,
    fact.ItemsAddedToOrder: _added,
    fact.OrderPaid: _paid,
    fact.OrderConfirmed: _confirmed,
    fact.OrderCancelled: _cancelled,
    fact.OrderExpired: _expired,
    fact.OrderShipped: _shipped,
    fact.OrderDelivered: _delivered,
    fact.ReturnRequested: _return_asked,
    fact.ReturnReceived: _return_received,
    fact.OrderUncollected: _uncollected,
    fact.OrderReturned: _returned,
}
