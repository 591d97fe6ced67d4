"""What a person claimed and ordered, for the document of everything held on them."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace

from domain.ordering import events as fact
from domain.ordering.values import OrderLine, Store, Totals
from domain.shared import Money, Recorded


class ExportedClaim(msgspec.Struct, frozen=True, kw_only=True):
    """What they wanted. `refusal` is the code of why they did not get it; `comment` what they
    wrote, where they claimed in the chat."""

    stream_id: str
    code: str
    quantity: int
    claimed_at: datetime
    price: Money | None = None
    comment: str = ""
    refusal: str | None = None


class ExportedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """As it was placed, with what joined it later. What became of it is among the events."""

    id: str
    number: str
    stream_id: str
    placed_at: datetime
    lines: tuple[OrderLine, ...]
    totals: Totals
    payment_method: str
    shipping_method: str
    recipient: str
    phone: str
    address: str
    store: Store | None

    def __repr__(self) -> str:
        return f"ExportedOrder(id={self.id!r}, …)"


def exported_claims(events: Sequence[Recorded], user_id: str) -> tuple[ExportedClaim, ...]:
    return tuple(
        _claim(one, one.event)
        for one in events
        if isinstance(one.event, fact.ItemClaimed | fact.ClaimRefused)
        and one.event.buyer_id == user_id
    )


def exported_orders(events: Sequence[Recorded], user_id: str) -> tuple[ExportedOrder, ...]:
    orders: dict[str, ExportedOrder] = {}
    for one in events:
        event = one.event
        if isinstance(event, fact.OrderPlaced) and event.buyer_id == user_id:
            orders[one.entity_id] = _order(one, event)
        elif isinstance(event, fact.ItemsAddedToOrder) and one.entity_id in orders:
            placed = orders[one.entity_id]
            lines = (*placed.lines, *event.lines)
            orders[one.entity_id] = replace(placed, lines=lines, totals=event.totals)
    return tuple(orders.values())


def _claim(recorded: Recorded, event: fact.ItemClaimed | fact.ClaimRefused) -> ExportedClaim:
    claim = ExportedClaim(
        stream_id=event.stream_id,
        code="",
        quantity=event.quantity,
        claimed_at=recorded.recorded_at,
        comment=event.comment,
    )
    if isinstance(event, fact.ItemClaimed):
        return replace(claim, code=event.code, price=event.price)
    return replace(claim, code=event.offer_code, refusal=event.refusal)


def _order(recorded: Recorded, event: fact.OrderPlaced) -> ExportedOrder:
    return ExportedOrder(
        id=recorded.entity_id,
        number=event.number,
        stream_id=event.stream_id,
        placed_at=recorded.recorded_at,
        lines=event.lines,
        totals=event.totals,
        payment_method=event.payment_method,
        shipping_method=event.shipping_method,
        recipient=event.recipient,
        phone=event.phone,
        address=event.address,
        store=event.store,
    )
