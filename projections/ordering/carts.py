"""What is in a buyer's cart, and which carts hold something beyond its time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, String

from domain.ordering import events as fact
from domain.ordering.cart import CHANGES, Cart, evolve
from domain.shared import Recorded
from projections.columns import ascii_text, due_first, microseconds
from projections.projection import Seen, TableProjection, Views


class CartView(msgspec.Struct, frozen=True, kw_only=True):
    """The cart as it decides on itself, which is all there is to tell of it: ids, no words."""

    id: str
    cart: Cart
    version: int
    position: int

    @property
    def due_at(self) -> datetime | None:
        """When the first of its holds is over."""
        held = (line.held_until for line in self.cart.lines.values() if line.held)
        return min((until for until in held if until is not None), default=None)


def _fold(view: CartView | None, recorded: Recorded) -> CartView:
    if view is None and not isinstance(recorded.event, fact.CartOpened):
        raise ValueError("a cart begins by being opened")
    cart = evolve(Cart() if view is None else view.cart, recorded.event)
    return CartView(
        id=recorded.entity_id, cart=cart, version=recorded.version, position=recorded.position
    )


def _cart_id(recorded: Recorded) -> str:
    return recorded.entity_id


def _row(view: CartView) -> Mapping[str, Any]:
    due_at = view.due_at
    return {
        "buyer_id": view.cart.buyer_id,
        "stream_id": view.cart.stream_id,
        "due_us": None if due_at is None else microseconds(due_at),
    }


CARTS = TableProjection(
    name="carts",
    version=1,
    view=CartView,
    types=frozenset(event.tag for event in CHANGES),
    key=_cart_id,
    fold=_fold,
    begins=frozenset({fact.CartOpened.tag}),
    columns=(
        Column("buyer_id", String(255), nullable=False, index=True),
        Column("stream_id", ascii_text(64), nullable=False, index=True),
        Column("due_us", BigInteger, nullable=True, index=True),
    ),
    row=_row,
)


async def get_cart(views: Views, cart_id: str, *, min_position: int = 0) -> Seen[CartView | None]:
    """Its buyer's alone. Raises `ProjectionBehind`."""
    await views.wait(CARTS, min_position)
    return await views.get(CARTS, cart_id)


async def list_due(
    views: Views, now: datetime, *, limit: int, after: tuple[datetime, str] | None = None
) -> list[CartView]:
    """Those that hold something beyond its time, the longest overdue first; see `due_first`."""
    found = await views.select(CARTS, lambda table: due_first(table, now, after).limit(limit))
    return found.value
