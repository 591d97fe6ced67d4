"""Which text a reader gets when there is none in their language."""

import pytest

from domain.shared import Language
from projections.translations import best_language, translated


@pytest.mark.parametrize(
    ("there", "wanted", "own", "shown"),
    [
        (["zh-TW", "th", "en"], "th", "zh-TW", "th"),
        (["zh-TW", "en", "th"], "ja", "th", "th"),
        (["zh-TW", "en"], "ja", None, "en"),
        (["zh-TW", "th"], "ja", None, "zh-TW"),
        (["zh-TW", "en"], "zh-CN", "en", "zh-TW"),
        (["zh-CN", "en"], "zh-TW", "zh-CN", "en"),
        (["zh-CN", "th"], "zh-TW", "zh-CN", "th"),
        (["zh-CN"], "zh-TW", "zh-CN", "zh-CN"),
        ([], "en", None, None),
    ],
)
def test_the_nearest_language_there_is(
    there: list[Language], wanted: Language, own: Language | None, shown: Language | None
) -> None:
    texts: dict[Language, str] = {language: f"in {language}" for language in there}
    assert best_language(texts, wanted, own) == shown
    assert translated(texts, wanted, own) == (f"in {shown}" if shown else "")
