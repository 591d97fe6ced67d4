"""What a buyer is told in the room of what became of their claims and orders; nobody else is."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from domain.ordering import events as fact
from domain.shared import Event, Money, Recorded
from projections.chat.frames import RoomFrame

REFUSED = "refused"
_encode = msgspec.json.Encoder().encode


class _Order(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="order", omit_defaults=True):
    """`status` says what became of a claim (with `cart_id`) or an order (with `order_id`).
    `numbers` fill the words for a refusal's `code`."""

    status: str
    cart_id: str | None = None
    order_id: str | None = None
    offer_id: str | None = None
    quantity: int | None = None
    held_until: datetime | None = None
    waited: bool = False
    code: str | None = None
    numbers: dict[str, int] = {}
    offer_code: str | None = None
    message_id: str | None = None
    number: str | None = None
    total: Money | None = None
    expires_at: datetime | None = None
    carrier: str | None = None
    tracking_number: str | None = None
    amount: Money | None = None
    position: int


_Told = Callable[[Any], dict[str, Any]]
_Make = Callable[[Recorded, Any], RoomFrame]


def _of_cart(status: str, told: _Told) -> _Make:
    return _making("cart_id", status, told)


def _of_order(status: str, told: _Told = lambda _event: {}) -> _Make:
    return _making("order_id", status, told)


def _making(whose: str, status: str, told: _Told) -> _Make:
    def make(recorded: Recorded, event: Any) -> RoomFrame:
        known: dict[str, Any] = {whose: recorded.entity_id, **told(event)}
        body = _Order(status=status, position=recorded.position, **known)
        return RoomFrame(
            room=event.stream_id,
            position=recorded.position,
            kind=REFUSED if status == REFUSED else "order",
            body=msgspec.Raw(_encode(body)),
            sent_us=recorded.recorded_us,
            user_id=event.buyer_id,
            hidden=True,
        )

    return make


def _units(event: Any) -> dict[str, Any]:
    return {"offer_id": event.offer_id, "quantity": event.quantity}


def _held(event: fact.ItemHeld) -> dict[str, Any]:
    return {**_units(event), "held_until": event.held_until, "waited": event.waited}


def _released(event: fact.ItemReleased) -> dict[str, Any]:
    gone = event.held + event.aside + event.waiting
    return {"offer_id": event.offer_id, "quantity": gone}


def _refused(event: fact.ClaimRefused) -> dict[str, Any]:
    return {
        "code": event.refusal,
        "numbers": event.numbers,
        "offer_code": event.offer_code,
        "quantity": event.quantity,
        "message_id": event.message_id,
    }


def _placed(event: fact.OrderPlaced) -> dict[str, Any]:
    return {
        "number": event.number,
        "total": event.totals.total,
        "expires_at": event.expires_at,
    }


def _grown(event: fact.ItemsAddedToOrder) -> dict[str, Any]:
    return {"total": event.totals.total, "expires_at": event.expires_at}


def _shipped(event: fact.OrderShipped) -> dict[str, Any]:
    return {"carrier": event.carrier, "tracking_number": event.tracking_number}


def _amount(event: fact.OrderPaid | fact.RefundDue) -> dict[str, Any]:
    return {"amount": event.amount}


MAKES: dict[type[Event], _Make] = {
    fact.ItemHeld: _of_cart("held", _held),
    fact.ItemPutAside: _of_cart("put_aside", _units),
    fact.ItemWaitlisted: _of_cart("waitlisted", _units),
    fact.HoldExpired: _of_cart("hold_expired", _units),
    fact.ItemReleased: _of_cart("released", _released),
    fact.WaitEnded: _of_cart("wait_ended", _units),
    fact.ClaimRefused: _of_cart(REFUSED, _refused),
    fact.OrderPlaced: _of_order("placed", _placed),
    fact.ItemsAddedToOrder: _of_order("items_added", _grown),
    fact.OrderPaid: _of_order("paid", _amount),
    fact.OrderConfirmed: _of_order("confirmed"),
    fact.OrderCancelled: _of_order("cancelled"),
    fact.OrderExpired: _of_order("expired"),
    fact.OrderShipped: _of_order("shipped", _shipped),
    fact.OrderDelivered: _of_order("delivered"),
    fact.OrderUncollected: _of_order("returned"),
    fact.OrderReturned: _of_order("returned"),
    fact.RefundDue: _of_order("refund_due", _amount),
}
