"""Amounts are written as people in each market write them."""

import pytest

from domain.shared import Currency, Money
from interfaces.amounts import in_words, written


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1234, "TWD", "NT$1,234"),
        (0, "TWD", "NT$0"),
        (123450, "THB", "฿1,234.50"),
        (5, "THB", "฿0.05"),
        (-123450, "THB", "-฿1,234.50"),
        (1234567, "JPY", "¥1,234,567"),
    ],
)
def test_amount_is_written(amount: int, currency: Currency, text: str) -> None:
    assert written(Money(amount=amount, currency=currency)) == text


def test_amounts_of_a_refusal_are_written_and_its_other_fields_left() -> None:
    told = in_words({"total": 123450, "currency": "THB", "field": "x"})
    assert told == {"total": "฿1,234.50", "currency": "THB", "field": "x"}
    assert in_words({"total": 9}) == {"total": 9}
