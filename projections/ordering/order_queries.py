"""What is asked of the orders: one, a buyer's, a merchant's, a show's, and those that are due."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Select, Table, select

from domain.ordering.values import OrderStatus
from projections.columns import LAST_POSITION, due_first, place
from projections.ordering.orders import ORDERS, OrderView
from projections.projection import Seen, Views

Owner = Literal["bought", "sold", "shown"]


async def get_order(
    views: Views, order_id: str, *, min_position: int = 0
) -> Seen[OrderView | None]:
    """Raises `ProjectionBehind`."""
    await views.wait(ORDERS, min_position)
    return await views.get(ORDERS, order_id)


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """Which orders: those `bought` or `sold` by the person of this id, or of the show (`shown`).
    `min_position`: wait for it."""

    owner: Owner
    id: str
    status: OrderStatus | None = None
    stream_id: str | None = None
    min_position: int = 0


async def list_orders(
    views: Views, wanted: Listed, *, limit: int, before: int | None = None
) -> Seen[list[OrderView]]:
    """The newest first, from just behind the order whose `listed_at` is `before`.

    Raises `ProjectionBehind`.
    """
    first = place(wanted.id, 0)
    last = place(wanted.id, LAST_POSITION if before is None else before - 1)

    def build(table: Table) -> Select[Any]:
        owned = table.c[wanted.owner]
        chosen = select(table.c.view).where(owned.between(first, last))
        if wanted.status is not None:
            chosen = chosen.where(table.c.status == wanted.status)
        if wanted.stream_id is not None:
            show = (place(wanted.stream_id, 0), place(wanted.stream_id, LAST_POSITION))
            chosen = chosen.where(table.c.shown.between(*show))
        return chosen.order_by(owned.desc()).limit(limit)

    await views.wait(ORDERS, wanted.min_position)
    return await views.select(ORDERS, build)


async def orders_of(views: Views, order_ids: Collection[str]) -> Seen[dict[str, OrderView]]:
    """Those that are known, by id. Raises `ProjectionBehind`."""
    seen = await views.select(
        ORDERS, lambda table: select(table.c.view).where(table.c.key.in_(order_ids))
    )
    return Seen({view.id: view for view in seen.value}, seen.position)


async def due_orders(
    views: Views, now: datetime, *, limit: int, after: tuple[datetime, str] | None = None
) -> list[OrderView]:
    """Unpaid ones whose time is over, the longest overdue first; see `due_first`. Raises
    `ProjectionBehind`."""
    found = await views.select(ORDERS, lambda table: due_first(table, now, after).limit(limit))
    return found.value
