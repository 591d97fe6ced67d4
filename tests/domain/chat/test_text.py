"""What is shown is what was typed, without what cannot be seen; what is folded compares equal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.chat.text import cleaned, message_text
from domain.chat.values import MESSAGE_CHARACTERS
from domain.text import TextEmptyError, TextTooLongError, folded

ABUSABLE = (
    "\u200b\u200c\u200d\u2060\ufeff\ufe0e\ufe0f\u0301\u0338"
    "\u0e49\u20e3\u202e\u3164\U000e0067\U000e007f"
)


@pytest.mark.parametrize(
    "text",
    [
        "Is it in blue?",
        "👩\u200d👩\u200d👧\u200d👦",
        "👍🏽 🇹🇼🇹🇭 1\ufe0f\u20e3 ❤\ufe0f\u200d🔥",
        "🏳\ufe0f\u200d🌈 \U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "น้ำ ที่นี่ สิทธิ์ ผู้ซื้อ ๙๙ บาท",
        "這件好漂亮，還有貨嗎？",
        "这件好漂亮，还有货吗？",
        "これ　かわいい！ﾊﾝｶｸ も が\u3099",
        "葛\U000e0100城",
        "မြို့ ကြွ",
        "क्\u200dष می\u200cخواهم",
        "(╯°□°)╯︵ ┻━┻",
        "tiếng Việt",
    ],
)
def test_what_people_write_is_left_untouched(text: str) -> None:
    assert cleaned(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("  two   words ", "two words"),
        ("one\r\ntwo\n\n\nthree\tfour\u2028five", "one two three four five"),
        ("日本\u3000\u3000語", "日本\u3000語"),
        ("a\x00b\x1bc\x7f", "abc"),
        ("p.\u202eexe\u2066\u200f", "p.exe"),
        ("a\u200bb\u2060c\ufeff\u00ad", "abc"),
        ("a\u200d\u200d\u200cb", "a\u200db"),
        ("\u200da \u200d b\u200c", "a b"),
        ("😀\ufe0f\ufe0e\ufe0f!", "😀\ufe0f!"),
        ("Z" + "\u0336" * 30 + "o", "Z" + "\u0336" * 4 + "o"),
        ("ก" + "\u0e49" * 30, "ก" + "\u0e49" * 4),
        ("a " + "\u0336" * 9 + "b", "a b"),
        ("\u0336\u0336a", "a"),
        ("hidden\U000e0068\U000e0069", "hidden"),
        ("\U0001f3f4\U000e0067\U000e0062", "\U0001f3f4"),
        ("\ud800a", "a"),
    ],
    ids=ascii,
)
def test_what_cannot_be_seen_or_spills_over_goes(text: str, shown: str) -> None:
    assert cleaned(text) == shown


@given(st.text(max_size=60) | st.text(alphabet=f"a \u0e01👩{ABUSABLE}", max_size=60))
def test_cleaning_again_changes_nothing(text: str) -> None:
    assert cleaned(cleaned(text)) == cleaned(text)


@given(st.text(max_size=60) | st.text(alphabet=f"a \u0e01👩{ABUSABLE}", max_size=60))
def test_what_is_cleaned_is_shown_on_one_line_or_refused(text: str) -> None:
    try:
        shown = message_text(text)
    except TextEmptyError:
        return
    assert shown == cleaned(text)
    assert not any(character in shown for character in "\n\r\t\u200b\u202e")


def test_length_counts_code_points_of_what_is_shown() -> None:
    family = "👩\u200d👩\u200d👧"
    assert message_text(" " * 300 + family * 100) == family * 100
    with pytest.raises(TextTooLongError):
        message_text(family * 101)
    with pytest.raises(TextTooLongError):
        message_text("\u200b" * (MESSAGE_CHARACTERS * 4 + 1))


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Ａ０１＋２", "a01+2"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("๑๒๓", "123"),
        ("ｶﾞ", "ガ"),
        ("b\u0336a\u0301d\u200b", "bad"),
        ("two\u3000 words ", "two words"),
        ("ก้", "ก้"),
    ],
)
def test_what_is_read_the_same_is_folded_together(text: str, plain: str) -> None:
    assert folded(text) == folded(plain) == plain


@given(st.text(max_size=60))
def test_folding_again_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)
