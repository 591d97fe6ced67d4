"""What ordering needs from the outside, as roles. Adapters stand in infrastructure."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import msgspec

from domain.ordering.values import ShippingTerms
from domain.shared import Market, Money

Clock = Callable[[], datetime]
NewId = Callable[[], str]


class PaymentMethod(msgspec.Struct, frozen=True, kw_only=True):
    """A way to pay in a market, between these amounts. `seconds` is how long an order waits for
    it; None: it is paid on delivery."""

    id: str
    seconds: int | None = None
    least: Money | None = None
    most: Money | None = None


class MarketTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What holds in a market on some day, methods in the order people are shown them.
    `refunds_shipping`: who sends all of an order back gets what sending it cost as well."""

    tax_basis_points: int
    return_days: int
    refunds_shipping: bool
    shipping: tuple[ShippingTerms, ...]
    payments: tuple[PaymentMethod, ...]

    def way_to_send(self, method: str) -> ShippingTerms | None:
        return next((one for one in self.shipping if one.method == method), None)

    def way_to_pay(self, method: str) -> PaymentMethod | None:
        return next((one for one in self.payments if one.id == method), None)


class CommerceTerms(Protocol):
    """Rates, fees and deadlines, as data that holds from some day on."""

    def at(self, market: Market, now: datetime) -> MarketTerms: ...


class NumberKey(Protocol):
    """The secret that order numbers are made with, the same in all processes, for ever."""

    async def __call__(self, content: bytes) -> bytes: ...
