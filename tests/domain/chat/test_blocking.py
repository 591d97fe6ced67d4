"""What blocked words and links are found in a text, and which are left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.chat.blocking import WordLists, blockable, has_blocked_word, has_link
from domain.text import TextEmptyError, folded

LISTS: WordLists = (
    ("en", ("get rich", "swindle")),
    ("ja", ("ばか", "詐欺", "💩")),
    ("th", ("โกง",)),
    ("zh-TW", ("line", "詐騙")),
)


@pytest.mark.parametrize(
    "text",
    [
        "A SWINDLE!",
        "swíndle",
        "ｓｗｉｎｄｌｅ",
        "s\u0336w\u0336i\u0336n\u0336d\u0336l\u0336e\u0336",
        "sw\u200dind\u200ble",
        "s w i n d l e",
        "it is s.w.i.n.d.l.e now",
        "GET   rich",
        "get-rich",
        "這是詐騙集團",
        "詐 騙",
        "詐｜騙",
        "これは詐欺です",
        "คุณโกงฉัน",
        "โ ก ง",
        "加line聊",
        "💩",
        "so 💩💩!",
        "詐★騙",
        "詐🔥騙",
        "詐❤️騙",
        "詐\u3164騙",
        "โ★ก\u2800ง",
        "バカ",
        "ﾊﾞｶ",
        "ば♥か",
        "sw_indle",
        "swin-dle!",
        "s★windle",
        "swin\u0489dle",
        "sw\u180bindle",
        "🆂🆆🅸🅽🅳🅻🅴",
        "🅢🅦🅘🅝🅓🅛🅔",
        "🇸🇼🇮🇳🇩🇱🇪",
    ],
)
def test_a_blocked_word_is_found(text: str) -> None:
    assert has_blocked_word(LISTS, folded(text))


@pytest.mark.parametrize(
    "text",
    [
        "swindled",
        "online",
        "outline of it",
        "get it rich",
        "詐",
        "โก งาม",
        "",
        "a b c",
        "🎉",
        "🇹🇼",
        "バッグか",
    ],
)
def test_other_words_are_left_alone(text: str) -> None:
    assert not has_blocked_word(LISTS, folded(text))


@pytest.mark.parametrize(
    "word", ["swindle", "詐騙", "โกง", "💩", "f*ck", "don’t", "บ้า", "ばか", "a-b c"]
)
def test_a_word_is_found_as_it_was_given(word: str) -> None:
    kept = blockable(word)
    assert blockable(kept) == kept
    assert has_blocked_word((("en", (kept,)),), folded(f"so {word}!"))


@given(st.text(max_size=30) | st.text(alphabet="a b|.0กข\u0e48\u3099詐騙💩\u200d", max_size=20))
def test_whatever_can_be_blocked_is_found_as_it_was_given(word: str) -> None:
    try:
        kept = blockable(word)
    except TextEmptyError:
        return
    assert blockable(kept) == kept
    assert has_blocked_word((("en", (kept,)),), folded(word))


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/x",
        "ｈｔｔｐｓ：／／example",
        "http : // example",
        "line://ti/p/x",
        "www.example",
        "go to example.com now",
        "example.com很好",
        "example．com",
        "example。tw",
        "example (dot) com",
        "example .shop",
        "591.com.tw",
        "bit.ly/x",
        "t.me/abc",
        "line.me/ti/p/x",
        "例子.com",
        "mail@mail.com",
        "xn--fsq.xn--0zwm56d",
        "exa\u200bmple.c\u200bom",
    ],
)
def test_a_link_is_found(text: str) -> None:
    assert has_link(folded(text))


@pytest.mark.parametrize(
    "text",
    [
        "3.5 or 4.0",
        "tell.me more",
        "wait...what",
        "好.謝謝",
        "加油。台灣",
        "e.g. this one",
        "ok. com on",
        "A01+2",
        "9/10",
        "10:30",
        "w w w",
        "www is old",
        "Mr.Lin",
        "ราคา 99.50 บาท",
    ],
)
def test_what_is_no_link_is_left_alone(text: str) -> None:
    assert not has_link(folded(text))
