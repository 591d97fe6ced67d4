"""The state of one SKU's stock and how recorded facts change it. Deciding is in `deciding`.

It counts, and knows who waits; it does not know who holds what. Each hold is a cart's line or an
order's, whose own stream decides that it is let go once: both always change in one append. So a
reservation costs the same however many there are.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.inventory import events as fact
from domain.inventory.values import OFFERS_REMEMBERED
from domain.shared import Event


class Waiting(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Somebody who waits for `quantity` units of an offer that has `offer_quantity` in all."""

    cart_id: str
    offer_id: str
    stream_id: str
    buyer_id: str
    quantity: int
    answer_seconds: int
    offer_quantity: int | None = None


class Sku(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`waitlist`: the first served is the first in it. `taken` has, by offer, how many units are
    reserved or sold of it: what an offer's own quantity is a limit to."""

    product_id: str = ""
    merchant_id: str = ""
    on_hand: int = 0
    reserved: int = 0
    waitlist: tuple[Waiting, ...] = ()
    waiting: int = 0
    taken: dict[str, int] = {}

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


def evolve(state: Sku, event: Event) -> Sku:
    """A fact of a type unknown here changes nothing."""
    change = CHANGES.get(type(event))
    return state if change is None else change(state, event)


def _registered(state: Sku, event: fact.SkuRegistered) -> Sku:
    return replace(state, product_id=event.product_id, merchant_id=event.merchant_id)


def _on_hand(state: Sku, event: fact.StockReceived | fact.StockAdjusted) -> Sku:
    return replace(state, on_hand=state.on_hand + event.quantity)


def _reserved(state: Sku, event: fact.StockReserved) -> Sku:
    taken = _taken(state, event.offer_id, event.quantity)
    return replace(state, reserved=state.reserved + event.quantity, taken=taken)


def _committed(state: Sku, event: fact.StockCommitted) -> Sku:
    return replace(
        state,
        on_hand=state.on_hand - event.quantity,
        reserved=state.reserved - event.quantity,
    )


def _freed(state: Sku, event: fact.ReservationReleased | fact.ReservationExpired) -> Sku:
    taken = _taken(state, event.offer_id, -event.quantity)
    return replace(state, reserved=state.reserved - event.quantity, taken=taken)


def _returned(state: Sku, event: fact.StockReturned) -> Sku:
    """What was sold and sent is no part of its offer's quantity again."""
    taken = state.taken
    if event.return_id is None:
        taken = _taken(state, event.offer_id, -event.quantity)
    return replace(state, on_hand=state.on_hand + event.quantity, taken=taken)


def _joined(state: Sku, event: fact.WaitlistJoined) -> Sku:
    waiting = Waiting(
        cart_id=event.cart_id,
        offer_id=event.offer_id,
        stream_id=event.stream_id,
        buyer_id=event.buyer_id,
        quantity=event.quantity,
        answer_seconds=event.answer_seconds,
        offer_quantity=event.offer_quantity,
    )
    return replace(
        state, waitlist=(*state.waitlist, waiting), waiting=state.waiting + event.quantity
    )


def _left(state: Sku, event: fact.WaitlistServed | fact.WaitlistLeft) -> Sku:
    """Who joined twice leaves where they stand last: served is the first anyway."""
    return replace(
        state,
        waitlist=_without(state.waitlist, event),
        waiting=state.waiting - event.quantity,
    )


def _without(
    waitlist: tuple[Waiting, ...], event: fact.WaitlistServed | fact.WaitlistLeft
) -> tuple[Waiting, ...]:
    served = isinstance(event, fact.WaitlistServed)
    line = waitlist if served else waitlist[::-1]
    left, reached = event.quantity, 0
    kept: list[Waiting] = []
    for one in line:
        if not left:
            break
        reached += 1
        gone = 0
        if (one.cart_id, one.offer_id) == (event.cart_id, event.offer_id):
            gone = min(left, one.quantity)
        left -= gone
        if gone < one.quantity:
            kept.append(replace(one, quantity=one.quantity - gone) if gone else one)
    after = (*kept, *line[reached:])
    return after if served else after[::-1]


def _taken(state: Sku, offer_id: str, quantity: int) -> dict[str, int]:
    """With the offer last in it: beyond what is remembered, the one not sold from for longest
    goes."""
    taken = {**state.taken}
    now = taken.pop(offer_id, 0) + quantity
    if now > 0:
        taken[offer_id] = now
    if len(taken) > OFFERS_REMEMBERED:
        del taken[next(iter(taken))]
    return taken


CHANGES: dict[type[Event], Callable[[Sku, Any], Sku]] = {
    fact.SkuRegistered: _registered,
    fact.StockReceived: _on_hand,
    fact.StockAdjusted: _on_hand,
    fact.StockReserved: _reserved,
    fact.StockCommitted: _committed,
    fact.ReservationReleased: _freed,
    fact.ReservationExpired: _freed,
    fact.StockReturned: _returned,
    fact.WaitlistJoined: _joined,
    fact.WaitlistServed: _left,
    fact.WaitlistLeft: _left,
}
