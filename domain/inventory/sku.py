"""The state of one SKU's stock and how recorded facts change it. Deciding is in `deciding`.

It counts, and knows who waits; it does not know who holds what. Each hold is a cart's line or an
order's, whose own stream decides that it is let go once: both always change in one append. So a
reservation costs the same however many there are.
"""

from collections.abc import Callable
from itertools import chain
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.inventory import events as fact
from domain.inventory.values import OFFERS_REMEMBERED
from domain.shared import Event


class Waiting(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Somebody who waits for `quantity` units of an offer that has `offer_quantity` in all. Of two
    who wait, whatever for, the lower `place` came first."""

    cart_id: str
    offer_id: str
    stream_id: str
    buyer_id: str
    quantity: int
    answer_seconds: int
    place: int
    offer_quantity: int | None = None


class Sku(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`queues` has who waits, by offer and cart, each queue by place: so an offer that is used up
    costs the claims of another nothing, however many wait for it. `joined` is the next place.
    `taken` has, by offer, how many units are reserved or sold of it: what an offer's own quantity
    is a limit to."""

    product_id: str = ""
    merchant_id: str = ""
    on_hand: int = 0
    reserved: int = 0
    queues: dict[str, dict[str, Waiting]] = {}
    joined: int = 0
    waiting: int = 0
    taken: dict[str, int] = {}

    @property
    def waitlist(self) -> tuple[Waiting, ...]:
        """All who wait, whoever came first first."""
        everyone = chain.from_iterable(queue.values() for queue in self.queues.values())
        return tuple(sorted(everyone, key=_place))

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


def _place(waiting: Waiting) -> int:
    return waiting.place


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
    """Who waits already keeps their place for more: it is people who came first, not units, and
    how many one person may have is the offer's to limit."""
    queue = state.queues.get(event.offer_id, {})
    before = queue.get(event.cart_id)
    waiting = Waiting(
        cart_id=event.cart_id,
        offer_id=event.offer_id,
        stream_id=event.stream_id,
        buyer_id=event.buyer_id,
        quantity=event.quantity + (before.quantity if before else 0),
        answer_seconds=event.answer_seconds,
        place=before.place if before else state.joined,
        offer_quantity=event.offer_quantity,
    )
    return replace(
        state,
        queues={**state.queues, event.offer_id: {**queue, event.cart_id: waiting}},
        joined=state.joined + 1,
        waiting=state.waiting + event.quantity,
    )


def _left(state: Sku, event: fact.WaitlistServed | fact.WaitlistLeft) -> Sku:
    """Who still waits for some of it keeps their place."""
    queue = {**state.queues.get(event.offer_id, {})}
    waiting = queue.get(event.cart_id)
    if waiting is not None and waiting.quantity > event.quantity:
        queue[event.cart_id] = replace(waiting, quantity=waiting.quantity - event.quantity)
    else:
        queue.pop(event.cart_id, None)
    queues = {**state.queues, event.offer_id: queue}
    if not queue:
        del queues[event.offer_id]
    return replace(state, queues=queues, waiting=state.waiting - event.quantity)


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
