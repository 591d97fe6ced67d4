"""On what terms something may be offered: codes, ranges, currency, and times in order."""

from datetime import UTC, datetime
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from domain.money import CURRENCY_OF
from domain.shared import Market
from domain.showcase import errors
from domain.showcase.codes import sale_code
from domain.showcase.commands import ReviseOffer
from domain.showcase.values import (
    COUNTDOWN_SECONDS_AT_MOST,
    HOLD_SECONDS_AT_LEAST,
    HOLD_SECONDS_AT_MOST,
    PRICE_AT_MOST,
    QUANTITY_AT_MOST,
    OfferTerms,
)

_REVISABLE = tuple(
    name for name in ReviseOffer.__struct_fields__ if name in OfferTerms.__struct_fields__
)
_RANGES: tuple[tuple[str, int, int], ...] = (
    ("quantity", 1, QUANTITY_AT_MOST),
    ("per_customer", 1, QUANTITY_AT_MOST),
    ("hold_seconds", HOLD_SECONDS_AT_LEAST, HOLD_SECONDS_AT_MOST),
    ("answer_seconds", HOLD_SECONDS_AT_LEAST, HOLD_SECONDS_AT_MOST),
    ("open_seconds", 1, COUNTDOWN_SECONDS_AT_MOST),
)


def offerable(terms: OfferTerms, market: Market, now: datetime) -> OfferTerms:
    """The terms as they are kept: the code as it is shown, times in UTC. Raises what is wrong with
    them."""
    _refuse_out_of_range(terms)
    _refuse_other_money(terms, market)
    kept = replace(
        terms,
        code=sale_code(terms.code),
        opens_at=_in_utc("opens_at", terms.opens_at),
        closes_at=_in_utc("closes_at", terms.closes_at),
    )
    _refuse_times_out_of_order(kept, now)
    return kept


def revised(terms: OfferTerms, command: ReviseOffer) -> OfferTerms:
    """With what the command sets."""
    asked: dict[str, Any] = {name: getattr(command, name) for name in _REVISABLE}
    return replace(terms, **{name: value for name, value in asked.items() if value is not UNSET})


def _refuse_out_of_range(terms: OfferTerms) -> None:
    for field, least, most in _RANGES:
        value: int | None = getattr(terms, field)
        if value is not None and not least <= value <= most:
            raise errors.OfferTermsOutOfRangeError(field=field, least=least, most=most)
    if not 1 <= terms.price.amount <= PRICE_AT_MOST:
        raise errors.OfferTermsOutOfRangeError(field="price", least=1, most=PRICE_AT_MOST)


def _refuse_other_money(terms: OfferTerms, market: Market) -> None:
    currency = CURRENCY_OF[market]
    if terms.price.currency != currency:
        raise errors.WrongCurrencyError(field="price", currency=currency)


def _refuse_times_out_of_order(terms: OfferTerms, now: datetime) -> None:
    """What is to open in the past would open at once, to its host's surprise."""
    opens_at, closes_at = terms.opens_at, terms.closes_at
    if opens_at is not None and opens_at <= now:
        raise errors.TimesOutOfOrderError(field="opens_at")
    if closes_at is not None and closes_at <= (opens_at or now):
        raise errors.TimesOutOfOrderError(field="closes_at")


def _in_utc(field: str, moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the calendar's first and last hours have no time in UTC
        raise errors.TimesOutOfOrderError(field=field) from None
