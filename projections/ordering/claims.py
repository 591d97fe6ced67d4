"""Who claimed what: of each offer what every buyer wanted, has and waits for. Ids and numbers, no
words: who the buyers are, the accounts tell."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Column, Select, Table, select

from domain.ordering import events as fact
from domain.shared import Event, Money, Recorded
from projections.columns import LAST_POSITION, ascii_text, place
from projections.projection import Seen, TableProjection, Views


class ClaimView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One buyer's claims of one offer. `claimed` is all they ever asked for, in units; `held`,
    `aside`, `waiting` and `ordered` are what became of it and stands now. `order_ids` are the
    orders that have not come to nothing. `listed_at`, the first claim's position, orders lists."""

    cart_id: str
    offer_id: str
    buyer_id: str
    price: Money
    first_claimed_at: datetime
    listed_at: int
    position: int
    claimed: int = 0
    held: int = 0
    held_until: datetime | None = None
    aside: int = 0
    waiting: int = 0
    ordered: int = 0
    order_ids: tuple[str, ...] = ()


Fold = Callable[[ClaimView, Any], ClaimView]


def _claimed(view: ClaimView, event: fact.ItemClaimed) -> ClaimView:
    return replace(view, claimed=view.claimed + event.quantity)


def _held(view: ClaimView, event: fact.ItemHeld) -> ClaimView:
    waiting = view.waiting - event.quantity if event.waited else view.waiting
    held = view.held + event.quantity
    return replace(view, held=held, held_until=event.held_until, waiting=max(waiting, 0))


def _aside(view: ClaimView, event: fact.ItemPutAside) -> ClaimView:
    return replace(view, aside=view.aside + event.quantity)


def _waitlisted(view: ClaimView, event: fact.ItemWaitlisted) -> ClaimView:
    return replace(view, waiting=view.waiting + event.quantity)


def _expired(view: ClaimView, event: fact.HoldExpired) -> ClaimView:
    return _less_held(view, event.quantity)


def _released(view: ClaimView, event: fact.ItemReleased) -> ClaimView:
    left = {"aside": view.aside - event.aside, "waiting": view.waiting - event.waiting}
    return replace(_less_held(view, event.held), **left)


def _wait_ended(view: ClaimView, event: fact.WaitEnded) -> ClaimView:
    return replace(view, waiting=view.waiting - event.quantity)


def _ordered(view: ClaimView, event: fact.ItemOrdered) -> ClaimView:
    if event.held:
        view = _less_held(view, event.quantity)
    else:
        view = replace(view, aside=view.aside - event.quantity)
    others = tuple(each for each in view.order_ids if each != event.order_id)
    ordered = view.ordered + event.quantity
    return replace(view, ordered=ordered, order_ids=(*others, event.order_id))


def _given_back(view: ClaimView, event: fact.ItemGivenBack) -> ClaimView:
    left = tuple(each for each in view.order_ids if each != event.order_id)
    return replace(view, ordered=view.ordered - event.quantity, order_ids=left)


def _less_held(view: ClaimView, quantity: int) -> ClaimView:
    held = view.held - quantity
    return replace(view, held=held, held_until=view.held_until if held else None)


FOLDS: dict[type[Event], Fold] = {
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


def _fold(view: ClaimView | None, recorded: Recorded) -> ClaimView | None:
    event = recorded.event
    if view is None and isinstance(event, fact.ItemClaimed):
        view = _first(recorded, event)
    if view is None:
        return None
    return replace(FOLDS[type(event)](view, event), position=recorded.position)


def _first(recorded: Recorded, event: fact.ItemClaimed) -> ClaimView:
    return ClaimView(
        cart_id=recorded.entity_id,
        offer_id=event.offer_id,
        buyer_id=event.buyer_id,
        price=event.price,
        first_claimed_at=recorded.recorded_at,
        listed_at=recorded.position,
        position=recorded.position,
    )


def _claim(recorded: Recorded) -> str:
    return f"{recorded.entity_id}/{getattr(recorded.event, 'offer_id', '')}"


def _row(view: ClaimView) -> Mapping[str, Any]:
    return {"place": place(view.offer_id, view.listed_at)}


CLAIMS = TableProjection(
    name="claims",
    version=1,
    view=ClaimView,
    types=frozenset(event.tag for event in FOLDS),
    key=_claim,
    fold=_fold,
    columns=(Column("place", ascii_text(96), nullable=False, index=True),),
    row=_row,
)


async def claims_of_offer(
    views: Views, offer_id: str, *, limit: int, after: int = 0, min_position: int = 0
) -> Seen[list[ClaimView]]:
    """In the order they first claimed it, from just behind the claim whose `listed_at` is `after`.

    Raises `ProjectionBehind`.
    """

    def build(table: Table) -> Select[Any]:
        found = table.c.place
        chosen = select(table.c.view).where(
            found.between(place(offer_id, after + 1), place(offer_id, LAST_POSITION))
        )
        return chosen.order_by(found).limit(limit)

    await views.wait(CLAIMS, min_position)
    return await views.select(CLAIMS, build)
