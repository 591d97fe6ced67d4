"""Which cart is whose, and what the clock has to know of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from application.handling import Handlers, on_one_stream
from application.ports import DerivedId
from domain.ordering.carting import CART
from domain.ordering.commands import RefuseClaim


def cart_id(derived_id: DerivedId, stream_id: str, buyer_id: str) -> str:
    """One a buyer and show, for ever."""
    return derived_id("cart", stream_id, buyer_id)


class DueCart(msgspec.Struct, frozen=True, kw_only=True):
    """A cart that holds something of these `skus` beyond its time, which was `due_at`, by its facts
    up to this log `position`."""

    cart_id: str
    skus: tuple[str, ...]
    due_at: datetime
    position: int


class CartIndex(Protocol):
    """Finds carts by time, eventually consistent: what is let go, the cart itself decides."""

    async def due(
        self, now: datetime, *, limit: int, after: tuple[datetime, str] | None = None
    ) -> Sequence[DueCart]:
        """Those whose holds are over, the longest overdue first, then by id; beyond the time
        and id `after`."""
        ...


def _cart_id(command: RefuseClaim) -> str:
    return command.cart_id


HANDLERS: Handlers = {RefuseClaim: on_one_stream(CART, _cart_id)}
