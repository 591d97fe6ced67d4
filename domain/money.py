"""Sums of money, exact to the minor unit. Rounding happens here and nowhere else."""

from collections.abc import Iterable, Sequence

from domain.shared import Currency, Market, Money

CURRENCY_OF: dict[Market, Currency] = {"TW": "TWD", "TH": "THB"}
BASIS_POINTS = 10_000  # in a whole: 500 are 5 %


class MixedCurrencies(ValueError):
    """Amounts of two currencies were to be added up: a mistake in the code."""


def nothing(currency: Currency) -> Money:
    return Money(amount=0, currency=currency)


def times(money: Money, count: int) -> Money:
    return Money(amount=money.amount * count, currency=money.currency)


def total(parts: Iterable[Money], currency: Currency) -> Money:
    """Raises `MixedCurrencies`."""
    amount = 0
    for part in parts:
        if part.currency != currency:
            raise MixedCurrencies(f"{part.currency} among {currency}")
        amount += part.amount
    return Money(amount=amount, currency=currency)


def minus(money: Money, less: Money) -> Money:
    """Raises `MixedCurrencies`. May fall below zero."""
    return total((money, Money(amount=-less.amount, currency=less.currency)), money.currency)


def part_of(money: Money, basis_points: int) -> Money:
    """So many ten-thousandths, half a unit rounded up."""
    amount = (money.amount * basis_points * 2 + BASIS_POINTS) // (2 * BASIS_POINTS)
    return Money(amount=amount, currency=money.currency)


def included_tax(gross: Money, basis_points: int) -> Money:
    """The tax that is in a price that includes it: gross x rate / (1 + rate), half rounded up."""
    whole = BASIS_POINTS + basis_points
    amount = (gross.amount * basis_points * 2 + whole) // (2 * whole)
    return Money(amount=amount, currency=gross.currency)


def shared_out(money: Money, weights: Sequence[int]) -> tuple[Money, ...]:
    """`money` over parts in proportion to `weights` (not all zero), nothing lost: what rounding
    down leaves over goes, a unit each, to the parts that lost most by it (the largest remainder,
    the earlier first)."""
    whole = sum(weights)
    floors = [money.amount * weight // whole for weight in weights]
    rests = [(-(money.amount * weight % whole), place) for place, weight in enumerate(weights)]
    for _, place in sorted(rests)[: money.amount - sum(floors)]:
        floors[place] += 1
    return tuple(Money(amount=floor, currency=money.currency) for floor in floors)
