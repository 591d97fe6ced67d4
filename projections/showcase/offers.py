"""What shows offer, have offered and are going to: for viewers and for hosts."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import select

from domain.shared import Event, Recorded
from domain.showcase import events as fact
from domain.showcase.values import OfferStatus, OfferTerms
from projections.inventory.stock import STOCK
from projections.projection import RedisProjection, Seen, Views


class OfferView(msgspec.Struct, frozen=True, kw_only=True):
    """`closes_at` is when its time is over, while it is open. `listed_at` is the log position it
    was prepared at, which orders lists; `position` the one of its last event."""

    id: str
    stream_id: str
    terms: OfferTerms
    listed_at: int
    position: int
    status: OfferStatus = "prepared"
    opened_at: datetime | None = None
    closes_at: datetime | None = None
    pinned: bool = False
    sold_out: bool = False


Fold = Callable[[OfferView, Any], OfferView]


def _revised(view: OfferView, event: fact.OfferRevised) -> OfferView:
    return replace(view, terms=event.terms, status="prepared")


def _opened(view: OfferView, event: fact.OfferOpened) -> OfferView:
    return replace(
        view,
        status="open",
        opened_at=event.opened_at,
        closes_at=event.closes_at,
        sold_out=False,
    )


def _closed(view: OfferView, _event: fact.OfferClosed) -> OfferView:
    return replace(view, status="closed")


def _pinned(view: OfferView, _event: fact.ProductPinned) -> OfferView:
    return replace(view, pinned=True)


def _unpinned(view: OfferView, _event: fact.ProductUnpinned) -> OfferView:
    return replace(view, pinned=False)


def _sold_out(view: OfferView, _event: fact.OfferSoldOut) -> OfferView:
    return replace(view, sold_out=True)


FOLDS: dict[type[Event], Fold] = {
    fact.OfferRevised: _revised,
    fact.OfferOpened: _opened,
    fact.OfferClosed: _closed,
    fact.ProductPinned: _pinned,
    fact.ProductUnpinned: _unpinned,
    fact.OfferSoldOut: _sold_out,
}


def _fold(view: OfferView | None, recorded: Recorded) -> OfferView:
    event = recorded.event
    if isinstance(event, fact.OfferPrepared):
        return OfferView(
            id=event.offer_id,
            stream_id=recorded.entity_id,
            terms=event.terms,
            listed_at=recorded.position,
            position=recorded.position,
        )
    if view is None:
        raise ValueError("an offer begins by being prepared")
    return replace(FOLDS[type(event)](view, event), position=recorded.position)


def _offer_id(recorded: Recorded) -> str:
    event: Any = recorded.event
    offer_id: str = event.offer_id
    return offer_id


def _ranking(stream_id: str) -> str:
    return f"show/{stream_id}"


def _rankings(view: OfferView) -> Mapping[str, float]:
    """The first prepared ranks highest."""
    return {_ranking(view.stream_id): -float(view.listed_at)}


OFFERS = RedisProjection(
    name="offers",
    version=1,
    view=OfferView,
    types=frozenset({fact.OfferPrepared.tag, *(event.tag for event in FOLDS)}),
    key=_offer_id,
    fold=_fold,
    begins=frozenset({fact.OfferPrepared.tag}),
    rankings=_rankings,
)


async def get_offer(
    views: Views, offer_id: str, *, min_position: int = 0
) -> Seen[OfferView | None]:
    """Raises `ProjectionBehind`."""
    await views.wait(OFFERS, min_position)
    return await views.get(OFFERS, offer_id)


async def list_offers(
    views: Views,
    stream_id: str,
    *,
    limit: int,
    after: tuple[float, str] | None = None,
    min_position: int = 0,
) -> Seen[list[OfferView]]:
    """In the order they were prepared, from just behind the one whose `cursor_of` is `after`.
    Raises `ProjectionBehind`."""
    await views.wait(OFFERS, min_position)
    return await views.ranked(OFFERS, _ranking(stream_id), limit=limit, before=after)


def cursor_of(view: OfferView) -> tuple[float, str]:
    """Where an offer stands in the list of its show."""
    return (-float(view.listed_at), view.id)


async def available_of(views: Views, skus: Collection[str]) -> dict[str, int]:
    """How many units of each SKU are to be had, as of a moment ago."""
    if not skus:
        return {}
    found = await views.select(
        STOCK, lambda table: select(table.c.view).where(table.c.sku.in_(sorted(skus)))
    )
    return {view.sku: view.available for view in found.value}
