"""What an offer in a show is made of, and the limits."""

from datetime import datetime
from typing import Literal

import msgspec

from domain.shared import Language, Money

OfferStatus = Literal["prepared", "open", "closed"]
# When units are reserved for a buyer: never before they are paid (the first who pays is served),
# as they are claimed, or as they are ordered.
HoldPolicy = Literal["none", "on_claim", "on_checkout"]
ClosingReason = Literal["host", "time", "show_over"]

CODE_CHARACTERS = 20
OFFERS_AT_MOST = 300  # in one show
QUANTITY_AT_MOST = 1_000_000
HOLD_SECONDS_AT_LEAST, HOLD_SECONDS_AT_MOST = 10, 7 * 24 * 3600
COUNTDOWN_SECONDS_AT_MOST = 24 * 3600
PRICE_AT_MOST = 1_000_000_000  # minor units


class OfferTerms(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """On what terms something is sold in a show. They stand once the offer is open.

    `code` is what buyers write, folded. `titles` and `options` are the product's as it was
    prepared. `quantity` is how many units the offer has at most (None: as many as there are),
    `per_customer` how many of them one buyer may have. Held units go back `hold_seconds` after the
    last was claimed, and `answer_seconds` after somebody who waited for them got them; nobody
    waits where `waitlist` is False. It opens and closes at `opens_at` and `closes_at` by itself,
    or `open_seconds` after it was opened.
    """

    sku: str
    product_id: str
    code: str
    price: Money
    titles: dict[Language, str]
    options: dict[str, str] = {}
    quantity: int | None = None
    per_customer: int | None = None
    hold_policy: HoldPolicy = "on_claim"
    hold_seconds: int = 900
    answer_seconds: int = 300
    waitlist: bool = True
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    open_seconds: int | None = None
