"""What the clock has to know of orders that nobody paid."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec


class DueOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that is unpaid beyond its time, which was `due_at`, and what it has taken, by its
    facts up to this log `position`."""

    order_id: str
    cart_id: str
    skus: tuple[str, ...]
    coupon: str | None
    due_at: datetime
    position: int


class OrderIndex(Protocol):
    """Finds orders by time, eventually consistent: whether one expires, it decides itself."""

    async def due(
        self, now: datetime, *, limit: int, after: tuple[datetime, str] | None = None
    ) -> Sequence[DueOrder]:
        """Those whose time to be paid is over, the longest overdue first, then by id; beyond the
        time and id `after`."""
        ...
