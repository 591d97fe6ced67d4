"""Text of people is checked, text of other systems is tidied; both come out fit to be shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.text import TextEmptyError, TextHasControlCharactersError, line, tidied


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (None, None),
        ("", None),
        (" \n\t ", None),
        (" 小美 ", "小美"),
        ("Lin\nMei", "LinMei"),
        ("p.\u202eexe", "p.exe"),
        ("aaaaa bbbbb", "aaaaa"),
    ],
)
def test_what_another_system_calls_somebody_is_tidied(told: str | None, kept: str | None) -> None:
    assert tidied(told, limit=6) == kept


@given(st.text(max_size=30))
def test_whatever_is_tidied_passes_as_a_line(text: str) -> None:
    kept = tidied(text, limit=10)
    assert kept is None or line("name", kept, limit=10) == kept


@pytest.mark.parametrize("text", ["", " ", "\u200b\u2060", "\u3164", "\ufeff \u2800"])
def test_a_line_in_which_nothing_can_be_seen_is_refused(text: str) -> None:
    with pytest.raises(TextEmptyError):
        line("name", text, limit=10)
    assert tidied(text, limit=10) is None


@pytest.mark.parametrize("text", ["👩\u200d👧", "ก\u200bข", "가"])
def test_a_line_may_hold_what_joins_and_parts_letters(text: str) -> None:
    assert line("name", text, limit=10) == tidied(text, limit=10) == text


def test_a_line_with_hidden_characters_is_refused() -> None:
    with pytest.raises(TextHasControlCharactersError):
        line("name", "a\u202eb", limit=10)


def test_marks_do_not_pile_up_over_other_lines() -> None:
    assert line("name", "G" + "\u0489" * 30, limit=10) == "G" + "\u0489" * 4
    assert tidied("\u0301\u0301Mei", limit=10) == "Mei"


@pytest.mark.parametrize("name", ["น้ำฝน", "林美玲", "Zoë", "👩🏽‍🎤", "❤️‍🔥", "မြန်မာ"])
def test_marks_of_any_writing_stay(name: str) -> None:
    assert line("name", name, limit=40) == name
