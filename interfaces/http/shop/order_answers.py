"""How an order is told to who bought it and to who sold it, in the reader's language."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from domain.money import times
from domain.ordering.values import OrderLine, OrderStatus, ReceivedLine, ReturnedLine, Store
from domain.shared import Language, Market, Money
from interfaces.amounts import written
from interfaces.http.i18n import catalogue
from projections.ordering.orders import OrderView, ReturnView
from projections.ordering.story import StoryLine
from projections.translations import translated


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """So many of one offer; `total` is what they cost without the `discount`, the line's share of
    the order's. `held`: the units are kept for the buyer."""

    offer_id: str
    sku: str
    product_id: str
    code: str
    title: str
    options: dict[str, str]
    quantity: int
    price: Money
    discount: Money
    total: Money
    held: bool


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """Where it goes. Empty where the buyer's data has been erased."""

    method: str
    recipient: str
    phone: str
    address: str
    store: Store | None
    carrier: str | None
    tracking_number: str | None


class Return(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent back, what of it came, and what is due back for it."""

    id: str
    status: Literal["requested", "received"]
    lines: tuple[ReturnedLine, ...]
    reason: str
    received: tuple[ReceivedLine, ...]
    requested_at: datetime
    received_at: datetime | None
    refund: Money | None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to it; `text` says so in the reader's language."""

    code: str
    text: str
    at: datetime
    position: int


class Buyer(msgspec.Struct, frozen=True, kw_only=True):
    """`name` is null where there is no such account any more."""

    id: str
    name: str | None


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order as of log position `position`. `tax` is included in `total`; `shipping` is what
    sending it costs. Unpaid by `expires_at` it comes to nothing. `story` is oldest first."""

    id: str
    number: str
    status: OrderStatus
    stream_id: str
    market: Market
    buyer: Buyer
    cart_id: str
    lines: list[Line]
    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    tax_basis_points: int
    total: Money
    coupon: str | None
    payment_method: str
    delivery: Delivery
    placed_at: datetime
    expires_at: datetime | None
    confirmed_at: datetime | None
    paid_at: datetime | None
    paid: Money | None
    refunded: Money | None
    delivered_at: datetime | None
    returnable_until: datetime | None
    cancel_reason: str
    returns: list[Return]
    story: list[Step]
    position: int


def order(view: OrderView, names: Mapping[str, str], language: Language, *, position: int) -> Order:
    """`names` are those of buyers, by id."""
    totals = view.totals
    return Order(
        id=view.id,
        number=view.number,
        status=view.status,
        stream_id=view.stream_id,
        market=view.market,
        buyer=Buyer(id=view.buyer_id, name=names.get(view.buyer_id)),
        cart_id=view.cart_id,
        lines=[_line(line, language) for line in view.lines],
        subtotal=totals.subtotal,
        discount=totals.discount,
        shipping=totals.shipping,
        tax=totals.tax,
        tax_basis_points=totals.tax_basis_points,
        total=totals.total,
        coupon=view.coupon,
        payment_method=view.payment_method,
        delivery=_delivery(view),
        placed_at=view.placed_at,
        expires_at=view.expires_at,
        confirmed_at=view.confirmed_at,
        paid_at=view.paid_at,
        paid=view.paid,
        refunded=view.refunded,
        delivered_at=view.delivered_at,
        returnable_until=view.returnable_until,
        cancel_reason=view.cancel_reason,
        returns=[_return(each) for each in view.returns],
        story=[_step(line, language) for line in view.story],
        position=position,
    )


def _line(line: OrderLine, language: Language) -> Line:
    return Line(
        offer_id=line.offer_id,
        sku=line.sku,
        product_id=line.product_id,
        code=line.code,
        title=translated(line.titles, language),
        options=line.options,
        quantity=line.quantity,
        price=line.price,
        discount=line.discount,
        total=times(line.price, line.quantity),
        held=line.held,
    )


def _delivery(view: OrderView) -> Delivery:
    return Delivery(
        method=view.shipping_method,
        recipient=view.recipient,
        phone=view.phone,
        address=view.address,
        store=view.store,
        carrier=view.carrier,
        tracking_number=view.tracking_number,
    )


def _return(view: ReturnView) -> Return:
    return Return(
        id=view.id,
        status=view.status,
        lines=view.lines,
        reason=view.reason,
        received=view.received,
        requested_at=view.requested_at,
        received_at=view.received_at,
        refund=view.refund,
    )


def _step(line: StoryLine, language: Language) -> Step:
    fields: dict[str, Any] = {
        "amount": written(line.amount) if line.amount else "",
        "quantity": line.quantity,
        "carrier": line.carrier,
        "tracking_number": line.tracking_number,
    }
    text = catalogue().text(language, f"order_story_{line.code}", fields)
    return Step(code=line.code, text=text or line.code, at=line.at, position=line.position)
