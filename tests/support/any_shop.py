"""A shop in memory: the handlers that run in production decide, on states that are kept here. What
must always be true of it is asked after every command."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

import msgspec

from application.handling import Handlers
from application.inventory import handlers as inventory_handlers
from application.ordering import carts
from application.ordering import handlers as order_handlers
from application.processes import (
    cancelling,
    checkout,
    claiming,
    holds,
    returns,
    settling,
    waitlist,
)
from domain.inventory import events as stock
from domain.inventory.deciding import SKU
from domain.inventory.sku import Sku
from domain.ordering import events as fact
from domain.ordering.cart import Cart
from domain.ordering.carting import CART
from domain.ordering.coupon import COUPON
from domain.ordering.order import Order
from domain.ordering.ordering import ORDER
from domain.ordering.values import CouponTerms
from domain.shared import Command, Decider, DomainError, Event, Money
from domain.showcase import events as showcase
from domain.showcase.deciding import SHOWCASE
from domain.showcase.values import OfferTerms
from tests.support.builders import HOST, NOON, SHOW

HANDLERS: Handlers = {
    **inventory_handlers.HANDLERS,
    **carts.HANDLERS,
    **order_handlers.HANDLERS,
    **claiming.HANDLERS,
    **holds.HANDLERS,
    **waitlist.HANDLERS,
    **checkout.HANDLERS,
    **settling.HANDLERS,
    **cancelling.HANDLERS,
    **returns.HANDLERS,
}
BUYERS = ("ann", "bo", "cy")
SKUS = ("S1", "S2")


def twd(amount: int) -> Money:
    return Money(amount=amount, currency="TWD")


def _terms(code: str, sku: str, price: int, **changes: Any) -> OfferTerms:
    told: dict[str, Any] = {
        "sku": sku,
        "product_id": "p",
        "code": code,
        "price": twd(price),
        "titles": {},
        "hold_seconds": 60,
        "answer_seconds": 30,
    }
    return OfferTerms(**{**told, **changes})


OFFERS: dict[str, OfferTerms] = {
    "o1": _terms("A01", "S1", 333, per_customer=3),
    "o2": _terms("A02", "S1", 199, quantity=4),
    "o3": _terms("B01", "S2", 77, hold_policy="on_checkout"),
    "o4": _terms("B02", "S2", 1000, hold_policy="none"),
    "o5": _terms("B03", "S2", 41, waitlist=False),
    "o6": _terms("B04", "S2", 59),
}


COUPONS = {
    "FEW": CouponTerms(kind="amount", amount=twd(100), total=2),
    "TENTH": CouponTerms(kind="percent", basis_points=1000, per_customer=9),
}


@dataclass
class AnyShop:
    """`log` has every stream's facts, `refused` the codes of what was refused."""

    states: dict[str, Any] = field(default_factory=dict)
    log: dict[str, list[Event]] = field(default_factory=dict)
    deciders: dict[str, Decider[Any]] = field(default_factory=dict)
    now: datetime = NOON
    intake: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SKUS, 0))
    carts: dict[str, str] = field(default_factory=lambda: {who: f"c-{who}" for who in BUYERS})
    orders: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def open(self) -> None:
        opened: tuple[Event, ...] = (showcase.ShowcaseOpened(host_id=HOST, market="TW"),)
        for offer_id, terms in OFFERS.items():
            opened += (
                showcase.OfferPrepared(offer_id=offer_id, terms=terms),
                showcase.OfferOpened(offer_id=offer_id, opened_at=NOON),
            )
        merging = showcase.MergingChanged(merge_orders=True)
        self._record(SHOWCASE, SHOWCASE.stream(SHOW), (*opened, merging))
        for sku in SKUS:
            registered = stock.SkuRegistered(product_id="p", merchant_id=HOST)
            self._record(SKU, SKU.stream(sku), (registered,))
        for code, worth in COUPONS.items():
            issued = fact.CouponIssued(host_id=HOST, market="TW", terms=worth)
            self._record(COUPON, COUPON.stream(code), (issued,))

    def execute(self, command: Command) -> bool:
        """Whether it was accepted. All of its facts are recorded, or none."""
        handler = HANDLERS[type(command)]
        streams = handler.streams(command)
        assert len(set(streams)) == len(streams)
        deciders = handler.deciders_of(streams)
        for stream, decider in zip(streams, deciders, strict=True):
            self.states.setdefault(stream, decider.initial)
            self.deciders[stream] = decider
        states = tuple(self.states[stream] for stream in streams)
        try:
            decision = handler.decide(states, command)
        except DomainError as refusal:
            self.refused.append(refusal.code)
            return False
        assert len(decision) == len(streams)
        for stream, decider, facts in zip(streams, deciders, decision, strict=True):
            self._record(decider, stream, tuple(facts))
        handler.answer(command, tuple(self.states[stream] for stream in streams))
        return True

    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    def sku(self, sku: str) -> Sku:
        found: Sku = self.states[SKU.stream(sku)]
        return found

    def cart(self, who: str) -> Cart:
        found: Cart = self.states.get(CART.stream(self.carts[who]), CART.initial)
        return found

    def order(self, order_id: str) -> Order:
        found: Order = self.states[ORDER.stream(order_id)]
        return found

    def all_orders(self) -> list[Order]:
        return [self.order(order_id) for order_id in self.orders]

    def facts(self, stream: str, kind: type[Event]) -> list[Any]:
        return [one for one in self.log.get(stream, []) if isinstance(one, kind)]

    def replayed(self) -> dict[str, Any]:
        """The states as the facts alone make them, each through its stored form."""
        return {
            stream: reduce(self.deciders[stream].evolve, facts, self.deciders[stream].initial)
            for stream, facts in self.log.items()
        }

    def stored(self) -> dict[str, Any]:
        """The states as they come back from snapshots."""
        return {
            stream: msgspec.json.decode(msgspec.json.encode(state), type=type(state))
            for stream, state in self.states.items()
        }

    def _record(self, decider: Decider[Any], stream: str, facts: tuple[Event, ...]) -> None:
        self.deciders[stream] = decider
        state = self.states.setdefault(stream, decider.initial)
        for each in facts:
            before, state = state, decider.evolve(state, each)
            if isinstance(each, stock.StockFact):
                _check_stock_fact(before, state, each)
        self.states[stream] = state
        self.log.setdefault(stream, []).extend(facts)


def _check_stock_fact(before: Sku, after: Sku, each: stock.StockFact) -> None:
    """It tells what is so after it; what can be served is first served who waits first."""
    assert each.quantity != 0
    assert (each.available, each.waiting) == (after.available, after.waiting)
    could = [one for one in before.waitlist if _could_be_served(before, one.offer_id)]
    if isinstance(each, stock.WaitlistServed):
        assert (could[0].cart_id, could[0].offer_id) == (each.cart_id, each.offer_id)
    elif isinstance(each, stock.StockReserved) and not each.waited:
        assert not could


def _could_be_served(sku: Sku, offer_id: str) -> bool:
    most = OFFERS[offer_id].quantity
    return most is None or sku.taken.get(offer_id, 0) < most
