"""Which of a thing's texts its reader gets, when there may be none in their language."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from domain.shared import Language

T = TypeVar("T")


def best_language(
    texts: Mapping[Language, T], wanted: Language, own: Language | None = None
) -> Language | None:
    """The language to show of those there are; None: there is no text at all.

    After the wanted one come: traditional Chinese to who wants simplified, the thing's `own`
    language, English, any. Readers in Taiwan get simplified Chinese only if there is nothing else.
    """
    found: list[Language] = [
        language for language in _order(wanted, own, texts) if language in texts
    ]
    if wanted == "zh-TW" and found[:1] == ["zh-CN"]:
        found = [language for language in found if language != "zh-CN"] or found
    return found[0] if found else None


def translated(texts: Mapping[Language, str], wanted: Language, own: Language | None = None) -> str:
    """The text in the best language there is; empty where there is none."""
    language = best_language(texts, wanted, own)
    return texts[language] if language else ""


def _order(
    wanted: Language, own: Language | None, texts: Mapping[Language, object]
) -> Iterator[Language]:
    yield wanted
    if wanted == "zh-CN":
        yield "zh-TW"
    if own is not None:
        yield own
    yield "en"
    yield from texts
