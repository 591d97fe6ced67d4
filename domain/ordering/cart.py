"""The state of one cart and how recorded facts change it. It is the owner of its holds: stock only
counts them. Deciding is in the deciders beside it, and where it spans contexts, in processes."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.ordering import events as fact
from domain.shared import Event, Market, Money


class CartLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Units of one offer: `held` are reserved until `held_until`, `aside` are not, `waiting` are
    not there yet, `ordered` are in orders that have not come to nothing. `lapsed`: what was held
    went back as its time was over, and nothing was held since."""

    sku: str
    code: str
    price: Money
    held: int = 0
    held_until: datetime | None = None
    aside: int = 0
    waiting: int = 0
    ordered: int = 0
    lapsed: bool = False

    @property
    def quantity(self) -> int:
        """What an order would take."""
        return self.held + self.aside

    @property
    def claimed(self) -> int:
        """What counts towards the limit per customer."""
        return self.held + self.aside + self.waiting + self.ordered


_NO_LINE = CartLine(sku="", code="", price=Money(amount=0, currency="TWD"))


class Cart(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`lines` by offer id, in the order they were first claimed. `order_id`: the last order made
    of it; whether that is still unpaid, it says itself."""

    buyer_id: str = ""
    stream_id: str = ""
    host_id: str = ""
    market: Market = "TW"
    lines: dict[str, CartLine] = {}
    order_id: str | None = None

    def line(self, offer_id: str) -> CartLine:
        """An empty one where nothing of it was ever claimed."""
        return self.lines.get(offer_id) or _NO_LINE


def evolve(state: Cart, event: Event) -> Cart:
    """A fact of a type unknown here changes nothing."""
    change = CHANGES.get(type(event))
    return state if change is None else change(state, event)


def _opened(state: Cart, event: fact.CartOpened) -> Cart:
    return replace(
        state,
        buyer_id=event.buyer_id,
        stream_id=event.stream_id,
        host_id=event.host_id,
        market=event.market,
    )


def _claimed(state: Cart, event: fact.ItemClaimed) -> Cart:
    """A line keeps the price of the last claim that found it empty."""
    line = state.lines.get(event.offer_id)
    if line is not None and line.quantity + line.waiting:
        return state
    ordered = line.ordered if line else 0
    fresh = CartLine(sku=event.sku, code=event.code, price=event.price, ordered=ordered)
    return replace(state, lines={**state.lines, event.offer_id: fresh})


def _held(state: Cart, event: fact.ItemHeld) -> Cart:
    line = state.line(event.offer_id)
    waiting = line.waiting - event.quantity if event.waited else line.waiting
    held = line.held + event.quantity
    return _with(
        state,
        event.offer_id,
        held=held,
        held_until=event.held_until,
        waiting=max(waiting, 0),
        lapsed=False,
    )


def _aside(state: Cart, event: fact.ItemPutAside) -> Cart:
    return _with(state, event.offer_id, aside=state.line(event.offer_id).aside + event.quantity)


def _waitlisted(state: Cart, event: fact.ItemWaitlisted) -> Cart:
    return _with(state, event.offer_id, waiting=state.line(event.offer_id).waiting + event.quantity)


def _expired(state: Cart, event: fact.HoldExpired) -> Cart:
    return _with(_less_held(state, event.offer_id, event.quantity), event.offer_id, lapsed=True)


def _released(state: Cart, event: fact.ItemReleased) -> Cart:
    state = _less_held(state, event.offer_id, event.held)
    line = state.line(event.offer_id)
    return _with(
        state,
        event.offer_id,
        aside=line.aside - event.aside,
        waiting=line.waiting - event.waiting,
    )


def _wait_ended(state: Cart, event: fact.WaitEnded) -> Cart:
    return _with(state, event.offer_id, waiting=state.line(event.offer_id).waiting - event.quantity)


def _ordered(state: Cart, event: fact.ItemOrdered) -> Cart:
    if event.held:
        state = _less_held(state, event.offer_id, event.quantity)
    line = state.line(event.offer_id)
    aside = line.aside if event.held else line.aside - event.quantity
    ordered = line.ordered + event.quantity
    state = _with(state, event.offer_id, aside=aside, ordered=ordered)
    return replace(state, order_id=event.order_id)


def _given_back(state: Cart, event: fact.ItemGivenBack) -> Cart:
    ordered = state.line(event.offer_id).ordered - event.quantity
    return _with(state, event.offer_id, ordered=ordered)


def _less_held(state: Cart, offer_id: str, quantity: int) -> Cart:
    line = state.line(offer_id)
    held = line.held - quantity
    return _with(state, offer_id, held=held, held_until=line.held_until if held else None)


def _with(state: Cart, offer_id: str, **changes: Any) -> Cart:
    line = replace(state.line(offer_id), **changes)
    return replace(state, lines={**state.lines, offer_id: line})


CHANGES: dict[type[Event], Callable[[Cart, Any], Cart]] = {
    fact.CartOpened: _opened,
    fact.ItemClaimed: _claimed,
    fact.ItemHeld: _held,
    fact.ItemPutAside: _aside,
    fact.ItemWaitlisted: _waitlisted,
    fact.HoldExpired: _expired,
    fact.ItemReleased: _released,
    fact.WaitEnded: _wait_ended,
    fact.ItemOrdered: _ordered,
    fact.ItemGivenBack: _given_back,
}
