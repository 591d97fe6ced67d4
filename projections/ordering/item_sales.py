"""What is sold of each offer: claimed by buyers, reserved for them, sold, and sent back.

What is claimed the carts tell, the rest the stock: it changes in the same appends as orders do.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Column, Select, Table, select

from domain.inventory import events as stock
from domain.ordering import events as cart
from domain.shared import Event, Language, Money, Recorded
from domain.showcase import events as showcase
from domain.showcase.values import OFFERS_AT_MOST
from projections.columns import LAST_POSITION, ascii_text, place
from projections.projection import Seen, TableProjection, Views


class ItemSales(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An offer of a show, in units: `claimed` is all that was ever asked for, `reserved` and
    `waiting` what is so now, `sold` what was paid or confirmed and not given back, `returned` what
    came back after it was sent. `price` is of one unit."""

    offer_id: str
    stream_id: str
    sku: str
    code: str
    titles: dict[Language, str]
    options: dict[str, str]
    price: Money
    listed_at: int
    position: int
    claimed: int = 0
    reserved: int = 0
    waiting: int = 0
    sold: int = 0
    returned: int = 0


Fold = Callable[[ItemSales, Any], ItemSales]


def _revised(view: ItemSales, event: showcase.OfferRevised) -> ItemSales:
    terms = event.terms
    return replace(
        view, code=terms.code, titles=terms.titles, options=terms.options, price=terms.price
    )


def _claimed(view: ItemSales, event: cart.ItemClaimed) -> ItemSales:
    return replace(view, claimed=view.claimed + event.quantity)


def _reserved(view: ItemSales, event: stock.StockReserved) -> ItemSales:
    return replace(view, reserved=view.reserved + event.quantity)


def _freed(
    view: ItemSales, event: stock.ReservationReleased | stock.ReservationExpired
) -> ItemSales:
    return replace(view, reserved=view.reserved - event.quantity)


def _sold(view: ItemSales, event: stock.StockCommitted) -> ItemSales:
    reserved, sold = view.reserved - event.quantity, view.sold + event.quantity
    return replace(view, reserved=reserved, sold=sold)


def _given_back(view: ItemSales, event: stock.StockReturned) -> ItemSales:
    """Of an order that was cancelled nothing was sold; what was sent and came back, was."""
    if event.return_id is None:
        return replace(view, sold=view.sold - event.quantity)
    return replace(view, returned=view.returned + event.quantity)


def _written_off(view: ItemSales, event: stock.StockWrittenOff) -> ItemSales:
    return replace(view, returned=view.returned + event.quantity)


def _waiting(view: ItemSales, event: stock.WaitlistJoined) -> ItemSales:
    return replace(view, waiting=view.waiting + event.quantity)


def _waits_no_more(view: ItemSales, event: stock.WaitlistServed | stock.WaitlistLeft) -> ItemSales:
    return replace(view, waiting=view.waiting - event.quantity)


FOLDS: dict[type[Event], Fold] = {
    showcase.OfferRevised: _revised,
    cart.ItemClaimed: _claimed,
    stock.StockReserved: _reserved,
    stock.ReservationReleased: _freed,
    stock.ReservationExpired: _freed,
    stock.StockCommitted: _sold,
    stock.StockReturned: _given_back,
    stock.StockWrittenOff: _written_off,
    stock.WaitlistJoined: _waiting,
    stock.WaitlistServed: _waits_no_more,
    stock.WaitlistLeft: _waits_no_more,
}


def _fold(view: ItemSales | None, recorded: Recorded) -> ItemSales | None:
    event = recorded.event
    if isinstance(event, showcase.OfferPrepared):
        return _prepared(recorded, event)
    if view is None:
        return None
    return replace(FOLDS[type(event)](view, event), position=recorded.position)


def _prepared(recorded: Recorded, event: showcase.OfferPrepared) -> ItemSales:
    terms = event.terms
    return ItemSales(
        offer_id=event.offer_id,
        stream_id=recorded.entity_id,
        sku=terms.sku,
        code=terms.code,
        titles=terms.titles,
        options=terms.options,
        price=terms.price,
        listed_at=recorded.position,
        position=recorded.position,
    )


def _offer(recorded: Recorded) -> str:
    return str(getattr(recorded.event, "offer_id", ""))


def _row(view: ItemSales) -> Mapping[str, Any]:
    return {"place": place(view.stream_id, view.listed_at)}


ITEM_SALES = TableProjection(
    name="item_sales",
    version=1,
    view=ItemSales,
    types=frozenset({showcase.OfferPrepared.tag, *(event.tag for event in FOLDS)}),
    key=_offer,
    fold=_fold,
    begins=frozenset({showcase.OfferPrepared.tag}),
    columns=(Column("place", ascii_text(96), nullable=False, index=True),),
    row=_row,
)


async def sales_of_items(
    views: Views, stream_id: str, *, min_position: int = 0
) -> Seen[list[ItemSales]]:
    """All offers of a show, in the order they were prepared. Raises `ProjectionBehind`."""

    def build(table: Table) -> Select[Any]:
        found = table.c.place
        chosen = select(table.c.view).where(
            found.between(place(stream_id, 0), place(stream_id, LAST_POSITION))
        )
        return chosen.order_by(found).limit(OFFERS_AT_MOST)

    await views.wait(ITEM_SALES, min_position)
    return await views.select(ITEM_SALES, build)


async def sales_of_item(
    views: Views, offer_id: str, *, min_position: int = 0
) -> Seen[ItemSales | None]:
    """Raises `ProjectionBehind`."""
    await views.wait(ITEM_SALES, min_position)
    return await views.get(ITEM_SALES, offer_id)
