"""How what a show offers is told to its viewers, in their language."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from domain.shared import Language, Money
from domain.showcase.values import HoldPolicy, OfferStatus
from projections.projection import Views
from projections.showcase.offers import OfferView, get_offer
from projections.translations import translated


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What can be claimed by writing its `code`, or is going to be. `available` is how many units
    of it there were a moment ago; a pin leaves it out. `position` is that of its last change."""

    id: str
    stream_id: str
    sku: str
    product_id: str
    code: str
    title: str
    options: dict[str, str]
    price: Money
    quantity: int | None
    per_customer: int | None
    hold_policy: HoldPolicy
    hold_seconds: int
    answer_seconds: int
    waitlist: bool
    status: OfferStatus
    opens_at: datetime | None
    opened_at: datetime | None
    closes_at: datetime | None
    open_seconds: int | None
    pinned: bool
    sold_out: bool
    position: int
    available: int | UnsetType = UNSET


def offer(view: OfferView, language: Language, available: int | UnsetType = UNSET) -> Offer:
    terms = view.terms
    return Offer(
        id=view.id,
        stream_id=view.stream_id,
        sku=terms.sku,
        product_id=terms.product_id,
        code=terms.code,
        title=translated(terms.titles, language),
        options=terms.options,
        price=terms.price,
        quantity=terms.quantity,
        per_customer=terms.per_customer,
        hold_policy=terms.hold_policy,
        hold_seconds=terms.hold_seconds,
        answer_seconds=terms.answer_seconds,
        waitlist=terms.waitlist,
        status=view.status,
        opens_at=terms.opens_at,
        opened_at=view.opened_at,
        closes_at=view.closes_at or terms.closes_at,
        open_seconds=terms.open_seconds,
        pinned=view.pinned,
        sold_out=view.sold_out,
        position=view.position,
        available=available,
    )


async def pinned_offers(
    views: Views, offer_ids: Sequence[str | None], language: Language
) -> list[Offer | None]:
    """Of each show the one that is pinned, in the same order."""
    return list(await asyncio.gather(*(_pinned_offer(views, each, language) for each in offer_ids)))


async def _pinned_offer(views: Views, offer_id: str | None, language: Language) -> Offer | None:
    if offer_id is None:
        return None
    found = (await get_offer(views, offer_id)).value
    return None if found is None else offer(found, language)
