"""A shop decided in memory, by the handlers that decide it on the log: states by stream, and all
the facts in order. Builders give valid defaults."""

from collections.abc import Iterator
from functools import reduce
from typing import Any

from application.handling import Handlers
from application.inventory import handlers as inventory
from application.ordering import carts
from application.processes import claiming, holds, waitlist
from domain.inventory import events as stock_fact
from domain.inventory.deciding import SKU
from domain.inventory.sku import Sku
from domain.ordering import commands as ask
from domain.ordering.cart import Cart, CartLine
from domain.ordering.carting import CART
from domain.shared import Command, Decider, Event, Money
from domain.showcase import events as showcase_fact
from domain.showcase.deciding import SHOWCASE
from domain.showcase.values import OfferTerms
from tests.support.builders import HOST, NOON, SHOW, at

COAT = "COAT-RED-M"
OFFER = "0190f3a2-0000-7000-8000-00000000a001"
ANOTHER_OFFER = "0190f3a2-0000-7000-8000-00000000a002"
PRODUCT = "0190f3a2-0000-7000-8000-00000000b001"
MEI, ARI, BOON = "user-mei", "user-ari", "user-boon"
HANDLERS: Handlers = {
    **inventory.HANDLERS,
    **carts.HANDLERS,
    **claiming.HANDLERS,
    **holds.HANDLERS,
    **waitlist.HANDLERS,
}


def terms(**changes: Any) -> OfferTerms:
    told: dict[str, Any] = {
        "sku": COAT,
        "product_id": PRODUCT,
        "code": "A01",
        "price": Money(amount=1290, currency="TWD"),
        "titles": {"zh-TW": "紅色大衣", "en": "Red coat"},
        "options": {"colour": "red", "size": "M"},
    }
    return OfferTerms(**{**told, **changes})


class ShopFloor:
    """`ask` decides a command as the sequencer would, or raises its refusal."""

    def __init__(self, handlers: Handlers = HANDLERS) -> None:
        self._handlers = handlers
        self._states: dict[str, Any] = {}
        self.facts: list[tuple[str, Event]] = []

    def given(self, decider: Decider[Any], entity_id: str, *events: Event) -> "ShopFloor":
        stream = decider.stream(entity_id)
        state = self._states.get(stream, decider.initial)
        self._states[stream] = reduce(decider.evolve, events, state)
        self.facts += [(stream, event) for event in events]
        return self

    def stocked(self, units: int, sku: str = COAT) -> "ShopFloor":
        registered = stock_fact.SkuRegistered(product_id=PRODUCT, merchant_id=HOST)
        self.given(SKU, sku, registered)
        received = stock_fact.StockReceived(quantity=units, available=units)
        return self.given(SKU, sku, received) if units else self

    def offering(self, offer_id: str = OFFER, **changes: Any) -> "ShopFloor":
        if SHOWCASE.stream(SHOW) not in self._states:
            opened = showcase_fact.ShowcaseOpened(host_id=HOST, market="TW")
            self.given(SHOWCASE, SHOW, opened)
        prepared = showcase_fact.OfferPrepared(offer_id=offer_id, terms=terms(**changes))
        open_now = showcase_fact.OfferOpened(offer_id=offer_id, opened_at=NOON)
        return self.given(SHOWCASE, SHOW, prepared, open_now)

    def ask(self, command: Command) -> tuple[Event, ...]:
        """The facts it came to, in the order they are appended."""
        handler = self._handlers[type(command)]
        streams = handler.streams(command)
        deciders = handler.deciders_of(streams)
        states = tuple(
            self._states.get(stream, decider.initial)
            for stream, decider in zip(streams, deciders, strict=True)
        )
        decision = handler.decide(states, command)
        before = len(self.facts)
        for stream, decider, events in zip(streams, deciders, decision, strict=True):
            self.given(decider, stream.partition("-")[2], *events)
        return tuple(event for _, event in self.facts[before:])

    def sku(self, sku: str = COAT) -> Sku:
        state: Sku = self._states.get(SKU.stream(sku), SKU.initial)
        return state

    def cart(self, buyer_id: str = MEI) -> Cart:
        state: Cart = self._states.get(CART.stream(cart_of(buyer_id)), CART.initial)
        return state

    def line(self, buyer_id: str = MEI, offer_id: str = OFFER) -> CartLine:
        return self.cart(buyer_id).line(offer_id)

    def told(self, *kinds: type[Event]) -> Iterator[Event]:
        return (event for _, event in self.facts if isinstance(event, kinds))


def floor(units: int = 10, **offer: Any) -> ShopFloor:
    """So many coats on the shelf, and one offer of them that is open."""
    return ShopFloor().stocked(units).offering(**offer)


def cart_of(buyer_id: str) -> str:
    return f"cart-of-{buyer_id}"


def _about(buyer_id: str, seconds: float) -> dict[str, Any]:
    return {
        "cart_id": cart_of(buyer_id),
        "buyer_id": buyer_id,
        "stream_id": SHOW,
        "now": at(seconds),
    }


def claim(
    quantity: int = 1, buyer_id: str = MEI, *, seconds: float = 0, **changes: Any
) -> ask.ClaimItem:
    """So many seconds past noon."""
    told = {"offer_id": OFFER, "sku": COAT, "quantity": quantity}
    return ask.ClaimItem(**{**_about(buyer_id, seconds), **told, **changes})


def put(
    quantity: int, buyer_id: str = MEI, *, seconds: float = 0, **changes: Any
) -> ask.SetCartItem:
    told = {"offer_id": OFFER, "sku": COAT, "quantity": quantity}
    return ask.SetCartItem(**{**_about(buyer_id, seconds), **told, **changes})


def expire(buyer_id: str = MEI, *, seconds: float, skus: tuple[str, ...] = (COAT,)) -> Command:
    return ask.ExpireHolds(cart_id=cart_of(buyer_id), skus=skus, now=at(seconds))


def serve(*buyer_ids: str, seconds: float = 0, sku: str = COAT) -> ask.ServeWaitlist:
    carts_ = tuple(map(cart_of, buyer_ids))
    return ask.ServeWaitlist(sku=sku, cart_ids=carts_, now=at(seconds))
