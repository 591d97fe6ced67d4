"""Amounts as people in each market write them: NT$1,234 and ฿1,234.50, whatever the language.

Not by CLDR, which gives TWD two decimals and spells THB out everywhere but in Thai.
"""

from collections.abc import Mapping
from typing import Any

from domain.shared import CURRENCY_EXPONENTS, Currency, Money

_SIGNS: dict[Currency, str] = {"TWD": "NT$", "THB": "฿", "JPY": "¥"}
_AMOUNTS = ("total", "minimum", "maximum")  # fields of refusals that count minor units


def written(money: Money) -> str:
    """Exact: rounding is the domain's."""
    exponent = CURRENCY_EXPONENTS[money.currency]
    whole, rest = divmod(abs(money.amount), 10**exponent)
    decimals = f".{rest:0{exponent}d}" if exponent else ""
    minus = "-" if money.amount < 0 else ""
    return f"{minus}{_SIGNS[money.currency]}{whole:,}{decimals}"


def in_words(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A refusal's fields with its amounts as they are written, where it names a `currency`."""
    currency = fields.get("currency")
    if currency not in _SIGNS:
        return dict(fields)
    return {
        name: written(Money(amount=value, currency=currency))
        if name in _AMOUNTS and isinstance(value, int)
        else value
        for name, value in fields.items()
    }
