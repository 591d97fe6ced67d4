"""What reading a comment costs grows with its length and no faster, whatever is in it: whether it
may be an order is asked while the log's writer waits."""

import pytest

from domain.comment_orders.reading import COMMENT_CHARACTERS, may_order, read
from tests.support.growth import LONGER, NO_FASTER, growth

CODES = tuple(f"{letter}{number:02}" for letter in "abc" for number in range(100))
UNITS = [
    "a1 ",
    "a1+1 ",
    "x1x1",
    "cf ",
    "1 ",
    "a",
    "長",
    "ก",
    "黑 ",
    "m ",
    "a1黑m",
    "2件",
    "各",
    "加1",
    "5",
    "x1-",
]


@pytest.mark.parametrize("unit", UNITS)
def test_a_comment_is_looked_through_once(unit: str) -> None:
    text = (unit * COMMENT_CHARACTERS)[: COMMENT_CHARACTERS // LONGER]
    assert growth(may_order, text) < NO_FASTER
    assert growth(lambda comment: read(comment, CODES, pinned=True), text) < NO_FASTER
