"""The expiry's `OrderIndex`, read from the projection `orders`."""

from collections.abc import Sequence
from datetime import datetime

from application.ordering.due_orders import DueOrder
from projections.ordering.order_queries import due_orders
from projections.ordering.orders import OrderView
from projections.projection import Views


class ProjectedOrderIndex:
    def __init__(self, views: Views) -> None:
        self._views = views

    async def due(
        self, now: datetime, *, limit: int, after: tuple[datetime, str] | None = None
    ) -> Sequence[DueOrder]:
        found = await due_orders(self._views, now, limit=limit, after=after)
        return [_due(view) for view in found]


def _due(view: OrderView) -> DueOrder:
    return DueOrder(
        order_id=view.id,
        cart_id=view.cart_id,
        skus=tuple(sorted({line.sku for line in view.lines})),
        coupon=view.coupon,
        due_at=view.expires_at or view.placed_at,
        position=view.position,
    )
