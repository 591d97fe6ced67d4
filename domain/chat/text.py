"""What a message looks like once it is cleaned: as it was typed, but for what cannot be seen, or is
made to spill over other lines."""

import re
import unicodedata

from domain.chat.values import MESSAGE_CHARACTERS, RAW_MESSAGE_CHARACTERS
from domain.text import TextTooLongError, line, seen

_STACKING = frozenset({"Mn", "Me"})
# No writing stacks more marks on a letter: Thai needs two, Burmese four.
_MARKS_AT_MOST = 4

_JOINERS = "\u200c\u200d"  # of emoji, and in the writings of India and Persia
_VARIANTS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_TAGS = "\U000e0020-\U000e007f"
_SHAPING = frozenset(_JOINERS) | frozenset(map(chr, range(0xE0020, 0xE0080)))

_WHITE_SPACE = re.compile(r"\s+")
_FLAG = "\U0001f3f4[\U000e0030-\U000e007a]{3,6}\U000e007f"  # UTS 51 ED-14
_UNTAGGED = re.compile(f"{_FLAG}|[^{_TAGS}\U0001f3f4]+|\U0001f3f4")
_REPEATED = re.compile(f"([{_JOINERS}])[{_JOINERS}]+|([{_VARIANTS}])[{_VARIANTS}]+")
_JOINS_NOTHING = re.compile(rf"(?<!\S)[{_JOINERS}]|[{_JOINERS}](?!\S)")


def message_text(text: str) -> str:
    """The text as it is shown: one line, cleaned. Raises `TextEmptyError`, `TextTooLongError`.

    Its length is in code points: clusters (UAX 29) change with each Unicode version, so what one
    process takes another would refuse, and one cluster may hold any number of code points.
    """
    if len(text) > RAW_MESSAGE_CHARACTERS:
        raise TextTooLongError(field="text", limit=MESSAGE_CHARACTERS)
    return line("text", cleaned(text), limit=MESSAGE_CHARACTERS)


def cleaned(text: str) -> str:
    """Without what cannot be seen or spills over, white space collapsed. Cleaning again changes
    nothing. Emoji, flags and the marks of any writing stay."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    stacked = _stacked("".join(_UNTAGGED.findall(seen(text, but=_SHAPING))))
    joined = _JOINS_NOTHING.sub("", _REPEATED.sub(r"\1\2", stacked))
    return _WHITE_SPACE.sub(_one_space, joined).strip()


def _stacked(text: str) -> str:
    """Marks stand on something, and not too many of them."""
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


def _one_space(run: re.Match[str]) -> str:
    """The first of a run, so that an ideographic space stays one; for line breaks, a space."""
    first = run[0][0]
    return first if unicodedata.category(first) == "Zs" else " "
