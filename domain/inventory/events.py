"""The facts recorded about one SKU's stock, on the stream `sku-<sku>`: its only ledger.

`available` and `waiting` are units as of right after the fact: what can still be sold, and what
people wait for. `on hand` is what is not sold; reserved + available = on hand, always.
"""

from typing import ClassVar

from domain.inventory.values import AdjustmentReason, ReleaseReason, WaitlistEnd
from domain.shared import Event


class SkuRegistered(Event, frozen=True, kw_only=True):
    """A merchant's product has a variant of this SKU; nobody else's can."""

    tag = "inventory.SkuRegistered"
    product_id: str
    merchant_id: str


class StockFact(Event, frozen=True, kw_only=True):
    """What every change of stock tells. `quantity` is units, and never 0."""

    tag: ClassVar[str]
    quantity: int
    available: int
    waiting: int = 0


class StockReceived(StockFact, frozen=True, kw_only=True):
    """Goods came in."""

    tag = "inventory.StockReceived"
    reason: str = ""


class StockAdjusted(StockFact, frozen=True, kw_only=True):
    """What is on the shelf was found to differ; a negative `quantity` is less."""

    tag = "inventory.StockAdjusted"
    reason: AdjustmentReason


class StockReserved(StockFact, frozen=True, kw_only=True):
    """Units are kept for a buyer: for a cart's line, or for an order where there is an
    `order_id`. `waited`: they had waited for it."""

    tag = "inventory.StockReserved"
    cart_id: str
    offer_id: str
    stream_id: str
    buyer_id: str
    order_id: str | None = None
    waited: bool = False


class StockCommitted(StockFact, frozen=True, kw_only=True):
    """Reserved units are sold: they are neither reserved nor on hand any more."""

    tag = "inventory.StockCommitted"
    order_id: str
    offer_id: str


class ReservationReleased(StockFact, frozen=True, kw_only=True):
    """Reserved units can be sold to others again, as somebody wanted it so."""

    tag = "inventory.ReservationReleased"
    cart_id: str
    offer_id: str
    reason: ReleaseReason
    order_id: str | None = None


class ReservationExpired(StockFact, frozen=True, kw_only=True):
    """Reserved units can be sold to others again, as their time was over."""

    tag = "inventory.ReservationExpired"
    cart_id: str
    offer_id: str
    order_id: str | None = None


class StockReturned(StockFact, frozen=True, kw_only=True):
    """Sold units are on hand again: of a cancelled order, or of a return where there is a
    `return_id`."""

    tag = "inventory.StockReturned"
    order_id: str
    offer_id: str
    return_id: str | None = None


class StockWrittenOff(StockFact, frozen=True, kw_only=True):
    """Sold units came back and cannot be sold again."""

    tag = "inventory.StockWrittenOff"
    order_id: str
    offer_id: str
    return_id: str


class WaitlistJoined(StockFact, frozen=True, kw_only=True):
    """A buyer waits for units that were not to be had, behind all who wait already.

    `answer_seconds` is how long they are kept for them once there are some; `offer_quantity`,
    which stands once an offer is open, how many units it has at most in all.
    """

    tag = "inventory.WaitlistJoined"
    cart_id: str
    offer_id: str
    stream_id: str
    buyer_id: str
    answer_seconds: int
    offer_quantity: int | None = None


class WaitlistServed(StockFact, frozen=True, kw_only=True):
    """The first who waited got units; they are reserved for them by the fact that follows."""

    tag = "inventory.WaitlistServed"
    cart_id: str
    offer_id: str


class WaitlistLeft(StockFact, frozen=True, kw_only=True):
    """A buyer waits no more for so many units."""

    tag = "inventory.WaitlistLeft"
    cart_id: str
    offer_id: str
    reason: WaitlistEnd


EVENTS: tuple[type[Event], ...] = (
    SkuRegistered,
    StockReceived,
    StockAdjusted,
    StockReserved,
    StockCommitted,
    ReservationReleased,
    ReservationExpired,
    StockReturned,
    StockWrittenOff,
    WaitlistJoined,
    WaitlistServed,
    WaitlistLeft,
)
