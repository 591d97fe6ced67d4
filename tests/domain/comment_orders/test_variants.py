"""Whether something is of the colour and the size that somebody wrote."""

import pytest

from domain.comment_orders.variants import differs, variant


@pytest.mark.parametrize(
    ("values", "named"),
    [
        (("黑色", "M"), {"black", "m"}),
        (("สีขาว", "ไซส์ 38"), {"white", "38"}),
        (("ブラック", "XXL"), {"black", "2xl"}),
        (("Navy", "38號"), {"navy", "38"}),
        (("經典款", "大紅"), {"red"}),
        ((), set()),
    ],
)
def test_variants_are_known_in_every_language(values: tuple[str, ...], named: set[str]) -> None:
    assert variant(values) == named


def test_another_colour_or_size_differs() -> None:
    black_m = variant(["黑", "M"])
    assert differs(["white"], black_m)
    assert differs(["black", "l"], black_m)
    assert not differs(["black"], black_m)
    assert not differs([], black_m)


def test_what_says_nothing_of_it_may_have_any() -> None:
    assert not differs(["white", "l"], variant(["經典款"]))
    assert not differs(["white"], variant(["M"]))
