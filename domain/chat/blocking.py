"""What a room's rules find in a text: blocked words, and links. All of it on folded text.

Words of writings without spaces are found anywhere, also with something put between their
characters; all others as whole words, also spelled out (`b a d`). Look-alikes of other alphabets
are not folded together: that costs more innocent words than it catches.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby

import msgspec

from domain.chat.text import folded
from domain.chat.values import BLOCKED_WORD_CHARACTERS
from domain.shared import Language
from domain.text import TextEmptyError, TextTooLongError

WordLists = tuple[tuple[Language, tuple[str, ...]], ...]

_SPACELESS = "\u0e00"  # Thai, and every writing without spaces, stands from here on in Unicode
_TOKEN = re.compile(rf"[^\W_{_SPACELESS}-\U0010ffff]+")
_MARKS = frozenset({"Mn", "Mc", "So"})  # Thai vowels and tones; emoji


class Needles(msgspec.Struct, frozen=True, gc=False):
    """`whole` words have a space at each end, as the words of a text are lined up."""

    whole: tuple[str, ...] = ()
    anywhere: tuple[str, ...] = ()


def blockable(word: str) -> str:
    """The word as it is kept and compared. Raises `TextEmptyError` where nothing of it can be
    found in a text, `TextTooLongError`."""
    if len(word) > BLOCKED_WORD_CHARACTERS:
        raise TextTooLongError(field="blocked_words", limit=BLOCKED_WORD_CHARACTERS)
    plain = folded(word)
    kept = _compact(plain) if _is_spaceless(plain) else " ".join(_TOKEN.findall(plain))
    if not kept:
        raise TextEmptyError(field="blocked_words")
    return kept


def has_blocked_word(lists: WordLists, text: str) -> bool:
    """Whatever language the text is said to be in: that is the writer's word."""
    needles = _needles(lists)
    plain = folded(text)
    tokens = _TOKEN.findall(plain)
    lined, spelled = _lined(tokens), _lined(_spelled_out(tokens))
    if any(word in lined or word in spelled for word in needles.whole):
        return True
    compact = _compact(plain) if needles.anywhere else ""
    return any(word in compact for word in needles.anywhere)


@lru_cache(maxsize=256)
def _needles(lists: WordLists) -> Needles:
    words = {word for _, some in lists for word in some}
    anywhere = {word for word in words if _is_spaceless(word)}
    return Needles(
        whole=tuple(f" {word} " for word in sorted(words - anywhere)),
        anywhere=tuple(sorted(anywhere)),
    )


def _is_spaceless(word: str) -> bool:
    letters = filter(str.isalnum, word)
    return any(letter >= _SPACELESS for letter in letters) or not _TOKEN.search(word)


def _lined(tokens: Iterable[str]) -> str:
    return f" {' '.join(tokens)} "


def _spelled_out(tokens: Iterable[str]) -> Iterable[str]:
    """Neighbours of one character each as one word."""
    for alone, some in groupby(tokens, key=lambda token: len(token) == 1):
        if alone:
            yield "".join(some)
        else:
            yield from some


def _compact(text: str) -> str:
    """Without what was put between characters. A space goes where a single character stands beside
    it; others part phrases, and what they part is no word."""
    kept, last = list[str](), ""
    for piece in filter(None, map(_bare, text.split())):
        if kept and not (_is_single(last) or _is_single(piece)):
            kept.append(" ")
        kept.append(piece)
        last = piece
    return unicodedata.normalize("NFKC", "".join(kept))  # marks may have new neighbours


def _bare(piece: str) -> str:
    return "".join(one for one in piece if one.isalnum() or unicodedata.category(one) in _MARKS)


def _is_single(piece: str) -> bool:
    return sum(map(str.isalnum, piece)) <= 1


# Top-level domains as they are written in chats. Those that are words themselves count only where
# something of an address follows: `t.me/x`, but not `tell.me`.
_DOMAINS = (
    "com|net|org|info|biz|edu|gov|io|co|cc|tv|ly|ee|gl|gg|tw|th|cn|hk|jp|kr|sg|vn|ph|uk|eu|ru|de|fr"
    "|app|dev|ai|xyz|top|vip|club|shop|store|online|site|website|link|live|page|fun|icu|click|asia"
    "|wang|mobi|pro|work|tech|blog|cloud|fyi|bio|ink|lol|xn--[a-z0-9-]+"
)
_WORDY_DOMAINS = "me|id|us|be|is|it|in|to|at|so|my|am|as|by|do|no|la|st|im|sh|pw|ws|ga|ml|tk|cf|gq"
_DOT = r"(?:\s?[.。]|\s?[(\[{]\s?(?:\.|dot)\s?[)\]}]\s?)"
_LINK = re.compile(
    r"[a-z][a-z0-9+.-]*\s?:\s?/\s?/"
    rf"|(?<![a-z0-9])www{_DOT}\s?\w"
    rf"|[^\W_]{_DOT}(?:{_DOMAINS})(?![a-z0-9-])"
    rf"|[^\W_]{_DOT}(?:{_WORDY_DOMAINS})\s?/\s?\w"
)


def has_link(text: str) -> bool:
    """By its scheme, by `www.`, or by a domain; full width or with the dot dressed up, too."""
    return _LINK.search(folded(text)) is not None
