"""What a SKU's stock answers to commands, and the moves that claims and orders make on it. Pure.

A move is `(state, quantity, …) -> facts`, to be decided in one append with the cart or the order
whose units they are. None lets `available` or `reserved` fall below zero.
"""

from collections.abc import Callable, Iterator
from functools import reduce
from heapq import merge
from itertools import islice
from operator import attrgetter
from typing import Any

from domain.inventory import commands as ask
from domain.inventory import errors
from domain.inventory import events as fact
from domain.inventory.sku import Sku, Waiting, evolve
from domain.inventory.values import (
    QUANTITY_AT_MOST,
    WAITLIST_AT_MOST,
    AdjustmentReason,
    ReleaseReason,
    Reservation,
    WaitlistEnd,
)
from domain.shared import Command, Decider, Event

Facts = tuple[Event, ...]


def decide(state: Sku, command: Command) -> Facts:
    """Raises a `DomainError` when refused, `TypeError` for a command of another context."""
    decision = DECISIONS.get(type(command))
    if decision is None:
        raise TypeError(f"stock does not decide {type(command).__name__}")
    return decision(state, command)


def after(state: Sku, facts: Facts) -> Sku:
    """What the next move of the same decision goes on from."""
    return reduce(evolve, facts, state)


def register(state: Sku, sku: str, product_id: str, merchant_id: str) -> Facts:
    """Makes the SKU that product's, for ever. Repeating it changes nothing; raises
    `SkuTakenError` where it is another's."""
    if not state.product_id:
        return (fact.SkuRegistered(product_id=product_id, merchant_id=merchant_id),)
    if state.product_id != product_id:
        raise errors.SkuTakenError(sku=sku)
    return ()


def receive(state: Sku, quantity: int, reason: str = "") -> Facts:
    """Raises `QuantityOutOfRangeError`."""
    _refuse_out_of_range(quantity)
    return (
        fact.StockReceived(
            quantity=quantity,
            available=state.available + quantity,
            waiting=state.waiting,
            reason=reason,
        ),
    )


def adjust(state: Sku, quantity: int, reason: AdjustmentReason) -> Facts:
    """By none at all changes nothing. Raises `BelowReservedError`, `QuantityOutOfRangeError`."""
    if not quantity:
        return ()
    _refuse_out_of_range(abs(quantity))
    if state.available + quantity < 0:
        raise errors.BelowReservedError(available=state.available)
    return (
        fact.StockAdjusted(
            quantity=quantity,
            available=state.available + quantity,
            waiting=state.waiting,
            reason=reason,
        ),
    )


def left_of(state: Sku, offer_id: str, offer_quantity: int | None) -> int:
    """Units of an offer that nobody has, whoever comes first: no more than there are, nor than the
    offer's own quantity has left (None: it has none of its own)."""
    if offer_quantity is None:
        return state.available
    return max(0, min(state.available, offer_quantity - state.taken.get(offer_id, 0)))


def free_of(state: Sku, offer_id: str, offer_quantity: int | None) -> int:
    """Units of an offer that whoever comes now gets: none while somebody waits for the SKU who
    could be served, as they came before."""
    left = left_of(state, offer_id, offer_quantity)
    return 0 if left and next_in_line(state) is not None else left


def next_in_line(state: Sku) -> Waiting | None:
    """The first who waits and can be served. Who waits for an offer that is used up is no obstacle
    to those behind them."""
    return next(_in_line(state), None)


def first_in_line(state: Sku, carts: int) -> tuple[str, ...]:
    """Ids of so many carts at most, whose turn it is; each once."""
    first = dict.fromkeys(islice((each.cart_id for each in _in_line(state)), carts))
    return tuple(first)


def reserve(
    state: Sku, quantity: int, reservation: Reservation, offer_quantity: int | None = None
) -> Facts:
    """Raises `OutOfStockError` rather than reserve less."""
    free = free_of(state, reservation.offer_id, offer_quantity)
    if quantity > free:
        raise errors.OutOfStockError(available=free)
    return (_reserved(state, quantity, reservation),)


def commit(state: Sku, quantity: int, reservation: Reservation) -> Facts:
    """Sells reserved units of an order."""
    _refuse_unreserved(state, quantity)
    return (
        fact.StockCommitted(
            quantity=quantity,
            available=state.available,
            waiting=state.waiting,
            order_id=reservation.order_id,
            offer_id=reservation.offer_id,
        ),
    )


def release(state: Sku, quantity: int, reservation: Reservation, reason: ReleaseReason) -> Facts:
    _refuse_unreserved(state, quantity)
    return (
        fact.ReservationReleased(
            quantity=quantity,
            available=state.available + quantity,
            waiting=state.waiting,
            cart_id=reservation.cart_id,
            offer_id=reservation.offer_id,
            reason=reason,
            order_id=reservation.order_id or None,
        ),
    )


def expire(state: Sku, quantity: int, reservation: Reservation) -> Facts:
    _refuse_unreserved(state, quantity)
    return (
        fact.ReservationExpired(
            quantity=quantity,
            available=state.available + quantity,
            waiting=state.waiting,
            cart_id=reservation.cart_id,
            offer_id=reservation.offer_id,
            order_id=reservation.order_id or None,
        ),
    )


def take_back(
    state: Sku, quantity: int, reservation: Reservation, return_id: str | None = None
) -> Facts:
    """Sold units are on hand again: those of a cancelled order, or what a buyer returned."""
    return (
        fact.StockReturned(
            quantity=quantity,
            available=state.available + quantity,
            waiting=state.waiting,
            order_id=reservation.order_id,
            offer_id=reservation.offer_id,
            return_id=return_id,
        ),
    )


def write_off(state: Sku, quantity: int, reservation: Reservation, return_id: str) -> Facts:
    """Sold units came back, and are none to be sold again."""
    return (
        fact.StockWrittenOff(
            quantity=quantity,
            available=state.available,
            waiting=state.waiting,
            order_id=reservation.order_id,
            offer_id=reservation.offer_id,
            return_id=return_id,
        ),
    )


def may_wait(state: Sku, cart_id: str, offer_id: str) -> bool:
    """Whether the cart can join the waitlist; where it is in it, it can wait for more."""
    if cart_id in state.queues.get(offer_id, {}):
        return True
    return sum(map(len, state.queues.values())) < WAITLIST_AT_MOST


def join_waitlist(
    state: Sku,
    quantity: int,
    reservation: Reservation,
    *,
    answer_seconds: int,
    offer_quantity: int | None = None,
) -> Facts:
    """Raises `OutOfStockError` where too many wait already."""
    if not may_wait(state, reservation.cart_id, reservation.offer_id):
        raise errors.OutOfStockError(available=0)
    return (
        fact.WaitlistJoined(
            quantity=quantity,
            available=state.available,
            waiting=state.waiting + quantity,
            cart_id=reservation.cart_id,
            offer_id=reservation.offer_id,
            stream_id=reservation.stream_id,
            buyer_id=reservation.buyer_id,
            answer_seconds=answer_seconds,
            offer_quantity=offer_quantity,
        ),
    )


def serve(state: Sku, waiting: Waiting) -> tuple[int, Facts]:
    """Gives the `next_in_line` as many of the units they wait for as there are; how many."""
    quantity = min(waiting.quantity, _left_for(state, waiting))
    served = fact.WaitlistServed(
        quantity=quantity,
        available=state.available,
        waiting=state.waiting - quantity,
        cart_id=waiting.cart_id,
        offer_id=waiting.offer_id,
    )
    reservation = Reservation(
        cart_id=waiting.cart_id,
        offer_id=waiting.offer_id,
        stream_id=waiting.stream_id,
        buyer_id=waiting.buyer_id,
    )
    return quantity, (served, _reserved(evolve(state, served), quantity, reservation, waited=True))


def leave_waitlist(
    state: Sku, quantity: int, reservation: Reservation, reason: WaitlistEnd
) -> Facts:
    return (
        fact.WaitlistLeft(
            quantity=quantity,
            available=state.available,
            waiting=state.waiting - quantity,
            cart_id=reservation.cart_id,
            offer_id=reservation.offer_id,
            reason=reason,
        ),
    )


def _in_line(state: Sku) -> Iterator[Waiting]:
    if not state.available:
        return
    queues = (queue.values() for queue in state.queues.values())
    served = (queue for queue in queues if _left_for(state, next(iter(queue))))
    yield from merge(*served, key=attrgetter("place"))


def _left_for(state: Sku, waiting: Waiting) -> int:
    return left_of(state, waiting.offer_id, waiting.offer_quantity)


def _reserved(
    state: Sku, quantity: int, reservation: Reservation, *, waited: bool = False
) -> fact.StockReserved:
    return fact.StockReserved(
        quantity=quantity,
        available=state.available - quantity,
        waiting=state.waiting,
        cart_id=reservation.cart_id,
        offer_id=reservation.offer_id,
        stream_id=reservation.stream_id,
        buyer_id=reservation.buyer_id,
        order_id=reservation.order_id or None,
        waited=waited,
    )


def _refuse_unreserved(state: Sku, quantity: int) -> None:
    if quantity > state.reserved:
        raise errors.NotReserved(f"{quantity} units of {state.reserved}")


def _refuse_out_of_range(quantity: int) -> None:
    if not 1 <= quantity <= QUANTITY_AT_MOST:
        raise errors.QuantityOutOfRangeError(field="quantity", least=1, most=QUANTITY_AT_MOST)


def _receive(state: Sku, command: ask.ReceiveStock) -> Facts:
    _refuse_others(state, command)
    return receive(state, command.quantity, command.reason)


def _adjust(state: Sku, command: ask.AdjustStock) -> Facts:
    _refuse_others(state, command)
    return adjust(state, command.quantity, command.reason)


def _refuse_others(state: Sku, command: ask.StockCommand) -> None:
    if not state.product_id:
        raise errors.SkuNotFoundError(sku=command.sku)
    if not command.as_admin and command.by != state.merchant_id:
        raise errors.NotTheMerchantError()


DECISIONS: dict[type[Command], Callable[[Sku, Any], Facts]] = {
    ask.ReceiveStock: _receive,
    ask.AdjustStock: _adjust,
}

SKU: Decider[Sku] = Decider(category="sku", initial=Sku(), decide=decide, evolve=evolve, revision=2)
