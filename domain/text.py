"""What text people may write, whatever it is for, and how it is folded to be compared. Limits are
each context's own."""

import re
import unicodedata

from domain.shared import DomainError

# Overriding the reading direction lets a text display as something it is not.
_DIRECTION_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Letters and symbols that show nothing: fillers of Hangul, and an empty pattern of Braille.
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
# No writing stacks more marks on a letter: Thai needs two, Burmese four.
_MARKS_AT_MOST = 4
_STACKING = frozenset({"Mn", "Me"})
_JOINERS = "\u200c\u200d"  # of emoji, and in the writings of India and Persia
_UNSEEN = frozenset({"Cc", "Cf", "Cs"})

# Accents and strokes over letters that mean the same without them, and which picture of a character
# is meant; no vowel or tone of Thai.
_ORNAMENTS = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
_THAI_DIGIT = re.compile("[๐-๙]")


class TextEmptyError(DomainError):
    """`field` names the text, which has nothing in it that can be seen."""

    code = "text_empty"


class TextTooLongError(DomainError):
    """`field` names the text, `limit` counts characters."""

    code = "text_too_long"


class TextHasControlCharactersError(DomainError):
    """`field` names the text."""

    code = "text_has_control_characters"


def line(field: str, text: str, *, limit: int) -> str:
    """One line of text, trimmed, its marks unpiled; `limit` counts characters."""
    trimmed = unpiled(text.strip())
    if _is_blank(trimmed):
        raise TextEmptyError(field=field)
    return _checked(field, trimmed, limit=limit, allowed="")


def paragraphs(field: str, text: str, *, limit: int) -> str:
    """Text of several lines, trimmed, possibly empty; `limit` counts characters."""
    return _checked(field, text.strip(), limit=limit, allowed="\n\r\t")


def tidied(text: str | None, *, limit: int) -> str | None:
    """What can be kept as one line of a text nobody here can be asked to correct; None: nothing.

    `limit` counts characters.
    """
    kept = "".join(character for character in text or "" if not _is_control(character))
    cut = unpiled(kept.strip())[:limit].strip()
    return None if _is_blank(cut) else cut


def unpiled(text: str) -> str:
    """Marks stand on something, and not so many of them that they spill over other lines."""
    if text.isascii():
        return text
    category, kept, marks = unicodedata.category, list[str](), _MARKS_AT_MOST
    for character in text:
        if category(character) in _STACKING:
            marks += 1
            if marks > _MARKS_AT_MOST:
                continue
        elif character not in _JOINERS:
            marks = _MARKS_AT_MOST if character.isspace() else 0
        kept.append(character)
    return "".join(kept)


def folded(text: str) -> str:
    """For comparison alone: full and half width, cases, ornaments and Thai digits made one, white
    space collapsed, what is unseen left out. Never shown."""
    plain = text.casefold() if text.isascii() else _plain(text)
    return " ".join(plain.split())


def _plain(text: str) -> str:
    bare = _ORNAMENTS.sub("", unicodedata.normalize("NFKD", seen(text)))
    return _THAI_DIGIT.sub(_digit, unicodedata.normalize("NFKC", bare.casefold()))


def seen(text: str, *, but: frozenset[str] = frozenset()) -> str:
    """Without what cannot be seen, `but` for these; line breaks are white space."""
    category = unicodedata.category
    return "".join(
        [one for one in text if category(one) not in _UNSEEN or one.isspace() or one in but]
    )


def _digit(thai: re.Match[str]) -> str:
    return str(unicodedata.digit(thai[0]))


def _checked(field: str, text: str, *, limit: int, allowed: str) -> str:
    if len(text) > limit:
        raise TextTooLongError(field=field, limit=limit)
    if not text.isprintable() and any(
        _is_control(character) and character not in allowed for character in text
    ):
        raise TextHasControlCharactersError(field=field)
    return text


def _is_blank(text: str) -> bool:
    return all(
        character in _FILLERS or unicodedata.category(character) in {"Cf", "Zs"}
        for character in text
    )


def _is_control(character: str) -> bool:
    return character in _DIRECTION_OVERRIDES or unicodedata.category(character) in {"Cc", "Cs"}
