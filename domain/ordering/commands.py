"""What can be asked of carts, orders and coupons: by buyers, by merchants, and by the clock.

Most change stock as well, in the same append. The streams they touch are named in them (`sku`,
`skus`, `cart_id` …) by the asking service, which looks them up; a decision on an order or a cart
that has grown beyond them is refused with `ShopMovedOnError`, and the service asks again.
"""

from datetime import datetime

from msgspec import field

from domain.ordering.values import (
    CheckoutTerms,
    ClaimSource,
    CouponTerms,
    ReceivedLine,
    ReturnedLine,
    Store,
)
from domain.shared import Command, Market, Money


class CartCommand(Command, frozen=True, kw_only=True):
    """About the cart that a buyer has in a show. `cart_id` is derived of the two."""

    cart_id: str
    buyer_id: str
    stream_id: str
    now: datetime


class ClaimItem(CartCommand, frozen=True, kw_only=True):
    """So many more of an offer. What is there is held, or put aside; what is not is waited for,
    or refused where nobody may wait."""

    offer_id: str
    sku: str
    quantity: int
    source: ClaimSource = "app"
    message_id: str | None = None
    parser: int | None = None
    comment: str = ""

    def __repr__(self) -> str:
        return f"ClaimItem(cart_id={self.cart_id!r}, offer_id={self.offer_id!r}, …)"


class SetCartItem(CartCommand, frozen=True, kw_only=True):
    """So many of an offer in all, held, put aside and waited for together; 0 takes it out. More
    is claimed; of less, what is waited for goes first."""

    offer_id: str
    sku: str
    quantity: int


class RefuseClaim(CartCommand, frozen=True, kw_only=True):
    """Records why a claim by comment could not be met, so that its buyer is told."""

    refusal: str
    offer_code: str
    quantity: int
    message_id: str
    parser: int
    comment: str
    numbers: dict[str, int] = field(default_factory=dict[str, int])

    def __repr__(self) -> str:
        return f"RefuseClaim(cart_id={self.cart_id!r}, refusal={self.refusal!r}, …)"


class ExpireHolds(Command, frozen=True, kw_only=True):
    """The clock's: lets go what a cart held beyond its time. Anything else is left as it is."""

    cart_id: str
    skus: tuple[str, ...]
    now: datetime


class ServeWaitlist(Command, frozen=True, kw_only=True):
    """Gives what is available of a SKU to those who wait for it, in their order. `cart_ids` are
    the first of them; it stops where another is first."""

    sku: str
    cart_ids: tuple[str, ...]
    now: datetime


class EndWaiting(Command, frozen=True, kw_only=True):
    """The show is over: nobody waits for anything in this cart any more."""

    cart_id: str
    skus: tuple[str, ...]


class PlaceOrder(CartCommand, frozen=True, kw_only=True):
    """Orders what is in the cart and not only waited for; what has to be reserved as it is ordered
    is reserved. `order_id` and `number` are new. Where `merges_into` names an order of the cart
    that is unpaid, and the show allows it, the items join that instead. `seen_order_id` is the
    cart's last order when that was found out; where it has another by now, the decision is refused.

    `expected_total` refuses with `PriceChangedError` what would come to another total.
    """

    order_id: str
    number: str
    skus: tuple[str, ...]
    terms: CheckoutTerms
    recipient: str
    phone: str
    address: str = ""
    store: Store | None = None
    coupon: str | None = None
    expected_total: Money | None = None
    merges_into: str | None = None
    seen_order_id: str | None = None

    def __repr__(self) -> str:
        return f"PlaceOrder(order_id={self.order_id!r}, cart_id={self.cart_id!r}, …)"


class OrderCommand(Command, frozen=True, kw_only=True):
    """About one order, by a person. `as_staff`: by an admin, who may for anybody."""

    order_id: str
    by: str
    now: datetime
    as_staff: bool = False


class MarkOrderPaid(Command, frozen=True, kw_only=True):
    """The payments' word, and nobody else's, that the money is in. Repeating a `payment_id`
    changes nothing."""

    order_id: str
    payment_id: str
    method: str
    amount: Money
    skus: tuple[str, ...]
    now: datetime


class CancelOrder(OrderCommand, frozen=True, kw_only=True):
    """Before it is sent: by its buyer while it is unpaid, by the merchant also later. Repeating it
    changes nothing."""

    skus: tuple[str, ...]
    cart_id: str
    coupon: str | None
    reason: str = ""


class ExpireOrder(Command, frozen=True, kw_only=True):
    """The clock's: ends an order that nobody paid in time. Anything else is left as it is."""

    order_id: str
    skus: tuple[str, ...]
    cart_id: str
    coupon: str | None
    now: datetime


class ShipOrder(OrderCommand, frozen=True, kw_only=True):
    """The merchant gave it to a carrier."""

    carrier: str
    tracking_number: str


class DeliverOrder(OrderCommand, frozen=True, kw_only=True):
    """The buyer has it; cash on delivery has been paid under `payment_id`. They may return it for
    so many days; `refunds_shipping`: of all of it, what sending it cost is paid back as well."""

    return_days: int
    payment_id: str
    refunds_shipping: bool = False


class RequestReturn(OrderCommand, frozen=True, kw_only=True):
    """The buyer wants to send goods back. `return_id` is new."""

    return_id: str
    lines: tuple[ReturnedLine, ...]
    reason: str = ""


class ReceiveReturn(OrderCommand, frozen=True, kw_only=True):
    """The merchant has what came back. Without `lines` all that was announced is fit to sell."""

    return_id: str
    skus: tuple[str, ...]
    lines: tuple[ReceivedLine, ...] = ()


class ReceiveUncollected(OrderCommand, frozen=True, kw_only=True):
    """The merchant has a parcel back that nobody took in. `return_id` is new. Without `lines` all
    of it is fit to sell."""

    return_id: str
    skus: tuple[str, ...]
    lines: tuple[ReceivedLine, ...] = ()


class IssueCoupon(Command, frozen=True, kw_only=True):
    """A host gives out a discount under a new code."""

    coupon: str
    by: str
    market: Market
    terms: CouponTerms
    now: datetime
    stream_id: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class WithdrawCoupon(Command, frozen=True, kw_only=True):
    """Ends it. Repeating it changes nothing."""

    coupon: str
    by: str
    as_staff: bool = False


class TakeOrderNumbers(Command, frozen=True, kw_only=True):
    """Sets numbers aside for one process to give to orders."""

    market: Market
    count: int
