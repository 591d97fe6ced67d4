"""The state of one show's offers and how recorded facts change it. Deciding is in `deciding`."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.shared import Event, Market
from domain.showcase import events as fact
from domain.showcase.values import OfferStatus, OfferTerms


class Offer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`frozen`: it has been open, so its terms stand. `closes_at` is when its time is over."""

    terms: OfferTerms
    status: OfferStatus = "prepared"
    frozen: bool = False
    sold_out: bool = False
    closes_at: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        return self.status == "open" and (self.closes_at is None or now < self.closes_at)


class Showcase(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`offers` by id, in the order they were prepared; `pinned` is the id of the one shown now."""

    host_id: str = ""
    market: Market = "TW"
    merge_orders: bool = False
    closed: bool = False
    offers: dict[str, Offer] = {}
    pinned: str | None = None


def evolve(state: Showcase, event: Event) -> Showcase:
    """A fact of a type unknown here changes nothing."""
    change = CHANGES.get(type(event))
    return state if change is None else change(state, event)


def _shown(state: Showcase, event: fact.ShowcaseOpened) -> Showcase:
    return replace(state, host_id=event.host_id, market=event.market)


def _merging(state: Showcase, event: fact.MergingChanged) -> Showcase:
    return replace(state, merge_orders=event.merge_orders)


def _termed(state: Showcase, event: fact.OfferPrepared | fact.OfferRevised) -> Showcase:
    return replace(state, offers={**state.offers, event.offer_id: Offer(terms=event.terms)})


def _with(state: Showcase, offer_id: str, **changes: Any) -> Showcase:
    offer = state.offers.get(offer_id)
    if offer is None:
        return state
    return replace(state, offers={**state.offers, offer_id: replace(offer, **changes)})


def _opened(state: Showcase, event: fact.OfferOpened) -> Showcase:
    changes = {"status": "open", "frozen": True, "sold_out": False, "closes_at": event.closes_at}
    return _with(state, event.offer_id, **changes)


def _sold_out(state: Showcase, event: fact.OfferSoldOut) -> Showcase:
    return _with(state, event.offer_id, sold_out=True)


def _closed(state: Showcase, event: fact.OfferClosed) -> Showcase:
    return _with(state, event.offer_id, status="closed")


def _pinned(state: Showcase, event: fact.ProductPinned) -> Showcase:
    return replace(state, pinned=event.offer_id)


def _unpinned(state: Showcase, event: fact.ProductUnpinned) -> Showcase:
    return replace(state, pinned=None) if state.pinned == event.offer_id else state


def _over(state: Showcase, _event: fact.ShowcaseClosed) -> Showcase:
    return replace(state, closed=True, pinned=None)


CHANGES: dict[type[Event], Callable[[Showcase, Any], Showcase]] = {
    fact.ShowcaseOpened: _shown,
    fact.MergingChanged: _merging,
    fact.OfferPrepared: _termed,
    fact.OfferRevised: _termed,
    fact.OfferOpened: _opened,
    fact.OfferSoldOut: _sold_out,
    fact.OfferClosed: _closed,
    fact.ProductPinned: _pinned,
    fact.ProductUnpinned: _unpinned,
    fact.ShowcaseClosed: _over,
}
