"""What becomes of an order: cancelled, sent, delivered, returned."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, post
from litestar.params import JSONBody

from application.ordering.answers import ReturnAnswer, StatusAnswer
from domain.ordering import commands as ask
from domain.ordering.values import (
    LINES_AT_MOST,
    QUANTITY_AT_MOST,
    REASON_CHARACTERS,
    ReceivedLine,
    ReturnedLine,
)
from infrastructure.ids import new_id
from interfaces.http.auth import REGISTERED
from interfaces.http.commands import accepted, envelope
from interfaces.http.parameters import UUID, Id
from interfaces.http.request import ApiRequest
from interfaces.http.shop.selling import SELLER

_TAGS = ["Orders"]
_ADMIN = "admin"
Reason = Annotated[str, msgspec.Meta(max_length=REASON_CHARACTERS)]
OfferId = Annotated[str, msgspec.Meta(pattern=UUID, max_length=36)]
Units = Annotated[int, msgspec.Meta(ge=0, le=QUANTITY_AT_MOST)]


class Cancel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Reason = ""


class Ship(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    carrier: Annotated[str, msgspec.Meta(min_length=1, max_length=60, examples=["kex"])]
    tracking_number: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class LineToReturn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    offer_id: OfferId
    quantity: Annotated[int, msgspec.Meta(ge=1, le=QUANTITY_AT_MOST)]


class ReturnGoods(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    lines: Annotated[list[LineToReturn], msgspec.Meta(min_length=1, max_length=LINES_AT_MOST)]
    reason: Reason = ""


class LineReceived(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of what was announced: so many are fit to be sold again, so many are not."""

    offer_id: OfferId
    restocked: Units = 0
    written_off: Units = 0


class ReceiveGoods(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without `lines` all that was announced came, fit to be sold again."""

    lines: Annotated[list[LineReceived], msgspec.Meta(max_length=LINES_AT_MOST)] = []


@post(
    "/orders/{order_id:str}/cancel",
    access=REGISTERED,
    kind="command",
    status_code=200,
    tags=_TAGS,
    summary="Cancel an order that is not sent yet",
)
async def cancel_order(
    request: ApiRequest, order_id: Id, data: JSONBody[Cancel]
) -> Response[StatusAnswer]:
    """Its buyer may while it is unpaid, who sells it also later: then a refund is due."""
    command = ask.CancelOrder(
        **_asking(request, order_id), skus=(), cart_id="", coupon=None, reason=data.reason
    )
    orders = request.platform.services.orders
    return accepted(await orders.cancel(envelope(request, command, data)))


@post(
    "/orders/{order_id:str}/ship",
    access=SELLER,
    kind="command",
    status_code=200,
    tags=_TAGS,
    summary="A carrier has it",
)
async def ship_order(
    request: ApiRequest, order_id: Id, data: JSONBody[Ship]
) -> Response[StatusAnswer]:
    command = ask.ShipOrder(
        **_asking(request, order_id), carrier=data.carrier, tracking_number=data.tracking_number
    )
    orders = request.platform.services.orders
    return accepted(await orders.execute(envelope(request, command, data)))


@post(
    "/orders/{order_id:str}/deliver",
    access=SELLER,
    kind="command",
    status_code=200,
    tags=_TAGS,
    summary="The buyer has it",
)
async def deliver_order(request: ApiRequest, order_id: Id) -> Response[StatusAnswer]:
    """From now on its buyer may return it, for as long as the market's terms say. What is paid on
    delivery is paid."""
    command = ask.DeliverOrder(**_asking(request, order_id), return_days=0, payment_id="")
    orders = request.platform.services.orders
    return accepted(await orders.deliver(envelope(request, command)))


@post(
    "/orders/{order_id:str}/returns",
    access=REGISTERED,
    kind="command",
    status_code=201,
    tags=_TAGS,
    summary="Send goods back",
)
async def return_goods(
    request: ApiRequest, order_id: Id, data: JSONBody[ReturnGoods]
) -> Response[ReturnAnswer]:
    """Within the time its buyer has; in Taiwan seven days without a reason (Consumer Protection
    Act, article 19)."""
    lines = tuple(
        ReturnedLine(offer_id=line.offer_id, quantity=line.quantity) for line in data.lines
    )
    command = ask.RequestReturn(
        **_asking(request, order_id), return_id=new_id(), lines=lines, reason=data.reason
    )
    orders = request.platform.services.orders
    return accepted(await orders.execute(envelope(request, command, data)), status=201)


@post(
    "/orders/{order_id:str}/returns/{return_id:str}/receive",
    access=SELLER,
    kind="command",
    status_code=200,
    tags=_TAGS,
    summary="What was sent back is here",
)
async def receive_goods(
    request: ApiRequest, order_id: Id, return_id: Id, data: JSONBody[ReceiveGoods]
) -> Response[ReturnAnswer]:
    """What is fit to be sold is in stock again; the share paid for it is to be refunded."""
    command = ask.ReceiveReturn(
        **_asking(request, order_id), return_id=return_id, skus=(), lines=_received(data)
    )
    orders = request.platform.services.orders
    return accepted(await orders.receive_back(envelope(request, command, data)))


@post(
    "/orders/{order_id:str}/uncollected",
    access=SELLER,
    kind="command",
    status_code=200,
    tags=_TAGS,
    summary="The parcel came back: nobody took it in",
)
async def receive_uncollected(
    request: ApiRequest, order_id: Id, data: JSONBody[ReceiveGoods]
) -> Response[StatusAnswer]:
    """What is fit to be sold is in stock again. Goods that were paid are to be refunded, sending
    them is not; what was to be paid at the door never was."""
    command = ask.ReceiveUncollected(
        **_asking(request, order_id), return_id=new_id(), skus=(), lines=_received(data)
    )
    orders = request.platform.services.orders
    return accepted(await orders.receive_back(envelope(request, command, data)))


def _received(data: ReceiveGoods) -> tuple[ReceivedLine, ...]:
    return tuple(
        ReceivedLine(offer_id=line.offer_id, restocked=line.restocked, written_off=line.written_off)
        for line in data.lines
    )


def _asking(request: ApiRequest, order_id: str) -> dict[str, Any]:
    """Who asks. Whether it is theirs to ask is for the order to say."""
    caller = request.caller
    return {
        "order_id": order_id,
        "by": caller.user_id,
        "now": datetime.now(UTC),
        "as_staff": _ADMIN in caller.roles,
    }


ROUTES = [cancel_order, ship_order, deliver_order, return_goods, receive_goods, receive_uncollected]
