"""What is taken for a claim of something on sale, and what is only talk."""

import pytest

from domain.chat.claims import may_be_claim
from domain.text import folded


@pytest.mark.parametrize(
    "text",
    [
        "A01+2",
        "a01 +2",
        "Ａ０１＋２",
        "CF A01 2",
        "A01 2",
        "A01",
        "เอา A01",
        "A๐๑ ครับ",
        "A01+1 B02+3",
        "a01, b02x2",
        "我要A01+1",
        "A01兩件"[:3] + "2件",
        "A+1",
    ],
)
def test_codes_and_quantities_may_be_a_claim(text: str) -> None:
    assert may_be_claim(folded(text))


@pytest.mark.parametrize(
    "text",
    ["", "hello", "+1", "100", "ok 100", "How much is A01?", "A01 is nice", "A01+2 " * 40, "第1件"],
)
def test_talk_is_no_claim(text: str) -> None:
    assert not may_be_claim(folded(text))
