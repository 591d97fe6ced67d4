"""What an order answers to commands, and what checkout, payments and the clock make of it. Pure.

The functions that take an `Order` are to be decided in one append with the cart, the coupon and
the stock they speak of.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from domain.ordering import commands as ask
from domain.ordering import errors, returning
from domain.ordering import events as fact
from domain.ordering.access import refuse_unless_merchant, role_of
from domain.ordering.cart import Cart
from domain.ordering.order import Order, evolve, joined
from domain.ordering.pricing import totals_of
from domain.ordering.values import CASH_ON_DELIVERY, LINES_AT_MOST, OrderLine, Totals
from domain.shared import Command, Decider, DomainError, Event, Money

Facts = tuple[Event, ...]
Added = fact.ItemsAddedToOrder


def decide(state: Order, command: Command) -> Facts:
    """Raises a `DomainError` when refused, `TypeError` for a command of another context."""
    decision = DECISIONS.get(type(command))
    if decision is None:
        raise TypeError(f"an order does not decide {type(command).__name__} alone")
    return decision(state, command)


def place(command: ask.PlaceOrder, cart: Cart, lines: tuple[OrderLine, ...]) -> fact.OrderPlaced:
    """Raises `DeliveryIncompleteError`, `CashOnDeliveryError`, `PriceChangedError`."""
    _refuse_incomplete(command)
    totals = totals_of(lines, command.terms, lines[0].price.currency)
    _refuse_other_total(command, totals.total)
    seconds = command.terms.payment_seconds
    return fact.OrderPlaced(
        buyer_id=command.buyer_id,
        stream_id=command.stream_id,
        number=command.number,
        cart_id=command.cart_id,
        host_id=cart.host_id,
        market=cart.market,
        lines=lines,
        totals=totals,
        coupon=command.coupon,
        payment_method=command.terms.payment_method,
        shipping_method=command.terms.shipping.method,
        expires_at=None if seconds is None else command.now + timedelta(seconds=seconds),
        recipient=command.recipient,
        phone=command.phone,
        address=command.address,
        store_id=command.store.id if command.store else "",
        store_name=command.store.name if command.store else "",
    )


def settle_at_once(order_id: str, placed: fact.OrderPlaced) -> Facts:
    """What is paid on delivery is going to be sent without more ado; and so is what costs nothing:
    there is nobody to pay it to."""
    whose = {"buyer_id": placed.buyer_id, "stream_id": placed.stream_id}
    confirmed = fact.OrderConfirmed(**whose)
    if placed.payment_method == CASH_ON_DELIVERY:
        return (confirmed,)
    if placed.totals.total.amount:
        return ()
    paid = fact.OrderPaid(
        **whose, payment_id=order_id, method=placed.payment_method, amount=placed.totals.total
    )
    return (paid, confirmed)


def add(state: Order, command: ask.PlaceOrder, lines: tuple[OrderLine, ...]) -> Added:
    """To an order that is unpaid. Its discount stays what it was. Raises `ShopMovedOnError` where
    it cannot take more any longer, and what `place` raises."""
    if not may_merge(state, command, len(lines)):
        raise errors.ShopMovedOnError()
    totals: Totals = totals_of(
        joined(state.lines, lines), command.terms, state.totals.total.currency
    )
    _refuse_other_total(command, totals.total)
    seconds = command.terms.payment_seconds or 0
    return fact.ItemsAddedToOrder(
        buyer_id=state.buyer_id,
        stream_id=state.stream_id,
        lines=lines,
        totals=totals,
        expires_at=command.now + timedelta(seconds=seconds),
    )


def may_merge(state: Order, command: ask.PlaceOrder, more: int) -> bool:
    """Whether the order can take so many lines more: unpaid and in time, paid and sent the same
    way, and the new items come without a coupon. Where it goes, its own facts have to tell."""
    return (
        state.is_open
        and state.expires_at is not None
        and command.now < state.expires_at
        and command.coupon is None
        and state.cart_id == command.cart_id
        and state.payment_method == command.terms.payment_method
        and state.shipping_method == command.terms.shipping.method
        and len(state.lines) + more <= LINES_AT_MOST
    )


def pay(
    state: Order, command: ask.MarkOrderPaid
) -> tuple[fact.OrderPaid | fact.OrderConfirmed, ...]:
    """Nothing where this payment is known. Money that is in before the order has expired counts,
    be it late. Raises what stands against it, each with its own code."""
    refuse_unplaced(state, command.order_id)
    if state.payment_id == command.payment_id:
        return ()
    if state.payment_id is not None:
        raise errors.OrderPaidError()
    _refuse_ended(state)
    if state.confirmed:
        raise errors.PaidOnDeliveryError()
    if command.amount != state.totals.total:
        whole = state.totals.total
        raise errors.WrongAmountError(total=whole.amount, currency=whole.currency)
    paid = fact.OrderPaid(
        buyer_id=state.buyer_id,
        stream_id=state.stream_id,
        payment_id=command.payment_id,
        method=command.method,
        amount=command.amount,
    )
    return (paid, fact.OrderConfirmed(buyer_id=state.buyer_id, stream_id=state.stream_id))


def cancel(state: Order, command: ask.CancelOrder) -> Facts:
    """With what is to be paid back. Nothing where it is cancelled already."""
    refuse_unplaced(state, command.order_id)
    role = role_of(state, command)
    if state.status == "cancelled":
        return ()
    _refuse_ended(state)
    _refuse_sent(state)
    if role == "buyer" and state.payment_id is not None:
        raise errors.OrderPaidError()
    cancelled = fact.OrderCancelled(
        buyer_id=state.buyer_id, stream_id=state.stream_id, by=role, reason=command.reason
    )
    if state.payment_id is None:
        return (cancelled,)
    return (cancelled, *returning.refund(state, state.totals.total, "cancelled"))


def expire(state: Order, command: ask.ExpireOrder) -> Facts:
    """Nothing where it is not due, or ended otherwise."""
    due = state.expires_at is not None and state.expires_at <= command.now
    if not state.is_open or not due:
        return ()
    return (fact.OrderExpired(buyer_id=state.buyer_id, stream_id=state.stream_id),)


def refuse_unplaced(state: Order, order_id: str) -> None:
    if not state.status:
        raise errors.OrderNotFoundError(order_id=order_id)


def _ship(state: Order, command: ask.ShipOrder) -> Facts:
    """The same parcel again changes nothing."""
    refuse_unplaced(state, command.order_id)
    refuse_unless_merchant(state, command)
    parcel = (command.carrier, command.tracking_number)
    if state.status == "shipped" and parcel == (state.carrier, state.tracking_number):
        return ()
    _refuse_ended(state)
    _refuse_sent(state)
    if not state.confirmed:
        raise errors.OrderNotPaidError()
    return (
        fact.OrderShipped(
            buyer_id=state.buyer_id,
            stream_id=state.stream_id,
            carrier=command.carrier,
            tracking_number=command.tracking_number,
        ),
    )


def _deliver(state: Order, command: ask.DeliverOrder) -> Facts:
    refuse_unplaced(state, command.order_id)
    refuse_unless_merchant(state, command)
    if state.status == "delivered":
        return ()
    _refuse_ended(state)
    if state.status == "returned":
        raise errors.OrderReturnedError()
    if state.status != "shipped":
        raise errors.OrderNotShippedError()
    delivered = fact.OrderDelivered(
        buyer_id=state.buyer_id,
        stream_id=state.stream_id,
        delivered_at=command.now,
        returnable_until=command.now + timedelta(days=command.return_days),
        refunds_shipping=command.refunds_shipping,
    )
    return (*_paid_at_the_door(state, command), delivered)


def _paid_at_the_door(state: Order, command: ask.DeliverOrder) -> Facts:
    if state.payment_id is not None:
        return ()
    return (
        fact.OrderPaid(
            buyer_id=state.buyer_id,
            stream_id=state.stream_id,
            payment_id=command.payment_id,
            method=state.payment_method,
            amount=state.totals.total,
        ),
    )


def _refuse_incomplete(command: ask.PlaceOrder) -> None:
    """What this way of sending needs. An address where a store is needed too would say two
    places."""
    needs_store = command.terms.shipping.needs == "store"
    given = {
        "recipient": bool(command.recipient.strip()),
        "phone": bool(command.phone.strip()),
        "store": (command.store is not None) == needs_store,
        "address": bool(command.address.strip()) != needs_store,
    }
    lacking = next((field for field, right in given.items() if not right), None)
    if lacking is not None:
        raise errors.DeliveryIncompleteError(
            field=f"shipping.{lacking}", method=command.terms.shipping.method
        )


def _refuse_other_total(command: ask.PlaceOrder, whole: Money) -> None:
    if command.expected_total is not None and command.expected_total != whole:
        raise errors.PriceChangedError(total=whole.amount, currency=whole.currency)


def _refuse_ended(state: Order) -> None:
    if state.status == "cancelled":
        raise errors.OrderCancelledError()
    if state.status == "expired":
        raise errors.OrderExpiredError()


_SENT: dict[str, type[DomainError]] = {
    "shipped": errors.OrderShippedError,
    "delivered": errors.OrderDeliveredError,
    "returned": errors.OrderReturnedError,
}


def _refuse_sent(state: Order) -> None:
    sent = _SENT.get(state.status)
    if sent is not None:
        raise sent


def _request_return(state: Order, command: ask.RequestReturn) -> Facts:
    refuse_unplaced(state, command.order_id)
    _refuse_ended(state)
    return returning.request(state, command)


DECISIONS: dict[type[Command], Callable[[Order, Any], Facts]] = {
    ask.ShipOrder: _ship,
    ask.DeliverOrder: _deliver,
    ask.RequestReturn: _request_return,
}

ORDER: Decider[Order] = Decider(category="order", initial=Order(), decide=decide, evolve=evolve)
