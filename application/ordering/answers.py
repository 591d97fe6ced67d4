"""What those who order, pay, send and return are answered."""

from datetime import datetime

import msgspec

from domain.ordering.order import Order
from domain.ordering.pricing import paid_of
from domain.shared import Money


class LineAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`total` is what is paid for all of it, its share of the discount taken off."""

    offer_id: str
    sku: str
    code: str
    quantity: int
    price: Money
    discount: Money
    total: Money


class OrderAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An order as it stands, in full. `expires_at`: until then it waits for its payment."""

    id: str
    number: str
    status: str
    lines: tuple[LineAnswer, ...]
    subtotal: Money
    shipping: Money
    discount: Money
    tax: Money
    total: Money
    expires_at: datetime | None


class StatusAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An order, and how it stands now."""

    id: str
    number: str
    status: str


class ReturnAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A return, and the order it is of."""

    id: str
    order_id: str
    status: str
    order_status: str


def order_answer(order_id: str, order: Order) -> OrderAnswer:
    totals = order.totals
    return OrderAnswer(
        id=order_id,
        number=order.number,
        status=order.status,
        lines=tuple(
            LineAnswer(
                offer_id=line.offer_id,
                sku=line.sku,
                code=line.code,
                quantity=line.quantity,
                price=line.price,
                discount=line.discount,
                total=paid_of(line),
            )
            for line in order.lines
        ),
        subtotal=totals.subtotal,
        shipping=totals.shipping,
        discount=totals.discount,
        tax=totals.tax,
        total=totals.total,
        expires_at=order.expires_at,
    )


def status_answer(order_id: str, order: Order) -> StatusAnswer:
    return StatusAnswer(id=order_id, number=order.number, status=order.status)


def return_answer(return_id: str, order_id: str, order: Order) -> ReturnAnswer:
    returned = order.returns.get(return_id)
    received = returned is not None and returned.received is not None
    return ReturnAnswer(
        id=return_id,
        order_id=order_id,
        status="received" if received else "requested",
        order_status=order.status,
    )
