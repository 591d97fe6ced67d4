"""The facts recorded about what a show offers, on the stream `showcase-<live stream id>`."""

from datetime import datetime

from domain.shared import Event, Market
from domain.showcase.values import ClosingReason, OfferTerms


class ShowcaseOpened(Event, frozen=True, kw_only=True):
    """A show has something to sell. Prices are in the market's currency."""

    tag = "showcase.ShowcaseOpened"
    host_id: str
    market: Market


class MergingChanged(Event, frozen=True, kw_only=True):
    """Whether what a buyer claims later joins their order of this show that is still unpaid."""

    tag = "showcase.MergingChanged"
    merge_orders: bool


class OfferPrepared(Event, frozen=True, kw_only=True):
    """Something is going to be offered, and on what terms."""

    tag = "showcase.OfferPrepared"
    offer_id: str
    terms: OfferTerms


class OfferRevised(Event, frozen=True, kw_only=True):
    """An offer that nobody could claim yet got other terms. Its SKU stays."""

    tag = "showcase.OfferRevised"
    offer_id: str
    terms: OfferTerms


class OfferOpened(Event, frozen=True, kw_only=True):
    """It can be claimed, until it is closed or `closes_at` has come."""

    tag = "showcase.OfferOpened"
    offer_id: str
    opened_at: datetime
    closes_at: datetime | None = None


class ProductPinned(Event, frozen=True, kw_only=True):
    """The host shows this one now: `+1` means it."""

    tag = "showcase.ProductPinned"
    offer_id: str


class ProductUnpinned(Event, frozen=True, kw_only=True):
    """The host shows something else now, or nothing."""

    tag = "showcase.ProductUnpinned"
    offer_id: str


class OfferSoldOut(Event, frozen=True, kw_only=True):
    """For the first time since it opened, nothing was left to claim."""

    tag = "showcase.OfferSoldOut"
    offer_id: str


class OfferClosed(Event, frozen=True, kw_only=True):
    """It can be claimed no more. What was claimed stays."""

    tag = "showcase.OfferClosed"
    offer_id: str
    reason: ClosingReason


class ShowcaseClosed(Event, frozen=True, kw_only=True):
    """The show is over; nothing more is offered."""

    tag = "showcase.ShowcaseClosed"


EVENTS: tuple[type[Event], ...] = (
    ShowcaseOpened,
    MergingChanged,
    OfferPrepared,
    OfferRevised,
    OfferOpened,
    ProductPinned,
    ProductUnpinned,
    OfferSoldOut,
    OfferClosed,
    ShowcaseClosed,
)
