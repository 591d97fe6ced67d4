"""The grammar of orders in comments, for both markets: what somebody who wrote that wants.

`A01+2`, `A01 2`, `2件 A01`, `CF A01 C01`, `เอา A01 สีดำ 2 ตัว`, `A01 B02 各1`; `+1` of what is
pinned. A comment is an order if nothing else is in it. Beside talk, only what nobody says by chance
counts: a code with a plus and a quantity, or behind `CF`; and not even that beside a question, a
refusal or something taken back. What could mean two things is none: nothing is guessed or cut.
"""

import re
from collections.abc import Collection, Iterable, Mapping

from msgspec.structs import replace

from domain.comment_orders.codes import loosely
from domain.comment_orders.sentence import Sentence
from domain.comment_orders.tokens import tokens
from domain.comment_orders.wishes import Wish
from domain.comment_orders.words import ASKING, ASKING_LATIN, COURTESIES

# Goes up whenever the same comment may be read differently; stored beside what was read.
PARSER_VERSION = 1

COMMENT_CHARACTERS = 300
WISHES_AT_MOST = 30  # in one comment; more make no sense

# Without any of these there is no code, no quantity and no confirmation in a comment.
_HINT = re.compile(
    "[0-9一二兩两三四五六七八九十つ]|cf|รับ|จอง|ซีเอฟ|หนึ่ง|นึง|สอง|สาม|สี่|ห้า|one|two|three|four|five"
)
_LATIN_WORD = re.compile("[a-z]+")
_COURTESY = re.compile("|".join(map(re.escape, COURTESIES)))


def may_order(plain: str) -> bool:
    """Whether a folded comment may be an order, whatever codes there are and whatever is pinned.
    Cheap; where it says no, `read` finds nothing."""
    if not _is_readable(plain):
        return False
    kinds = {token.kind for token in tokens(plain, {})}
    if "plus" in kinds or "confirm" in kinds:
        return True
    return "talk" not in kinds and ("code" in kinds or {"want", "number"} <= kinds)


def read(plain: str, codes: Collection[str], *, pinned: bool) -> tuple[Wish, ...]:
    """What a folded comment orders, by folded `codes`, in the order it was written; nothing: it is
    no order. Where something is `pinned`, a quantity without a code is of that."""
    if not _is_readable(plain):
        return ()
    known, sentence = _spellings(codes), Sentence()
    for token in tokens(plain, known):
        sentence.take(token)
    wishes = _merged(sentence.wishes(known, pinned=pinned))
    return wishes if len(wishes) <= WISHES_AT_MOST else ()


def _is_readable(plain: str) -> bool:
    """Whether it is short enough, and asks and takes back nothing."""
    if len(plain) > COMMENT_CHARACTERS or not _HINT.search(plain):
        return False
    told = _COURTESY.sub(" ", plain)
    if any(asking in told for asking in ASKING):
        return False
    return ASKING_LATIN.isdisjoint(_LATIN_WORD.findall(plain))


def _spellings(codes: Collection[str]) -> Mapping[str, str]:
    """Codes by how they may be spelled: with more zeros or fewer where that is still one code."""
    loose: dict[str, list[str]] = {}
    for code in codes:
        loose.setdefault(loosely(code) or code, []).append(code)
    sure = {spelled: meant[0] for spelled, meant in loose.items() if len(meant) == 1}
    return {**sure, **{code: code for code in codes}}


def _merged(wishes: Iterable[Wish]) -> tuple[Wish, ...]:
    """What is named twice is wanted together."""
    merged: dict[tuple[str | None, tuple[str, ...]], Wish] = {}
    for wish in wishes:
        key = (wish.code, wish.options)
        before = merged.get(key)
        quantity = wish.quantity + (before.quantity if before else 0)
        merged[key] = replace(wish, quantity=quantity)
    return tuple(merged.values())
