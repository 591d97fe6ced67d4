"""What a room is told of its show's offers, and of how much there is of what they sell.

A fact holds no more of an offer than its id: the edge, which has seen the facts before, fills in
the rest. Neither is shown as it stands here.
"""

from typing import Any

import msgspec

from domain.inventory import events as inventory
from domain.shared import Event, Recorded
from domain.showcase import events as showcase
from projections.chat.frames import RoomFrame

OFFER = "offer"
STOCK = "stock"
_encode = msgspec.json.Encoder().encode

_OF_OFFERS: tuple[type[Event], ...] = (
    showcase.OfferPrepared,
    showcase.OfferRevised,
    showcase.OfferOpened,
    showcase.ProductPinned,
    showcase.ProductUnpinned,
    showcase.OfferSoldOut,
    showcase.OfferClosed,
)
OF_STOCK: tuple[type[Event], ...] = tuple(
    event for event in inventory.EVENTS if issubclass(event, inventory.StockFact)
)
_BY_TAG = {event.tag: event for event in _OF_OFFERS}


class OfferFact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A fact of a showcase, the `version`-th of it; `fact` is its type."""

    fact: str
    version: int
    offer_id: str
    event: msgspec.Raw

    def read(self) -> Event:
        """Raises what msgspec does, or `KeyError` for a fact of a newer version of ours."""
        return msgspec.json.decode(self.event, type=_BY_TAG[self.fact])


class StockLevel(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How many units there are to be had, after the `version`-th fact of the SKU."""

    sku: str
    version: int
    available: int


def _offer(recorded: Recorded, event: Any) -> RoomFrame:
    body = OfferFact(
        fact=recorded.type,
        version=recorded.version,
        offer_id=event.offer_id,
        event=msgspec.Raw(_encode(event)),
    )
    return _frame(recorded, OFFER, recorded.entity_id, body)


def stock(recorded: Recorded, event: inventory.StockFact) -> RoomFrame:
    """Of no room: whichever offers the SKU is told."""
    body = StockLevel(sku=recorded.entity_id, version=recorded.version, available=event.available)
    return _frame(recorded, STOCK, "", body)


def _frame(recorded: Recorded, kind: str, room: str, body: msgspec.Struct) -> RoomFrame:
    return RoomFrame(
        room=room,
        position=recorded.position,
        kind=kind,
        body=msgspec.Raw(_encode(body)),
        sent_us=recorded.recorded_us,
        hidden=True,
    )


MAKES = dict.fromkeys(_OF_OFFERS, _offer)
