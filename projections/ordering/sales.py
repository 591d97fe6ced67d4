"""What a show sells: in all, and minute by minute. Item by item, `item_sales` has it.

Claimed, paid and net of refunds are different sums and never mixed. What is only ordered counts as
neither sold nor paid.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Column, Select, Table, select

from domain.ordering import events as fact
from domain.shared import Event, Recorded
from projections.columns import LAST_POSITION, ascii_text, place
from projections.projection import Seen, TableProjection, Views

_MINUTE_US = 60_000_000


class ShowSales(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A show in all. Amounts are minor units of its market's currency: `paid` is what came in,
    `refunded` what is due back of it. `buyers` have a cart in it."""

    stream_id: str
    position: int = 0
    buyers: int = 0
    refused_claims: int = 0
    orders: int = 0
    orders_paid: int = 0
    orders_cancelled: int = 0
    orders_expired: int = 0
    paid: int = 0
    refunded: int = 0


Fold = Callable[[ShowSales, Any], ShowSales]


def _refused(view: ShowSales, _event: fact.ClaimRefused) -> ShowSales:
    return replace(view, refused_claims=view.refused_claims + 1)


def _opened(view: ShowSales, _event: fact.CartOpened) -> ShowSales:
    return replace(view, buyers=view.buyers + 1)


def _placed(view: ShowSales, _event: fact.OrderPlaced) -> ShowSales:
    return replace(view, orders=view.orders + 1)


def _paid(view: ShowSales, event: fact.OrderPaid) -> ShowSales:
    return replace(view, orders_paid=view.orders_paid + 1, paid=view.paid + event.amount.amount)


def _cancelled(view: ShowSales, _event: fact.OrderCancelled) -> ShowSales:
    return replace(view, orders_cancelled=view.orders_cancelled + 1)


def _expired(view: ShowSales, _event: fact.OrderExpired) -> ShowSales:
    return replace(view, orders_expired=view.orders_expired + 1)


def _refunded(view: ShowSales, event: fact.RefundDue) -> ShowSales:
    return replace(view, refunded=view.refunded + event.amount.amount)


FOLDS: dict[type[Event], Fold] = {
    fact.CartOpened: _opened,
    fact.ClaimRefused: _refused,
    fact.OrderPlaced: _placed,
    fact.OrderPaid: _paid,
    fact.OrderCancelled: _cancelled,
    fact.OrderExpired: _expired,
    fact.RefundDue: _refunded,
}


def _fold(view: ShowSales | None, recorded: Recorded) -> ShowSales:
    event = recorded.event
    before = view or ShowSales(stream_id=_show(recorded))
    return replace(FOLDS[type(event)](before, event), position=recorded.position)


def _show(recorded: Recorded) -> str:
    return str(getattr(recorded.event, "stream_id", ""))


SHOW_SALES = TableProjection(
    name="show_sales",
    version=1,
    view=ShowSales,
    types=frozenset(event.tag for event in FOLDS),
    key=_show,
    fold=_fold,
)


class MinuteSales(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A minute of a show in which something was claimed, ordered or paid. `minute` counts from
    1970, by the log's clock; `claimed` is units, the amounts minor units as in `ShowSales`."""

    stream_id: str
    minute: int
    claimed: int = 0
    claimed_amount: int = 0
    orders: int = 0
    paid: int = 0
    refunded: int = 0


def _claimed_then(view: MinuteSales, event: fact.ItemClaimed) -> MinuteSales:
    return replace(
        view,
        claimed=view.claimed + event.quantity,
        claimed_amount=view.claimed_amount + event.quantity * event.price.amount,
    )


def _placed_then(view: MinuteSales, _event: fact.OrderPlaced) -> MinuteSales:
    return replace(view, orders=view.orders + 1)


def _paid_then(view: MinuteSales, event: fact.OrderPaid) -> MinuteSales:
    return replace(view, paid=view.paid + event.amount.amount)


def _refunded_then(view: MinuteSales, event: fact.RefundDue) -> MinuteSales:
    return replace(view, refunded=view.refunded + event.amount.amount)


MINUTE_FOLDS: dict[type[Event], Callable[[MinuteSales, Any], MinuteSales]] = {
    fact.ItemClaimed: _claimed_then,
    fact.OrderPlaced: _placed_then,
    fact.OrderPaid: _paid_then,
    fact.RefundDue: _refunded_then,
}


def _fold_minute(view: MinuteSales | None, recorded: Recorded) -> MinuteSales:
    event = recorded.event
    before = view or MinuteSales(stream_id=_show(recorded), minute=_minute(recorded))
    return MINUTE_FOLDS[type(event)](before, event)


def _minute(recorded: Recorded) -> int:
    return recorded.recorded_us // _MINUTE_US


def _show_and_minute(recorded: Recorded) -> str:
    return place(_show(recorded), _minute(recorded))


def _minute_row(view: MinuteSales) -> Mapping[str, Any]:
    return {"place": place(view.stream_id, view.minute)}


SALES_MINUTES = TableProjection(
    name="sales_minutes",
    version=1,
    view=MinuteSales,
    types=frozenset(event.tag for event in MINUTE_FOLDS),
    key=_show_and_minute,
    fold=_fold_minute,
    columns=(Column("place", ascii_text(96), nullable=False, index=True),),
    row=_minute_row,
)


async def sales_of_show(views: Views, stream_id: str, *, min_position: int = 0) -> Seen[ShowSales]:
    """Empty where nothing was claimed. Raises `ProjectionBehind`."""
    await views.wait(SHOW_SALES, min_position)
    seen = await views.get(SHOW_SALES, stream_id)
    return Seen(seen.value or ShowSales(stream_id=stream_id), seen.position)


async def minutes_of_show(
    views: Views, stream_id: str, *, limit: int, before: int | None = None, min_position: int = 0
) -> Seen[list[MinuteSales]]:
    """The latest first, from just before the minute `before`. Raises `ProjectionBehind`."""
    last = LAST_POSITION if before is None else before - 1

    def build(table: Table) -> Select[Any]:
        found = table.c.place
        chosen = select(table.c.view).where(
            found.between(place(stream_id, 0), place(stream_id, last))
        )
        return chosen.order_by(found.desc()).limit(limit)

    await views.wait(SALES_MINUTES, min_position)
    return await views.select(SALES_MINUTES, build)
