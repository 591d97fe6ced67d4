"""Rates, fees and deadlines of each market, read from a file whose entries hold from a day on.

Amounts in it are minor units of the market's currency.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec.structs import replace

from application.ordering.ports import MarketTerms, PaymentMethod
from domain.money import CURRENCY_OF
from domain.ordering.values import DeliveryNeeds, ShippingTerms
from domain.shared import Currency, Market, Money

OWN = Path(__file__).with_name("commerce_terms.json")
_TRIED_OUT = PaymentMethod(id="development", seconds=1800)


class BadTerms(Exception):
    """The file cannot be used; the text says why."""


class _Shipping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    method: str
    needs: DeliveryNeeds
    fee: int
    free_from: int | None = None
    cod: bool = False
    cod_fee: int = 0
    cod_limit: int | None = None


class _Payment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    seconds: int | None
    least: int | None = None
    most: int | None = None


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    since: datetime = msgspec.field(name="from")
    tax_basis_points: int
    return_days: int
    refunds_shipping: bool
    shipping: list[_Shipping]
    payments: list[_Payment]


class DatedTerms:
    """Implements `CommerceTerms`. Before a market's first entry, that one holds."""

    def __init__(self, entries: Mapping[Market, list[tuple[datetime, MarketTerms]]]) -> None:
        self._entries = entries

    def at(self, market: Market, now: datetime) -> MarketTerms:
        entries = self._entries[market]
        held = [terms for since, terms in entries if since <= now]
        return held[-1] if held else entries[0][1]


def load_terms(path: Path = OWN, *, development: bool = False) -> DatedTerms:
    """Raises `BadTerms`. In `development` one can also pay without a provider."""
    try:
        read = msgspec.json.decode(path.read_bytes(), type=dict[Market, list[_Entry]])
    except (OSError, msgspec.MsgspecError) as unusable:
        raise BadTerms(f"{path.name}: {unusable}") from None
    lacking = [market for market in CURRENCY_OF if not read.get(market)]
    if lacking:
        raise BadTerms(f"{path.name}: nothing about {', '.join(lacking)}")
    if any(entry.since.tzinfo is None for entries in read.values() for entry in entries):
        raise BadTerms(f"{path.name}: `from` says no offset from UTC")
    return DatedTerms(
        {
            market: [_dated(entry, CURRENCY_OF[market], development) for entry in _sorted(entries)]
            for market, entries in read.items()
        }
    )


def _sorted(entries: list[_Entry]) -> list[_Entry]:
    return sorted(entries, key=lambda entry: entry.since)


def _dated(entry: _Entry, currency: Currency, development: bool) -> tuple[datetime, MarketTerms]:  # noqa: FBT001  # a setting handed down
    terms = MarketTerms(
        tax_basis_points=entry.tax_basis_points,
        return_days=entry.return_days,
        refunds_shipping=entry.refunds_shipping,
        shipping=tuple(_shipping(one, currency) for one in entry.shipping),
        payments=tuple(_payment(one, currency) for one in entry.payments),
    )
    if development:
        terms = replace(terms, payments=(*terms.payments, _TRIED_OUT))
    return entry.since, terms


def _shipping(one: _Shipping, currency: Currency) -> ShippingTerms:
    return ShippingTerms(
        method=one.method,
        needs=one.needs,
        fee=Money(amount=one.fee, currency=currency),
        free_from=_money(one.free_from, currency),
        cod=one.cod,
        cod_fee=Money(amount=one.cod_fee, currency=currency),
        cod_limit=_money(one.cod_limit, currency),
    )


def _payment(one: _Payment, currency: Currency) -> PaymentMethod:
    return PaymentMethod(
        id=one.id,
        seconds=one.seconds,
        least=_money(one.least, currency),
        most=_money(one.most, currency),
    )


def _money(amount: int | None, currency: Currency) -> Money | None:
    return None if amount is None else Money(amount=amount, currency=currency)
