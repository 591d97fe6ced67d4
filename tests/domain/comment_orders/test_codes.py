"""Which codes can be told from what else people write."""

import pytest

from domain.comment_orders.codes import folded_code, is_code, loosely


@pytest.mark.parametrize("code", ["a01", "a01m", "粉", "m", "a05ขาว", "xmas", "cfx", "12a", "ชมพู"])
def test_codes_can_be_read(code: str) -> None:
    assert is_code(code, limit=20)


@pytest.mark.parametrize(
    "code",
    ["x2", "cf", "cf1", "要", "รับ", "谢谢", "件", "how", "好嗎", "ไหม", "two", "12", "", "a01!"],
)
def test_words_and_quantities_cannot_be_codes(code: str) -> None:
    assert not is_code(code, limit=20)


def test_zeros_do_not_matter_in_plain_codes() -> None:
    assert loosely("a1") == loosely("a01") == loosely("a0001")
    assert loosely("a01m") != loosely("a01")
    assert loosely("粉1") is None


def test_codes_are_compared_without_what_people_put_between() -> None:
    assert folded_code(" Ａ-０１ ") == folded_code("a 01") == "a01"


def test_a_code_is_no_longer_than_it_may_be() -> None:
    assert is_code("a" * 20, limit=20)
    assert not is_code("a" * 21, limit=20)
