"""The words of the stock: SKUs, why it is adjusted or let go, and the limits."""

from typing import Literal

import msgspec

SKU = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
AdjustmentReason = Literal["count", "damage", "loss", "found", "correction"]
ReleaseReason = Literal["buyer", "order_cancelled", "order_expired", "show_over"]
WaitlistEnd = Literal["buyer", "show_over"]

QUANTITY_AT_MOST = 1_000_000
REASON_CHARACTERS = 500
# Copied as it changes, and stored: whoever comes later is told that it is out of stock.
WAITLIST_AT_MOST = 5_000
# Of offers that ended long ago nobody asks any more how much of them was taken.
OFFERS_REMEMBERED = 200


class Reservation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """For whom units of an offer are kept: a cart's line, or an order where there is one."""

    cart_id: str
    offer_id: str
    stream_id: str
    buyer_id: str
    order_id: str = ""
