"""What a cart answers to commands, and what claims, orders and the clock do to it. Pure.

The functions that take a `Cart` are to be decided in one append with the stock they speak of.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

import msgspec

from domain.ordering import commands as ask
from domain.ordering import errors
from domain.ordering import events as fact
from domain.ordering.cart import Cart, CartLine, evolve
from domain.ordering.values import LINES_AT_MOST, QUANTITY_AT_MOST, OrderLine
from domain.shared import Command, Decider, Event, Market, Money

Facts = tuple[Event, ...]


class Show(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The show a cart belongs to."""

    host_id: str
    market: Market


class Item(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An offer as a cart has to know it. `per_customer`: None is as many as they like."""

    offer_id: str
    sku: str
    code: str
    price: Money
    per_customer: int | None = None


def decide(state: Cart, command: Command) -> Facts:
    """Raises a `DomainError` when refused, `TypeError` for a command of another context."""
    decision = DECISIONS.get(type(command))
    if decision is None:
        raise TypeError(f"a cart does not decide {type(command).__name__} alone")
    return decision(state, command)


def after(state: Cart, facts: Facts) -> Cart:
    """What the next step of the same decision goes on from."""
    return reduce(evolve, facts, state)


def refuse_strangers(state: Cart, command: ask.CartCommand) -> None:
    """Raises `NotTheBuyerError`."""
    if state.buyer_id not in {"", command.buyer_id}:
        raise errors.NotTheBuyerError()


def refuse_beyond_limits(state: Cart, item: Item, quantity: int) -> None:
    """Whether the cart can take so many more, wherever they come from. Raises
    `QuantityOutOfRangeError`, `LimitPerCustomerError`, `CartFullError`."""
    line = state.line(item.offer_id)
    in_cart = line.quantity + line.waiting
    if not 1 <= quantity <= QUANTITY_AT_MOST - in_cart:
        raise errors.QuantityOutOfRangeError(field="quantity", least=1, most=QUANTITY_AT_MOST)
    if item.per_customer is not None and line.claimed + quantity > item.per_customer:
        raise errors.LimitPerCustomerError(limit=item.per_customer, has=line.claimed)
    if not in_cart and _different_items(state) >= LINES_AT_MOST:
        raise errors.CartFullError(limit=LINES_AT_MOST)


def claim(state: Cart, command: ask.ClaimItem, show: Show, item: Item) -> Facts:
    """That so many more are wanted. What becomes of them, `hold`, `put_aside` and `wait` add."""
    claimed = fact.ItemClaimed(
        buyer_id=command.buyer_id,
        stream_id=command.stream_id,
        offer_id=item.offer_id,
        sku=item.sku,
        code=item.code,
        price=item.price,
        quantity=command.quantity,
        source=command.source,
        message_id=command.message_id,
        parser=command.parser,
        comment=command.comment,
    )
    if state.buyer_id:
        return (claimed,)
    opened = fact.CartOpened(
        buyer_id=command.buyer_id,
        stream_id=command.stream_id,
        host_id=show.host_id,
        market=show.market,
    )
    return (opened, claimed)


def hold(state: Cart, offer_id: str, quantity: int, until: datetime, *, waited: bool) -> Facts:
    """All that is held of the offer is held until then, and never shorter than it was. Nothing
    where `quantity` is 0."""
    if not quantity:
        return ()
    held_until = state.line(offer_id).held_until
    return (
        fact.ItemHeld(
            buyer_id=state.buyer_id,
            stream_id=state.stream_id,
            offer_id=offer_id,
            quantity=quantity,
            held_until=until if held_until is None else max(until, held_until),
            waited=waited,
        ),
    )


def put_aside(state: Cart, offer_id: str, quantity: int) -> Facts:
    return (
        fact.ItemPutAside(
            buyer_id=state.buyer_id,
            stream_id=state.stream_id,
            offer_id=offer_id,
            quantity=quantity,
        ),
    )


def wait(state: Cart, offer_id: str, quantity: int) -> Facts:
    """Nothing where `quantity` is 0."""
    if not quantity:
        return ()
    return (
        fact.ItemWaitlisted(
            buyer_id=state.buyer_id,
            stream_id=state.stream_id,
            offer_id=offer_id,
            quantity=quantity,
        ),
    )


def take_out(state: Cart, offer_id: str, quantity: int) -> tuple[fact.ItemReleased, ...]:
    """So many less, of those in the cart: what is waited for goes first, then what is only put
    aside, then what is held. Raises `NotInCartError` where nothing of it was ever claimed."""
    line = state.lines.get(offer_id)
    if line is None:
        raise errors.NotInCartError(offer_id=offer_id)
    waiting = min(quantity, line.waiting)
    aside = min(quantity - waiting, line.aside)
    held = min(quantity - waiting - aside, line.held)
    if not waiting + aside + held:
        return ()
    return (
        fact.ItemReleased(
            buyer_id=state.buyer_id,
            stream_id=state.stream_id,
            offer_id=offer_id,
            held=held,
            aside=aside,
            waiting=waiting,
        ),
    )


def is_over(line: CartLine, now: datetime) -> bool:
    """Whether what is held of it is beyond its time."""
    return bool(line.held) and line.held_until is not None and line.held_until <= now


def expire_holds(state: Cart, now: datetime) -> tuple[fact.HoldExpired, ...]:
    """What is held beyond its time, in the order it was first claimed."""
    return tuple(
        fact.HoldExpired(
            buyer_id=state.buyer_id,
            stream_id=state.stream_id,
            offer_id=offer_id,
            quantity=line.held,
        )
        for offer_id, line in state.lines.items()
        if is_over(line, now)
    )


def end_waiting(state: Cart) -> tuple[fact.WaitEnded, ...]:
    return tuple(
        fact.WaitEnded(
            buyer_id=state.buyer_id,
            stream_id=state.stream_id,
            offer_id=offer_id,
            quantity=line.waiting,
        )
        for offer_id, line in state.lines.items()
        if line.waiting
    )


def order_items(state: Cart, order_id: str, now: datetime) -> tuple[fact.ItemOrdered, ...]:
    """All that is in the cart and not only waited for, in the order it was first claimed: of each
    offer first what is held, then what is put aside, which has no hold yet.

    Raises `CartEmptyError`; `HoldExpiredError` where a hold's time is over, whether or not it was
    let go already and nothing else is left.
    """
    items = [
        fact.ItemOrdered(
            buyer_id=state.buyer_id,
            stream_id=state.stream_id,
            offer_id=offer_id,
            order_id=order_id,
            quantity=quantity,
            held=held,
        )
        for offer_id, line in state.lines.items()
        for quantity, held in ((line.held, True), (line.aside, False))
        if quantity
    ]
    late = any(is_over(line, now) for line in state.lines.values())
    if late or (not items and any(line.lapsed for line in state.lines.values())):
        raise errors.HoldExpiredError()
    if not items:
        raise errors.CartEmptyError()
    return tuple(items)


def give_back(
    state: Cart, order_id: str, lines: tuple[OrderLine, ...]
) -> tuple[fact.ItemGivenBack, ...]:
    """The order of these lines came to nothing: they count towards no limit any more."""
    return tuple(
        fact.ItemGivenBack(
            buyer_id=state.buyer_id,
            stream_id=state.stream_id,
            offer_id=line.offer_id,
            order_id=order_id,
            quantity=line.quantity,
        )
        for line in lines
    )


def seconds_from(now: datetime, seconds: int) -> datetime:
    return now + timedelta(seconds=seconds)


def _different_items(state: Cart) -> int:
    return sum(1 for line in state.lines.values() if line.quantity + line.waiting)


def _refuse(_state: Cart, command: ask.RefuseClaim) -> Facts:
    return (
        fact.ClaimRefused(
            buyer_id=command.buyer_id,
            stream_id=command.stream_id,
            refusal=command.refusal,
            offer_code=command.offer_code,
            quantity=command.quantity,
            message_id=command.message_id,
            parser=command.parser,
            comment=command.comment,
            numbers=command.numbers,
        ),
    )


DECISIONS: dict[type[Command], Callable[[Cart, Any], Facts]] = {ask.RefuseClaim: _refuse}

CART: Decider[Cart] = Decider(category="cart", initial=Cart(), decide=decide, evolve=evolve)
