"""The codes by which buyers name what they order: how they are folded, and which can be read.

A code of a few latin letters and then digits (`A01`, with a size behind it `A01M`) may be written
alone. Any other is read with a plus and a quantity behind it, or with `CF` before it: as a word,
it may as well be said.
"""

import re
import unicodedata

from domain.comment_orders.words import ASKING, ASKING_LATIN, WORDS
from domain.text import folded

PLAIN = re.compile(r"([a-z]{1,6})([0-9]{1,4})([a-z]{0,3})")
_CHARACTERS = frozenset("LMN")  # letters, the marks of Thai among them, and numbers
_PUT_BETWEEN = re.compile(r"[\s._-]+")
# What is a quantity, or a confirmation of one.
_RESERVED = re.compile(r"x[1-9][0-9]*|cf[0-9]*")


def folded_code(text: str) -> str:
    """As codes are compared: folded, without spaces, dots and dashes."""
    return _PUT_BETWEEN.sub("", folded(text))


def is_code(code: str, *, limit: int) -> bool:
    """Whether a folded code can be told from everything else in a comment: letters and digits, at
    most `limit`, no number alone and no quantity, no word of ordering, asking or politeness, nor
    one with a word of asking in it. Colours and sizes may be codes."""
    if not 0 < len(code) <= limit or code.isdecimal():
        return False
    if any(unicodedata.category(character)[0] not in _CHARACTERS for character in code):
        return False
    word = WORDS.get(code)
    if word is not None and word.kind != "option":
        return False
    if code in ASKING_LATIN or _RESERVED.fullmatch(code):
        return False
    return not any(asking in code for asking in ASKING)


def loosely(code: str) -> str | None:
    """What `a1` and `a001` share with `a01`, as people drop and add zeros; never a code itself.
    None: the code is no plain one."""
    plain = PLAIN.fullmatch(code)
    return None if plain is None else f"{plain[1]}#{int(plain[2])}{plain[3]}"
