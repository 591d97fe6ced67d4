"""Languages: which one a caller reads, and the catalogue of texts in all five.

The texts stand in `interfaces/i18n/<language>.arb`; client apps load the same files.
"""

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

import msgspec

from domain.shared import Language

LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT_LANGUAGE: Language = "en"

_FOLDER = Path(__file__).parent.parent / "i18n"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_MOST_RANGES = 20
_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})
_SIMPLIFIED = frozenset({"hans", "cn", "sg", "my"})


class Catalogue:
    """Every text by language and key. A key that one language lacks is a bug a test finds."""

    def __init__(self, files: Mapping[Language, bytes]) -> None:
        self._files = files
        self._etags = {
            language: f'"{hashlib.sha256(body).hexdigest()[:32]}"'
            for language, body in files.items()
        }
        self._texts: dict[str, dict[str, Any]] = {
            language: msgspec.json.decode(body) for language, body in files.items()
        }

    def text(self, language: Language, key: str, fields: Mapping[str, Any]) -> str | None:
        """The text with its `{placeholders}` filled from `fields`; None: no such key."""
        template = self._texts[language].get(key)
        if template is None or "{" not in template:
            return template
        return _PLACEHOLDER.sub(lambda found: str(fields.get(found[1], "…")), template)

    def keys(self, language: Language) -> frozenset[str]:
        return frozenset(key for key in self._texts[language] if not key.startswith("@"))

    def placeholders(self, language: Language, key: str) -> frozenset[str]:
        return frozenset(_PLACEHOLDER.findall(self._texts[language].get(key, "")))

    def file(self, language: Language) -> tuple[bytes, str]:
        """The ARB file and its entity tag."""
        return self._files[language], self._etags[language]


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    return Catalogue(
        {language: (_FOLDER / f"{language}.arb").read_bytes() for language in LANGUAGES}
    )


@lru_cache(maxsize=2048)
def preferred(accept_language: str) -> Language | None:
    """The best of our languages for an Accept-Language header (RFC 9110 §12.5.4), by the lookup
    of RFC 4647 §3.4; None when it names none of them.

    Traditional and simplified Chinese are never given for one another.
    """
    ranges = sorted(_ranges(accept_language), key=lambda weighted: -weighted[1])
    return next((found for tag, _ in ranges if (found := _match(tag))), None)


def _ranges(header: str) -> list[tuple[str, float]]:
    ranges = []
    for part in header.split(",")[:_MOST_RANGES]:
        tag, _, parameter = part.partition(";")
        weight = _weight(parameter)
        if weight > 0:
            ranges.append((tag.strip().lower(), weight))
    return ranges


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def _match(tag: str) -> Language | None:
    primary, *subtags = tag.replace("_", "-").split("-")
    match primary:
        case "zh" | "cmn":
            return _chinese(subtags)
        case "yue" | "nan" | "hak":
            return _chinese(subtags or ["hant"])
        case "th" | "ja" | "en":
            return primary
        case _:
            return None


def _chinese(subtags: list[str]) -> Language:
    """The script decides, where it is told, else the region: zh-Hans-HK is simplified."""
    for subtag in subtags:
        if subtag in _TRADITIONAL:
            return "zh-TW"
        if subtag in _SIMPLIFIED:
            return "zh-CN"
    return "zh-CN"
