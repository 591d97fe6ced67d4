"""Orders with their story: for who bought, for who sold, and for what waits to be paid.

Holds where orders are sent to and why they came back, and drops that when the buyer is erased. The
order itself stays, as the books need it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec.structs import replace
from sqlalchemy import BigInteger, Column, String

from domain.ordering import events as fact
from domain.ordering.order import joined
from domain.ordering.values import (
    OrderLine,
    OrderStatus,
    ReceivedLine,
    ReturnedLine,
    Store,
    Totals,
)
from domain.shared import ERASED_TEXT, Event, Market, Money, Recorded
from projections.columns import ascii_text, microseconds, place
from projections.ordering.story import TOLD, StoryLine, story_line
from projections.projection import TableProjection


class ReturnView(msgspec.Struct, frozen=True, kw_only=True):
    """What a buyer sends back, and what of it came. `reason` is in their words."""

    id: str
    status: Literal["requested", "received"]
    lines: tuple[ReturnedLine, ...]
    requested_at: datetime
    reason: str = ""
    received: tuple[ReceivedLine, ...] = ()
    received_at: datetime | None = None
    refund: Money | None = None

    def __repr__(self) -> str:
        return f"ReturnView(id={self.id!r}, …)"


class OrderView(msgspec.Struct, frozen=True, kw_only=True):
    """An order. `listed_at` is the log position it was placed at, which orders lists; `position`
    the one of its last event here. `refunded` is what is due back in all, paid back or not.

    `expires_at`: unpaid by then it comes to nothing; None where it does not. `buyer_erased`: it is
    not known any more whom it went to.
    """

    id: str
    number: str
    buyer_id: str
    host_id: str
    cart_id: str
    stream_id: str
    market: Market
    status: OrderStatus
    lines: tuple[OrderLine, ...]
    totals: Totals
    payment_method: str
    shipping_method: str
    placed_at: datetime
    listed_at: int
    position: int
    coupon: str | None = None
    store: Store | None = None
    recipient: str = ""
    phone: str = ""
    address: str = ""
    buyer_erased: bool = False
    expires_at: datetime | None = None
    confirmed_at: datetime | None = None
    paid_at: datetime | None = None
    paid: Money | None = None
    refunded: Money | None = None
    carrier: str | None = None
    tracking_number: str | None = None
    delivered_at: datetime | None = None
    returnable_until: datetime | None = None
    cancel_reason: str = ""
    returns: tuple[ReturnView, ...] = ()
    story: tuple[StoryLine, ...] = ()

    def __repr__(self) -> str:
        return f"OrderView(id={self.id!r}, status={self.status!r}, …)"


Fold = Callable[[OrderView, Any, Recorded], OrderView]


def _placed(recorded: Recorded, event: fact.OrderPlaced) -> OrderView:
    """Of a buyer erased by then the order alone is shown."""
    view = OrderView(
        id=recorded.entity_id,
        number=event.number,
        buyer_id=event.buyer_id,
        host_id=event.host_id,
        cart_id=event.cart_id,
        stream_id=event.stream_id,
        market=event.market,
        status="awaiting_payment",
        lines=event.lines,
        totals=event.totals,
        payment_method=event.payment_method,
        shipping_method=event.shipping_method,
        placed_at=recorded.recorded_at,
        listed_at=recorded.position,
        position=recorded.position,
        coupon=event.coupon,
        store=event.store,
        recipient=event.recipient,
        phone=event.phone,
        address=event.address,
        expires_at=event.expires_at,
        story=(story_line(recorded),),
    )
    return _forgotten(view, event.buyer_id) if event.recipient == ERASED_TEXT else view


def _added(view: OrderView, event: fact.ItemsAddedToOrder, _recorded: Recorded) -> OrderView:
    lines = joined(view.lines, event.lines)
    return replace(view, lines=lines, totals=event.totals, expires_at=event.expires_at)


def _paid(view: OrderView, event: fact.OrderPaid, recorded: Recorded) -> OrderView:
    """Cash on delivery comes in when it has been sent long ago."""
    status = "paid" if view.status == "awaiting_payment" else view.status
    return replace(
        view,
        status=status,
        paid=event.amount,
        paid_at=recorded.recorded_at,
        payment_method=event.method,
        expires_at=None,
    )


def _confirmed(view: OrderView, _event: fact.OrderConfirmed, recorded: Recorded) -> OrderView:
    return replace(view, confirmed_at=recorded.recorded_at, expires_at=None)


def _cancelled(view: OrderView, event: fact.OrderCancelled, _recorded: Recorded) -> OrderView:
    reason = _words(view, event.reason)
    return replace(view, status="cancelled", cancel_reason=reason, expires_at=None)


def _words(view: OrderView, said: str) -> str:
    return "" if view.buyer_erased or said == ERASED_TEXT else said


def _expired(view: OrderView, _event: fact.OrderExpired, _recorded: Recorded) -> OrderView:
    return replace(view, status="expired", expires_at=None)


def _shipped(view: OrderView, event: fact.OrderShipped, _recorded: Recorded) -> OrderView:
    return replace(
        view, status="shipped", carrier=event.carrier, tracking_number=event.tracking_number
    )


def _delivered(view: OrderView, event: fact.OrderDelivered, _recorded: Recorded) -> OrderView:
    return replace(
        view,
        status="delivered",
        delivered_at=event.delivered_at,
        returnable_until=event.returnable_until,
    )


def _return_requested(
    view: OrderView, event: fact.ReturnRequested, recorded: Recorded
) -> OrderView:
    announced = ReturnView(
        id=event.return_id,
        status="requested",
        lines=event.lines,
        requested_at=recorded.recorded_at,
        reason=_words(view, event.reason),
    )
    return replace(view, returns=(*view.returns, announced))


def _return_received(view: OrderView, event: fact.ReturnReceived, recorded: Recorded) -> OrderView:
    return _with_return(
        view,
        event.return_id,
        status="received",
        received=event.lines,
        received_at=recorded.recorded_at,
    )


def _returned(
    view: OrderView, _event: fact.OrderReturned | fact.OrderUncollected, _recorded: Recorded
) -> OrderView:
    return replace(view, status="returned")


def _refund_due(view: OrderView, event: fact.RefundDue, _recorded: Recorded) -> OrderView:
    before = view.refunded.amount if view.refunded else 0
    refunded = replace(event.amount, amount=before + event.amount.amount)
    view = replace(view, refunded=refunded)
    if event.return_id is None:
        return view
    return _with_return(view, event.return_id, refund=event.amount)


def _with_return(view: OrderView, return_id: str, **changes: Any) -> OrderView:
    returns = tuple(
        replace(each, **changes) if each.id == return_id else each for each in view.returns
    )
    return replace(view, returns=returns)


FOLDS: dict[type[Event], Fold] = {
    fact.ItemsAddedToOrder: _added,
    fact.OrderPaid: _paid,
    fact.OrderConfirmed: _confirmed,
    fact.OrderCancelled: _cancelled,
    fact.OrderExpired: _expired,
    fact.OrderShipped: _shipped,
    fact.OrderDelivered: _delivered,
    fact.ReturnRequested: _return_requested,
    fact.ReturnReceived: _return_received,
    fact.OrderUncollected: _returned,
    fact.OrderReturned: _returned,
    fact.RefundDue: _refund_due,
}


def _fold(view: OrderView | None, recorded: Recorded) -> OrderView | None:
    event = recorded.event
    if isinstance(event, fact.OrderPlaced):
        return _placed(recorded, event)
    if view is None:
        return None
    changed = FOLDS[type(event)](view, event, recorded)
    return replace(changed, position=recorded.position, story=(*view.story, story_line(recorded)))


def _order_id(recorded: Recorded) -> str:
    return recorded.entity_id


def _buyer(view: OrderView) -> tuple[str, ...]:
    return () if view.buyer_erased else (view.buyer_id,)


def _forgotten(view: OrderView, _person: str) -> OrderView:
    """It stays, as the merchant's books need it; whom it went to, and why it came back, do not."""
    if view.buyer_erased:
        return view
    return replace(
        view,
        recipient="",
        phone="",
        address="",
        store=None,
        cancel_reason="",
        buyer_erased=True,
        returns=tuple(replace(each, reason="") for each in view.returns),
    )


def _row(view: OrderView) -> Mapping[str, Any]:
    return {
        "buyer": None if view.buyer_erased else view.buyer_id,
        "bought": place(view.buyer_id, view.listed_at),
        "sold": place(view.host_id, view.listed_at),
        "shown": place(view.stream_id, view.listed_at),
        "status": view.status,
        "due_us": _due_us(view),
    }


def _due_us(view: OrderView) -> int | None:
    """When it ends unpaid, in microseconds since 1970; None: it does not."""
    if view.status != "awaiting_payment" or view.expires_at is None:
        return None
    return microseconds(view.expires_at)


ORDERS = TableProjection(
    name="orders",
    version=1,
    view=OrderView,
    types=frozenset(event.tag for event in TOLD),
    key=_order_id,
    fold=_fold,
    begins=frozenset({fact.OrderPlaced.tag}),
    persons=_buyer,
    forget=_forgotten,
    columns=(
        Column("buyer", ascii_text(64), nullable=True, index=True),
        Column("bought", ascii_text(96), nullable=False, index=True),
        Column("sold", ascii_text(96), nullable=False, index=True),
        Column("shown", ascii_text(96), nullable=False, index=True),
        Column("status", String(20), nullable=False),
        Column("due_us", BigInteger, nullable=True, index=True),
    ),
    person="buyer",
    row=_row,
)
