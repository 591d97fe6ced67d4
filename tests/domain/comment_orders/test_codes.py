"""Which codes can be told from what else people write."""

import pytest

from domain.comment_orders.codes import can_be_read, loosely


@pytest.mark.parametrize("code", ["a01", "a01m", "粉", "m", "a05ขาว", "xmas", "cfx", "12a", "ชมพู"])
def test_codes_can_be_read(code: str) -> None:
    assert can_be_read(code)


@pytest.mark.parametrize(
    "code", ["x2", "cf", "cf1", "要", "รับ", "谢谢", "件", "how", "好嗎", "ไหม", "two"]
)
def test_words_and_quantities_cannot_be_codes(code: str) -> None:
    assert not can_be_read(code)


def test_zeros_do_not_matter_in_plain_codes() -> None:
    assert loosely("a1") == loosely("a01") == loosely("a0001")
    assert loosely("a01m") != loosely("a01")
    assert loosely("粉1") is None
