"""The holds' `CartIndex`, read from the projection `carts`."""

from collections.abc import Sequence
from datetime import datetime

from application.ordering.carts import DueCart
from application.processes.holds import held_skus
from projections.ordering.carts import list_due
from projections.projection import Views


class ProjectedCartIndex:
    def __init__(self, views: Views) -> None:
        self._views = views

    async def due(
        self, now: datetime, *, limit: int, after: tuple[datetime, str] | None = None
    ) -> Sequence[DueCart]:
        return [
            DueCart(
                cart_id=view.id,
                skus=held_skus(view.cart),
                due_at=due_at,
                position=view.position,
            )
            for view in await list_due(self._views, now, limit=limit, after=after)
            if (due_at := view.due_at) is not None
        ]
