"""The codes by which buyers name what they order: which can be read, and how they are spelled.

A code of a few latin letters and then digits (`A01`, with a size behind it `A01M`) may be written
alone. Any other is read with a plus and a quantity behind it, or with `CF` before it: as a word,
it may as well be said. All of them folded.
"""

import re

from domain.comment_orders.words import ASKING, ASKING_LATIN, WORDS

PLAIN = re.compile(r"([a-z]{1,6})([0-9]{1,4})([a-z]{0,3})")
# What is a quantity, or a confirmation of one.
_RESERVED = re.compile(r"x[1-9][0-9]*|cf[0-9]*")


def can_be_read(code: str) -> bool:
    """Whether it can be told from everything else in a comment: it is no quantity, and no word of
    ordering, asking or politeness, nor has one of asking in it. Colours and sizes may be codes."""
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
