"""The words of carts and orders: lines, totals, terms of a checkout, and the limits."""

from typing import Literal

import msgspec

from domain.shared import Language, Money

ClaimSource = Literal["comment", "app"]
OrderStatus = Literal[
    "awaiting_payment",
    "paid",
    "shipped",
    "delivered",
    "returned",
    "cancelled",
    "expired",
]
CancelledBy = Literal["buyer", "merchant", "system"]
RefundReason = Literal["cancelled", "returned"]
DeliveryNeeds = Literal["address", "store"]
CouponKind = Literal["amount", "percent"]

LINES_AT_MOST = 100  # different offers in a cart, and in an order
QUANTITY_AT_MOST = 999  # of one offer, by one buyer at once
CASH_ON_DELIVERY = "cod"
COUPON_REDEMPTIONS_AT_MOST = 10_000  # who redeemed is copied as it changes
RETURNS_AT_MOST = 50  # of one order
REASON_CHARACTERS = 500
NUMBERS_AT_ONCE = 1_000


class OrderLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """So many of one offer. `price` is of one unit, tax included; `discount` is the line's share of
    the order's. `titles` and `options` are as they were ordered. `held`: the units are reserved.
    `offer_quantity` is how many the offer has in all, for those that are not."""

    offer_id: str
    sku: str
    product_id: str
    code: str
    titles: dict[Language, str]
    options: dict[str, str]
    quantity: int
    price: Money
    discount: Money
    held: bool = True
    offer_quantity: int | None = None


class Totals(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`total` = subtotal - discount + shipping. `shipping` has the fee of cash on delivery in it;
    `tax` is what `total` includes, at `tax_basis_points`."""

    subtotal: Money
    shipping: Money
    discount: Money
    tax: Money
    total: Money
    tax_basis_points: int


class Store(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A convenience store that keeps parcels: its chain's own id of it, and its name."""

    id: str
    name: str = ""


class ShippingTerms(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What sending costs, by the rules of the day: `fee`, nothing from a subtotal of `free_from`
    on; with cash on delivery `cod_fee` more, up to a total of `cod_limit`."""

    method: str
    needs: DeliveryNeeds
    fee: Money
    free_from: Money | None = None
    cod: bool = False
    cod_fee: Money
    cod_limit: Money | None = None


class CheckoutTerms(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What holds in a market on the day somebody checks out. Seconds are how long an order waits
    for its payment; None: it does not, it is paid on delivery. What it comes to must lie between
    `payment_least` and `payment_most`."""

    tax_basis_points: int
    shipping: ShippingTerms
    payment_method: str
    payment_seconds: int | None
    payment_least: Money | None = None
    payment_most: Money | None = None


class ReturnedLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """So many units of an order's line."""

    offer_id: str
    quantity: int


class ReceivedLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What came back of a line: fit to be sold again, or written off."""

    offer_id: str
    restocked: int = 0
    written_off: int = 0


class CouponTerms(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`amount` off, or so many `basis_points` of the subtotal, at most `at_most`. From a subtotal
    of `minimum` on; redeemed `total` times in all and `per_customer` times by one buyer."""

    kind: CouponKind
    amount: Money | None = None
    basis_points: int = 0
    at_most: Money | None = None
    minimum: Money | None = None
    total: int = COUPON_REDEMPTIONS_AT_MOST
    per_customer: int = 1
