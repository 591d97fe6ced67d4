"""What a room's show offers, and how much there is of it, kept current from the facts of both."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from application.ports import Loaded
from domain.shared import Language, Money
from domain.showcase.showcase import Offer, Showcase, evolve
from domain.showcase.values import OfferStatus
from projections.chat.frames import RoomFrame
from projections.showcase.frames import OfferFact, StockLevel

_fact = msgspec.json.Decoder(OfferFact).decode
_encode = msgspec.json.encode


class _Offer(msgspec.Struct, frozen=True, kw_only=True, tag="offer", omit_defaults=True):
    """`available` is left out until it is known; `position` of what is told as a state."""

    offer_id: str
    sku: str
    code: str
    titles: dict[Language, str]
    options: dict[str, str]
    price: Money
    quantity: int | None
    per_customer: int | None
    status: OfferStatus
    opens_at: datetime | None
    closes_at: datetime | None
    pinned: bool
    sold_out: bool
    available: int | msgspec.UnsetType = msgspec.UNSET
    position: int | msgspec.UnsetType = msgspec.UNSET


class _Stock(msgspec.Struct, frozen=True, kw_only=True, tag="stock"):
    sku: str
    available: int


class RoomOffers:
    """`levels` of the SKUs of what is open. Each fact counts once, by its version: what was read
    from the log may be ahead of what is heard."""

    __slots__ = ("_levels", "_showcase", "_version")

    def __init__(self, loaded: Loaded[Showcase], levels: Iterable[StockLevel] = ()) -> None:
        self._showcase, self._version = loaded.state, loaded.version
        self._levels = {level.sku: level for level in levels}

    def take(self, frame: RoomFrame) -> RoomFrame:
        """The offer as it is after the fact, for everybody."""
        fact = _fact(frame.body)
        if fact.version > self._version:
            self._showcase = evolve(self._showcase, fact.read())
            self._version = fact.version
        body = self._body(fact.offer_id, position=frame.position)
        return replace(frame, body=msgspec.Raw(body), hidden=False)

    def stock(self, level: StockLevel) -> bytes | None:
        """What is to be told; None: it is not offered here, or known already."""
        known = self._levels.get(level.sku)
        if level.sku not in self._skus() or (known and known.version >= level.version):
            return None
        self._levels[level.sku] = level
        if known is not None and known.available == level.available:
            return None
        return _encode(_Stock(sku=level.sku, available=level.available))

    @property
    def unknown(self) -> list[str]:
        """SKUs of what is open, whose stock has to be looked up."""
        return sorted(self._skus() - self._levels.keys())

    def open_now(self) -> dict[str, bytes]:
        """What can be claimed, by id."""
        return {
            offer_id: self._body(offer_id)
            for offer_id, offer in self._showcase.offers.items()
            if offer.status == "open"
        }

    def _skus(self) -> set[str]:
        return {
            offer.terms.sku for offer in self._showcase.offers.values() if offer.status == "open"
        }

    def _body(self, offer_id: str, **known: Any) -> bytes:
        """Raises `KeyError` for one whose beginning was never heard."""
        offer: Offer = self._showcase.offers[offer_id]
        terms = offer.terms
        level = self._levels.get(terms.sku)
        return _encode(
            _Offer(
                offer_id=offer_id,
                sku=terms.sku,
                code=terms.code,
                titles=terms.titles,
                options=terms.options,
                price=terms.price,
                quantity=terms.quantity,
                per_customer=terms.per_customer,
                status=offer.status,
                opens_at=terms.opens_at,
                closes_at=offer.closes_at or terms.closes_at,
                pinned=self._showcase.pinned == offer_id,
                sold_out=offer.sold_out,
                available=msgspec.UNSET if level is None else level.available,
                **known,
            )
        )
