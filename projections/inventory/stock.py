"""How much there is of a SKU: for its merchant, and beside what is offered."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Column, String, select

from domain.inventory import events as fact
from domain.shared import Event, Recorded
from projections.columns import ascii_text
from projections.projection import Seen, TableProjection, Views


class StockView(msgspec.Struct, frozen=True, kw_only=True):
    """reserved + available = on hand; `waiting` are units that people wait for."""

    sku: str
    product_id: str
    merchant_id: str
    position: int
    on_hand: int = 0
    reserved: int = 0
    available: int = 0
    waiting: int = 0


Changes = dict[type[Event], Callable[[Any], tuple[int, int]]]

# What a fact adds to what is on hand, and to what is reserved of it.
_CHANGES: Changes = {
    fact.StockReceived: lambda event: (event.quantity, 0),
    fact.StockAdjusted: lambda event: (event.quantity, 0),
    fact.StockReserved: lambda event: (0, event.quantity),
    fact.StockCommitted: lambda event: (-event.quantity, -event.quantity),
    fact.ReservationReleased: lambda event: (0, -event.quantity),
    fact.ReservationExpired: lambda event: (0, -event.quantity),
    fact.StockReturned: lambda event: (event.quantity, 0),
    fact.StockWrittenOff: lambda event: (0, 0),
    fact.WaitlistJoined: lambda event: (0, 0),
    fact.WaitlistServed: lambda event: (0, 0),
    fact.WaitlistLeft: lambda event: (0, 0),
}


def _fold(view: StockView | None, recorded: Recorded) -> StockView:
    event = recorded.event
    if isinstance(event, fact.SkuRegistered):
        return StockView(
            sku=recorded.entity_id,
            product_id=event.product_id,
            merchant_id=event.merchant_id,
            position=recorded.position,
        )
    if view is None or not isinstance(event, fact.StockFact):
        raise ValueError("a SKU begins by being registered")
    on_hand, reserved = _CHANGES[type(event)](event)
    return replace(
        view,
        on_hand=view.on_hand + on_hand,
        reserved=view.reserved + reserved,
        available=event.available,
        waiting=event.waiting,
        position=recorded.position,
    )


def _sku(recorded: Recorded) -> str:
    return recorded.entity_id


def _row(view: StockView) -> Mapping[str, Any]:
    unserved = view.sku if view.available > 0 and view.waiting > 0 else None
    return {"sku": view.sku, "merchant_id": view.merchant_id, "unserved": unserved}


STOCK = TableProjection(
    name="stock",
    version=2,
    view=StockView,
    types=frozenset({fact.SkuRegistered.tag, *(event.tag for event in _CHANGES)}),
    key=_sku,
    fold=_fold,
    begins=frozenset({fact.SkuRegistered.tag}),
    columns=(
        Column("sku", ascii_text(64), nullable=False, index=True),
        Column("merchant_id", String(255), nullable=False, index=True),
        Column("unserved", ascii_text(64), nullable=True, index=True),
    ),
    row=_row,
)


async def get_stock(views: Views, sku: str, *, min_position: int = 0) -> Seen[StockView | None]:
    """Raises `ProjectionBehind`."""
    await views.wait(STOCK, min_position)
    return await views.get(STOCK, sku)


async def list_stock(
    views: Views, merchant_id: str, *, limit: int, after: str = "", min_position: int = 0
) -> Seen[list[StockView]]:
    """What a merchant has, by SKU, beyond `after`. Raises `ProjectionBehind`."""
    await views.wait(STOCK, min_position)
    return await views.select(
        STOCK,
        lambda table: (
            select(table.c.view)
            .where(table.c.merchant_id == merchant_id, table.c.sku > after)
            .order_by(table.c.sku)
            .limit(limit)
        ),
    )


async def list_unserved(views: Views, *, limit: int, after: str = "") -> list[str]:
    """SKUs beyond `after` that have units while somebody waits for some, in order. Raises
    `ProjectionBehind`."""
    found = await views.select(
        STOCK,
        lambda table: (
            select(table.c.view)
            .where(table.c.unserved > after)
            .order_by(table.c.unserved)
            .limit(limit)
        ),
    )
    return [view.sku for view in found.value]
