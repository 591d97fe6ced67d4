"""Checkout: what an order would come to, ordering, and paying without a provider."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, post
from litestar.params import JSONBody

from application.ordering.answers import OrderAnswer
from application.processes.purchasing import Purchase
from domain.ordering.errors import PaymentMethodError
from domain.ordering.values import Store
from domain.shared import Money
from interfaces.http.auth import REGISTERED
from interfaces.http.commands import accepted, envelope
from interfaces.http.parameters import UUID, Id
from interfaces.http.ready import ReadyResponse
from interfaces.http.request import ApiRequest

_TAGS = ["Orders"]
_CASE_INSENSITIVE_CODE = "^[A-Za-z0-9]{3,32}$"
CartId = Annotated[str, msgspec.Meta(pattern=UUID, max_length=36)]
Method = Annotated[str, msgspec.Meta(min_length=1, max_length=40, examples=["line_pay"])]
CouponCode = Annotated[str, msgspec.Meta(pattern=_CASE_INSENSITIVE_CODE, examples=["LIVE100"])]
_encode = msgspec.json.Encoder().encode


class StoreChosen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A convenience store, by its chain's id."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=20, examples=["131386"])]
    name: Annotated[str, msgspec.Meta(max_length=100)] = ""


class Shipping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To whom, and by which of the market's ways; an address, or a store, as that needs."""

    method: Annotated[str, msgspec.Meta(min_length=1, max_length=40, examples=["home"])]
    recipient: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    phone: Annotated[str, msgspec.Meta(pattern=r"^\+?[0-9][0-9 ()-]{5,24}$")]
    address: Annotated[str, msgspec.Meta(max_length=500)] = ""
    store: StoreChosen | None = None

    def __repr__(self) -> str:
        return f"Shipping(method={self.method!r}, …)"


class PlaceOrder(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """`expected_total`: another one is refused with `price_changed`."""

    cart_id: CartId
    payment_method: Method
    shipping: Shipping
    coupon: CouponCode | None = None
    expected_total: Money | None = None


class QuotedShipping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    method: Annotated[str, msgspec.Meta(min_length=1, max_length=40, examples=["home"])]


class QuoteOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where it goes need not be said yet."""

    cart_id: CartId
    payment_method: Method
    shipping: QuotedShipping
    coupon: CouponCode | None = None


class Pay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`development` settles on command, and is there in development only."""

    method: Method
    return_url: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """What the buyer has to do now."""

    type: Literal["none"] = "none"


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt to pay, and how it stands."""

    id: str
    order_id: str
    method: str
    status: Literal["captured"]
    action: Action
    expires_at: datetime | None
    position: int


@post(
    "/orders",
    access=REGISTERED,
    kind="command",
    status_code=201,
    tags=_TAGS,
    summary="Order what is in the cart",
)
async def place_order(request: ApiRequest, data: JSONBody[PlaceOrder]) -> Response[OrderAnswer]:
    """What is only waited for stays in the cart. Where the show merges orders, the items join the
    buyer's unpaid one, and the answer is that. Paid on delivery, it is confirmed at once."""
    shipping = data.shipping
    purchase = Purchase(
        cart_id=data.cart_id,
        buyer_id=request.caller.user_id,
        now=datetime.now(UTC),
        payment_method=data.payment_method,
        shipping_method=shipping.method,
        recipient=shipping.recipient,
        phone=shipping.phone,
        address=shipping.address,
        store=Store(id=shipping.store.id, name=shipping.store.name) if shipping.store else None,
        coupon=data.coupon.upper() if data.coupon else None,
        expected_total=data.expected_total,
    )
    orders = request.platform.services.orders
    outcome = await orders.place(purchase, lambda command: envelope(request, command, data))
    return accepted(outcome, status=201)


@post(
    "/orders/quote",
    access=REGISTERED,
    kind="query",
    status_code=200,
    tags=_TAGS,
    summary="What ordering the cart would cost",
)
async def quote_order(request: ApiRequest, data: JSONBody[QuoteOrder]) -> Response[OrderAnswer]:
    """Refused with what ordering would be refused with, but for where it goes."""
    purchase = Purchase(
        cart_id=data.cart_id,
        buyer_id=request.caller.user_id,
        now=datetime.now(UTC),
        payment_method=data.payment_method,
        shipping_method=data.shipping.method,
        recipient="",
        phone="",
        coupon=data.coupon.upper() if data.coupon else None,
    )
    quoted = await request.platform.services.orders.quote(purchase)
    return ReadyResponse(_encode(quoted), status=200, headers=[(b"cache-control", b"no-store")])


@post(
    "/orders/{order_id:str}/payments",
    access=REGISTERED,
    kind="command",
    status_code=201,
    tags=_TAGS,
    summary="Pay an order",
)
async def pay_order(request: ApiRequest, order_id: Id, data: JSONBody[Pay]) -> Response[Payment]:
    if data.method != "development" or request.platform.settings.env != "development":
        raise PaymentMethodError(field="method")
    payment_id, outcome = await request.platform.services.orders.pay_as_buyer(
        order_id, data.method, request.caller.user_id, _enveloped(request, data)
    )
    shown = Payment(
        id=payment_id,
        order_id=order_id,
        method=data.method,
        status="captured",
        action=Action(),
        expires_at=None,
        position=outcome.position,
    )
    return accepted(outcome, status=201, shown=shown)


def _enveloped(request: ApiRequest, data: msgspec.Struct) -> Any:
    return lambda command: envelope(request, command, data)


ROUTES = [place_order, quote_order, pay_order]
