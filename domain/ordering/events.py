"""The facts recorded about carts (`cart-<id>`, one a buyer and show), orders (`order-<id>`),
coupons (`coupon-<code>`) and order numbers (`order_numbers-<market>`)."""

from datetime import datetime
from typing import Annotated, ClassVar

from msgspec import field

from domain.ordering.values import (
    CancelledBy,
    ClaimSource,
    CouponTerms,
    OrderLine,
    ReceivedLine,
    RefundReason,
    ReturnedLine,
    Store,
    Totals,
)
from domain.shared import Event, Market, Money, Personal


class CartFact(Event, frozen=True, kw_only=True):
    """What every fact of a cart tells: whose it is, and of which show."""

    tag: ClassVar[str]
    buyer_id: str
    stream_id: str


class CartOpened(CartFact, frozen=True, kw_only=True):
    """A buyer claims something in a show for the first time."""

    tag = "ordering.CartOpened"
    host_id: str
    market: Market


class ItemClaimed(CartFact, frozen=True, kw_only=True):
    """A buyer wants so many more of an offer, at this price. What becomes of it, the facts beside
    this one say. `comment` is what they wrote, as it was read by that version of the `parser`."""

    tag = "ordering.ItemClaimed"
    offer_id: str
    sku: str
    code: str
    price: Money
    quantity: int
    source: ClaimSource
    message_id: str | None = None
    parser: int | None = None
    comment: Annotated[str, Personal("buyer_id")] = ""

    def __repr__(self) -> str:
        return f"ItemClaimed(buyer_id={self.buyer_id!r}, offer_id={self.offer_id!r}, …)"


class ClaimRefused(CartFact, frozen=True, kw_only=True):
    """What a buyer wrote was a claim, and could not be met; `refusal` is the code of why not, and
    `numbers` are those it is worded with; `offer_code` is what they named."""

    tag = "ordering.ClaimRefused"
    refusal: str
    offer_code: str
    quantity: int
    message_id: str
    parser: int
    comment: Annotated[str, Personal("buyer_id")]
    numbers: dict[str, int] = field(default_factory=dict[str, int])

    def __repr__(self) -> str:
        return f"ClaimRefused(buyer_id={self.buyer_id!r}, refusal={self.refusal!r}, …)"


class ItemHeld(CartFact, frozen=True, kw_only=True):
    """So many units more are reserved for the cart; all it holds of the offer, until then.
    `waited`: the buyer had waited for them."""

    tag = "ordering.ItemHeld"
    offer_id: str
    quantity: int
    held_until: datetime
    waited: bool = False


class ItemPutAside(CartFact, frozen=True, kw_only=True):
    """So many units more lie in the cart without being reserved: the offer holds them later."""

    tag = "ordering.ItemPutAside"
    offer_id: str
    quantity: int


class ItemWaitlisted(CartFact, frozen=True, kw_only=True):
    """So many units more were not to be had; the buyer waits for them."""

    tag = "ordering.ItemWaitlisted"
    offer_id: str
    quantity: int


class HoldExpired(CartFact, frozen=True, kw_only=True):
    """So many units are reserved no more: their time was over, and they are out of the cart."""

    tag = "ordering.HoldExpired"
    offer_id: str
    quantity: int


class ItemReleased(CartFact, frozen=True, kw_only=True):
    """So many units are out of the cart, as the buyer wanted it so: of those held, of those only
    put aside, of those waited for."""

    tag = "ordering.ItemReleased"
    offer_id: str
    held: int = 0
    aside: int = 0
    waiting: int = 0


class WaitEnded(CartFact, frozen=True, kw_only=True):
    """So many units are waited for no more: the show is over."""

    tag = "ordering.WaitEnded"
    offer_id: str
    quantity: int


class ItemOrdered(CartFact, frozen=True, kw_only=True):
    """So many units went from the cart into an order, with their hold where they had one."""

    tag = "ordering.ItemOrdered"
    offer_id: str
    order_id: str
    quantity: int
    held: bool


class ItemGivenBack(CartFact, frozen=True, kw_only=True):
    """An order came to nothing: the buyer may claim so many units again."""

    tag = "ordering.ItemGivenBack"
    offer_id: str
    order_id: str
    quantity: int


class OrderFact(Event, frozen=True, kw_only=True):
    """What every fact of an order tells: whose it is, and of which show."""

    tag: ClassVar[str]
    buyer_id: str
    stream_id: str


class OrderPlaced(OrderFact, frozen=True, kw_only=True):
    """A buyer ordered what was in their cart. It waits for payment until `expires_at`; None: it is
    paid on delivery."""

    tag = "ordering.OrderPlaced"
    number: str
    cart_id: str
    host_id: str
    market: Market
    lines: tuple[OrderLine, ...]
    totals: Totals
    coupon: str | None
    payment_method: str
    shipping_method: str
    expires_at: datetime | None
    recipient: Annotated[str, Personal("buyer_id")]
    phone: Annotated[str, Personal("buyer_id")]
    address: Annotated[str, Personal("buyer_id")] = ""
    store_id: Annotated[str, Personal("buyer_id")] = ""
    store_name: Annotated[str, Personal("buyer_id")] = ""

    @property
    def store(self) -> Store | None:
        """Where the buyer fetches it; None: it is brought to their address."""
        return Store(id=self.store_id, name=self.store_name) if self.store_id else None

    def __repr__(self) -> str:
        return f"OrderPlaced(number={self.number!r}, buyer_id={self.buyer_id!r}, …)"


class ItemsAddedToOrder(OrderFact, frozen=True, kw_only=True):
    """What the buyer claimed later joined their unpaid order. `lines` are the new ones, `totals`
    the whole order's."""

    tag = "ordering.ItemsAddedToOrder"
    lines: tuple[OrderLine, ...]
    totals: Totals
    expires_at: datetime | None


class OrderPaid(OrderFact, frozen=True, kw_only=True):
    """The money is in."""

    tag = "ordering.OrderPaid"
    payment_id: str
    method: str
    amount: Money


class OrderConfirmed(OrderFact, frozen=True, kw_only=True):
    """It is going to be sent: its goods are sold and not only reserved."""

    tag = "ordering.OrderConfirmed"


class OrderCancelled(OrderFact, frozen=True, kw_only=True):
    """It is not going to be sent."""

    tag = "ordering.OrderCancelled"
    by: CancelledBy
    reason: Annotated[str, Personal("buyer_id")] = ""


class OrderExpired(OrderFact, frozen=True, kw_only=True):
    """Nobody paid for it in time."""

    tag = "ordering.OrderExpired"


class OrderShipped(OrderFact, frozen=True, kw_only=True):
    """A carrier has it."""

    tag = "ordering.OrderShipped"
    carrier: str
    tracking_number: str


class OrderDelivered(OrderFact, frozen=True, kw_only=True):
    """The buyer has it, and may return it until then without saying why. `refunds_shipping`: of all
    of it, what sending it cost is paid back as well."""

    tag = "ordering.OrderDelivered"
    delivered_at: datetime
    returnable_until: datetime
    refunds_shipping: bool = False


class ReturnRequested(OrderFact, frozen=True, kw_only=True):
    """The buyer sends goods back."""

    tag = "ordering.ReturnRequested"
    return_id: str
    lines: tuple[ReturnedLine, ...]
    reason: Annotated[str, Personal("buyer_id")] = ""


class ReturnReceived(OrderFact, frozen=True, kw_only=True):
    """The merchant has them, and has looked at them."""

    tag = "ordering.ReturnReceived"
    return_id: str
    lines: tuple[ReceivedLine, ...]


class OrderUncollected(OrderFact, frozen=True, kw_only=True):
    """Nobody took the parcel in, and the merchant has it back: what of it can be sold again."""

    tag = "ordering.OrderUncollected"
    return_id: str
    lines: tuple[ReceivedLine, ...]


class OrderReturned(OrderFact, frozen=True, kw_only=True):
    """Everything of it came back."""

    tag = "ordering.OrderReturned"


class RefundDue(OrderFact, frozen=True, kw_only=True):
    """The buyer is to get so much back. Paying it back is the payments' work."""

    tag = "ordering.RefundDue"
    amount: Money
    reason: RefundReason
    return_id: str | None = None


class CouponIssued(Event, frozen=True, kw_only=True):
    """A host gives a discount to who names the code, in all their shows or in one."""

    tag = "ordering.CouponIssued"
    host_id: str
    market: Market
    terms: CouponTerms
    stream_id: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class CouponRedeemed(Event, frozen=True, kw_only=True):
    """An order got the discount."""

    tag = "ordering.CouponRedeemed"
    order_id: str
    buyer_id: str
    discount: Money


class CouponGivenBack(Event, frozen=True, kw_only=True):
    """The order came to nothing: the discount can be had again."""

    tag = "ordering.CouponGivenBack"
    order_id: str
    buyer_id: str


class CouponWithdrawn(Event, frozen=True, kw_only=True):
    """Nobody else gets the discount."""

    tag = "ordering.CouponWithdrawn"


class OrderNumbersTaken(Event, frozen=True, kw_only=True):
    """So many numbers from `first` on are somebody's to give to orders, and nobody else's."""

    tag = "ordering.OrderNumbersTaken"
    first: int
    count: int


EVENTS: tuple[type[Event], ...] = (
    CartOpened,
    ItemClaimed,
    ClaimRefused,
    ItemHeld,
    ItemPutAside,
    ItemWaitlisted,
    HoldExpired,
    ItemReleased,
    WaitEnded,
    ItemOrdered,
    ItemGivenBack,
    OrderPlaced,
    ItemsAddedToOrder,
    OrderPaid,
    OrderConfirmed,
    OrderCancelled,
    OrderExpired,
    OrderShipped,
    OrderDelivered,
    ReturnRequested,
    ReturnReceived,
    OrderUncollected,
    OrderReturned,
    RefundDue,
    CouponIssued,
    CouponRedeemed,
    CouponGivenBack,
    CouponWithdrawn,
    OrderNumbersTaken,
)
