"""What happened to an order, line by line, before it is put into anybody's language."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

import msgspec

from domain.ordering import events as fact
from domain.shared import Event, Money, Recorded

StoryCode = Literal[
    "placed",
    "items_added",
    "paid",
    "confirmed",
    "cancelled_by_buyer",
    "cancelled_by_merchant",
    "cancelled_by_system",
    "expired",
    "shipped",
    "delivered",
    "return_requested",
    "return_received",
    "returned",
    "refund_due",
]


class StoryLine(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One step. `at` is when it was recorded, `until` a deadline it set, `quantity` is units;
    what a step does not tell is left empty."""

    code: StoryCode
    at: datetime
    position: int
    quantity: int = 0
    amount: Money | None = None
    until: datetime | None = None
    method: str = ""
    carrier: str = ""
    tracking_number: str = ""


Told = dict[str, Any]


def _placed(event: fact.OrderPlaced) -> Told:
    return {"code": "placed", "amount": event.totals.total, "until": event.expires_at} | _units(
        event
    )


def _added(event: fact.ItemsAddedToOrder) -> Told:
    return {"code": "items_added", "amount": event.totals.total, "until": event.expires_at} | (
        _units(event)
    )


def _units(event: fact.OrderPlaced | fact.ItemsAddedToOrder | fact.ReturnRequested) -> Told:
    return {"quantity": sum(line.quantity for line in event.lines)}


def _paid(event: fact.OrderPaid) -> Told:
    return {"code": "paid", "amount": event.amount, "method": event.method}


def _confirmed(_event: fact.OrderConfirmed) -> Told:
    return {"code": "confirmed"}


def _cancelled(event: fact.OrderCancelled) -> Told:
    return {"code": f"cancelled_by_{event.by}"}


def _expired(_event: fact.OrderExpired) -> Told:
    return {"code": "expired"}


def _shipped(event: fact.OrderShipped) -> Told:
    return {
        "code": "shipped",
        "carrier": event.carrier,
        "tracking_number": event.tracking_number,
    }


def _delivered(event: fact.OrderDelivered) -> Told:
    return {"code": "delivered", "until": event.returnable_until}


def _return_requested(event: fact.ReturnRequested) -> Told:
    return {"code": "return_requested"} | _units(event)


def _return_received(event: fact.ReturnReceived) -> Told:
    units = sum(line.restocked + line.written_off for line in event.lines)
    return {"code": "return_received", "quantity": units}


def _uncollected(_event: fact.OrderUncollected) -> Told:
    return {"code": "uncollected"}


def _returned(_event: fact.OrderReturned) -> Told:
    return {"code": "returned"}


def _refund_due(event: fact.RefundDue) -> Told:
    return {"code": "refund_due", "amount": event.amount}


TOLD: dict[type[Event], Callable[[Any], Told]] = {
    fact.OrderPlaced: _placed,
    fact.ItemsAddedToOrder: _added,
    fact.OrderPaid: _paid,
    fact.OrderConfirmed: _confirmed,
    fact.OrderCancelled: _cancelled,
    fact.OrderExpired: _expired,
    fact.OrderShipped: _shipped,
    fact.OrderDelivered: _delivered,
    fact.ReturnRequested: _return_requested,
    fact.ReturnReceived: _return_received,
    fact.OrderUncollected: _uncollected,
    fact.OrderReturned: _returned,
    fact.RefundDue: _refund_due,
}


def story_line(recorded: Recorded) -> StoryLine:
    """Of a fact about an order."""
    told = TOLD[type(recorded.event)](recorded.event)
    return StoryLine(at=recorded.recorded_at, position=recorded.position, **told)
