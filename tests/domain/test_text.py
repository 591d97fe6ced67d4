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


def test_a_line_of_nothing_is_refused() -> None:
    with pytest.raises(TextEmptyError):
        line("name", " ", limit=10)


def test_a_line_with_hidden_characters_is_refused() -> None:
    with pytest.raises(TextHasControlCharactersError):
        line("name", "a\u202eb", limit=10)
