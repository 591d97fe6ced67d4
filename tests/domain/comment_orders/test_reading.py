"""Comments as people write them, and what they order: `comments.csv` has them, each with its
outcome; nothing there is ordinary talk."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.comment_orders.reading import COMMENT_CHARACTERS, WISHES_AT_MOST, may_order, read
from domain.comment_orders.wishes import Wish
from domain.comment_orders.words import WORDS
from domain.text import folded

CODES = ("a01", "a02", "a02m", "a02l", "a03黑", "a05ขาว", "b02", "c01", "z02", "粉", "白", "m5")
TABLE = Path(__file__).with_name("comments.csv")


def rows() -> list[tuple[str, str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [(row["language"], row["comment"], row["ordered"]) for row in csv.DictReader(file)]


def told(wishes: tuple[Wish, ...]) -> str:
    return " · ".join(map(_told, wishes))


def _told(wish: Wish) -> str:
    known = () if wish.known else ("unknown",)
    return " ".join((*known, wish.code or "pinned", f"x{wish.quantity}", *wish.options))


@pytest.mark.parametrize(("comment", "ordered"), [row[1:] for row in rows()])
def test_a_comment_orders_what_people_mean_by_it(comment: str, ordered: str) -> None:
    assert told(read(folded(comment), CODES, pinned=True)) == ordered


@pytest.mark.parametrize("comment", [row[1] for row in rows() if row[2].startswith("pinned")])
def test_a_quantity_alone_is_talk_where_nothing_is_pinned(comment: str) -> None:
    assert read(folded(comment), CODES, pinned=False) == ()


def test_the_table_has_orders_and_talk_of_every_language() -> None:
    kinds = Counter((language, bool(ordered)) for language, _, ordered in rows())
    assert min(kinds.values()) >= 6
    assert len(kinds) == 10
    assert kinds.total() >= 200


@pytest.mark.parametrize("comment", [row[1] for row in rows() if row[2]])
def test_an_order_stands_whatever_else_is_said(comment: str) -> None:
    assert may_order(folded(comment))


PIECES = (
    *CODES,
    *("A01", "A 01", "a1", "Q99", "ｃｆ", "+1", "+ 2", "x2", "加一", "十1", "2", "38", "2件", "兩"),
    *("號", " ", "、", "-", ".", "?", "元", "555", "<3", "size"),
    *sorted(WORDS)[::7],
)


@given(
    st.lists(st.sampled_from(PIECES), max_size=9),
    st.sets(st.sampled_from(CODES)),
    st.booleans(),
)
def test_nothing_is_ordered_that_does_not_stand(
    pieces: list[str], codes: set[str], pinned: bool
) -> None:
    comment = folded("".join(pieces))
    wishes = read(comment, codes, pinned=pinned)
    assert may_order(comment) or not wishes
    assert all(wish.quantity > 0 for wish in wishes)
    assert all(wish.code in codes for wish in wishes if wish.known and wish.code)
    assert pinned or all(wish.code for wish in wishes)


@given(st.text(max_size=60))
def test_any_text_at_all_is_read(text: str) -> None:
    assert may_order(folded(text)) in {True, False}
    read(folded(text), CODES, pinned=True)


def test_a_comment_too_long_to_be_an_order_is_talk() -> None:
    long = "a01+1 " * (COMMENT_CHARACTERS // 6 + 1)
    assert not may_order(long)
    assert read(long, CODES, pinned=True) == ()


def test_a_comment_that_orders_everything_is_talk() -> None:
    codes = [f"a{number}" for number in range(1, WISHES_AT_MOST + 2)]
    assert read(" ".join(codes), codes, pinned=False) == ()
    assert len(read(" ".join(codes[1:]), codes, pinned=False)) == WISHES_AT_MOST


def test_a_code_is_not_guessed_where_zeros_make_two_of_it() -> None:
    assert told(read("a001+1", ["a1", "a01"], pinned=False)) == "unknown a001 x1"
    assert told(read("a1+1 a01+2", ["a1", "a01"], pinned=False)) == "a1 x1 · a01 x2"
