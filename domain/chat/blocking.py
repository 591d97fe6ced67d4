"""What a room's rules find in a text: blocked words, and links. All of it on folded text.

Words of writings without spaces are found anywhere, also with something put between their
characters; all others as whole words, also spelled out (`b a d`). Look-alikes of other alphabets
are not folded together: that costs more innocent words than it catches.

A room decides while its log's writer waits, so a text is looked through once, whatever it is.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby

import msgspec

from domain.chat.values import BLOCKED_WORD_CHARACTERS
from domain.shared import Language
from domain.text import TextEmptyError, TextTooLongError, folded

WordLists = tuple[tuple[Language, tuple[str, ...]], ...]

_SPACELESS = "\u0e00"  # Thai, and every writing without spaces, stands from here on in Unicode
_TOKEN = re.compile(rf"[^\W_{_SPACELESS}-\U0010ffff]+")
_MARKS = frozenset({"Mn", "Mc"})  # Thai vowels and tones
_SYMBOLS = _MARKS | {"So"}  # emoji: words themselves, or put between the characters of one
_FILLERS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and a pattern that show nothing
_LATIN = "abcdefghijklmnopqrstuvwxyz"
# Letters in discs, in squares and of flags, which NFKC leaves as they are; katakana as hiragana.
_DRESSED = {
    **{start + at: _LATIN[at] for start in (0x1F150, 0x1F170, 0x1F1E6) for at in range(26)},
    **{kana: kana - 0x60 for kana in range(0x30A1, 0x30F7)},
    **dict.fromkeys(map(ord, _FILLERS)),
}


class Words(msgspec.Struct, frozen=True, gc=False):
    """In order, and none begins with another: at any place of a text at most one can begin."""

    ordered: tuple[str, ...]
    first: frozenset[str]
    longest: int

    def begin(self, text: str, at: int) -> bool:
        """Whether one of them stands there. What stands there is no less than any word it begins
        with, and between the two there is no other word."""
        if text[at] not in self.first:
            return False
        before = bisect_right(self.ordered, text[at : at + self.longest])
        return before > 0 and text.startswith(self.ordered[before - 1], at)


class Needles(msgspec.Struct, frozen=True, gc=False):
    """`whole` words have a space at their end, as the words of a text are lined up."""

    whole: Words
    anywhere: Words


def blockable(word: str) -> str:
    """The word as it is kept and compared. Raises `TextEmptyError` where nothing of it can be
    found in a text, `TextTooLongError`."""
    if len(word) > BLOCKED_WORD_CHARACTERS:
        raise TextTooLongError(field="blocked_words", limit=BLOCKED_WORD_CHARACTERS)
    plain = _undressed(folded(word))
    kept = _compact(plain, _SYMBOLS) if _is_spaceless(plain) else " ".join(_TOKEN.findall(plain))
    if not kept:
        raise TextEmptyError(field="blocked_words")
    return kept


def has_blocked_word(lists: WordLists, plain: str) -> bool:
    """In a folded text, whatever language it is said to be in: that is the writer's word."""
    needles, bare = _needles(lists), _undressed(plain)
    if needles.whole.ordered and any(_has_whole(needles.whole, each) for each in _tokens(bare)):
        return True
    if not needles.anywhere.ordered:
        return False
    return any(
        needles.anywhere.begin(compact, at)
        for compact in {_compact(bare, _SYMBOLS), _compact(bare, _MARKS)}
        for at in range(len(compact))
    )


def _undressed(plain: str) -> str:
    return plain if plain.isascii() else plain.translate(_DRESSED)


def _tokens(bare: str) -> Iterable[Sequence[str]]:
    """The words of a text, as they stand, spelled out, and with something put between letters."""
    tokens = _TOKEN.findall(bare)
    yield tokens
    yield [*_spelled_out(tokens)]
    yield ["".join(_TOKEN.findall(piece)) for piece in bare.split()]


def _has_whole(words: Words, tokens: Sequence[str]) -> bool:
    lined, at = " ".join([*tokens, ""]), 0
    for token in tokens:
        if words.begin(lined, at):
            return True
        at += len(token) + 1
    return False


@lru_cache(maxsize=256)
def _needles(lists: WordLists) -> Needles:
    words = {word for _, some in lists for word in some}
    anywhere = {word for word in words if _is_spaceless(word)}
    return Needles(whole=_words(f"{word} " for word in words - anywhere), anywhere=_words(anywhere))


def _words(words: Iterable[str]) -> Words:
    """Where a word is found, so is any that it begins with: the shortest is enough."""
    kept = list[str]()
    for word in sorted(words):
        if not kept or not word.startswith(kept[-1]):
            kept.append(word)
    return Words(
        ordered=tuple(kept),
        first=frozenset(word[0] for word in kept),
        longest=max(map(len, kept), default=0),
    )


def _is_spaceless(word: str) -> bool:
    letters = filter(str.isalnum, word)
    return any(letter >= _SPACELESS for letter in letters) or not _TOKEN.search(word)


def _spelled_out(tokens: Iterable[str]) -> Iterable[str]:
    """Neighbours of one character each as one word."""
    for alone, some in groupby(tokens, key=lambda token: len(token) == 1):
        if alone:
            yield "".join(some)
        else:
            yield from some


def _compact(text: str, kept_marks: frozenset[str]) -> str:
    """Without what was put between characters, but for `kept_marks`, categories of Unicode.

    A space goes where a single character stands beside it; others part phrases, and what they
    part is no word."""
    kept, beside_single = list[str](), True
    for piece in _bare(text, kept_marks).split():
        single = len(piece) == 1 or sum(map(str.isalnum, piece)) <= 1
        if not (single or beside_single):
            kept.append(" ")
        kept.append(piece)
        beside_single = single
    return unicodedata.normalize("NFKC", "".join(kept))  # marks may have new neighbours


def _bare(text: str, kept_marks: frozenset[str]) -> str:
    category = unicodedata.category
    return "".join(
        [one for one in text if one.isalnum() or one == " " or category(one) in kept_marks]
    )


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
    r"[a-z0-9]\s?:\s?/\s?/"
    rf"|(?<![a-z0-9])www{_DOT}\s?\w"
    rf"|[^\W_]{_DOT}(?:{_DOMAINS})(?![a-z0-9-])"
    rf"|[^\W_]{_DOT}(?:{_WORDY_DOMAINS})\s?/\s?\w"
)


def has_link(plain: str) -> bool:
    """Whether the folded text has one: by its scheme, by `www.`, or by a domain; with the dot
    dressed up, too."""
    return _LINK.search(plain) is not None
