import json

import pytest

from interfaces.http.i18n import LANGUAGES, catalogue, preferred


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-TW", "zh-TW"),
        ("zh-Hant", "zh-TW"),
        ("zh-HK", "zh-TW"),
        ("zh-MO", "zh-TW"),
        ("zh-Hant-CN", "zh-TW"),
        ("yue", "zh-TW"),
        ("zh", "zh-CN"),
        ("zh-Hans", "zh-CN"),
        ("zh-Hans-HK", "zh-CN"),
        ("zh-SG", "zh-CN"),
        ("ZH_tw", "zh-TW"),
        ("th-TH", "th"),
        ("ja-JP-x-private", "ja"),
        ("en-GB,en;q=0.8", "en"),
        ("fr, de;q=0.9, th;q=0.1", "th"),
        ("en;q=0.4, ja;q=0.5", "ja"),
        ("en;q=0, ja", "ja"),
        ("fr", None),
        ("*", None),
        ("", None),
        (";q=1,,;;", None),
        ("en;q=nonsense", None),
    ],
)
def test_preferred_language_follows_the_header(header: str, language: str | None) -> None:
    assert preferred(header) == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_arb_file_names_its_locale_and_has_no_empty_text(language: str) -> None:
    body, etag = catalogue().file(language)  # type: ignore[arg-type]
    texts = json.loads(body)
    assert texts["@@locale"] == language.replace("-", "_")
    assert all(text.strip() for key, text in texts.items() if not key.startswith("@"))
    assert etag.startswith('"')


def test_traditional_texts_use_no_simplified_characters() -> None:
    """A handful that differ and are frequent: a copied line would show."""
    traditional = json.loads(catalogue().file("zh-TW")[0])
    simplified = set("这个请检无没为时间数据资说认")
    shown = "".join(text for text in traditional.values() if isinstance(text, str))
    assert not simplified & set(shown)


def test_placeholders_are_filled_and_missing_ones_shown_as_gaps() -> None:
    texts = catalogue()
    assert "7 seconds" in (texts.text("en", "problem_rate_limited_detail", {"seconds": 7}) or "")
    assert "…" in (texts.text("en", "problem_rate_limited_detail", {}) or "")
