"""What a comment orders, item by item: as it was written, and as the codes there are make of it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations, product

import msgspec

from domain.comment_orders.codes import PLAIN
from domain.comment_orders.tokens import Token
from domain.comment_orders.words import COLOURS, WORDS

BARE_QUANTITY_AT_MOST = 20  # larger ones without a plus or a unit are sizes and prices
# What is told to be no code there is. Longer words with a number behind them are names of things.
_LIKE_A_CODE = re.compile(r"[a-z]{1,3}[0-9]{1,4}[a-z]{0,3}")
_BASE = re.compile(r"[a-z]{1,6}[0-9]{1,4}")


class Wish(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """So many of what has the code; None: of what is pinned. `known`: there is such a code.
    `options` are the colours and sizes written beside it, in our names."""

    code: str | None
    quantity: int
    options: tuple[str, ...] = ()
    known: bool = True


@dataclass(slots=True, kw_only=True)
class Quantity:
    """`signed`: with a plus before it; `bare`: without one, and without a unit behind it."""

    units: int
    signed: bool
    bare: bool
    written: str

    @property
    def is_odd(self) -> bool:
        return self.bare and self.units > BARE_QUANTITY_AT_MOST

    def as_size(self) -> Token:
        """`A01 38 +1`"""
        return Token("option", self.written, self.written)


@dataclass(slots=True, kw_only=True)
class Item:
    """`explicit`: nobody writes it so by chance. `led`: its quantity was written before it. `later`
    are options behind the quantity: this item's, or another's of the same code if they have a
    quantity of their own."""

    code: str
    explicit: bool
    led: bool = False
    options: list[Token] = field(default_factory=list[Token])
    quantity: Quantity | None = None
    later: list[Token] = field(default_factory=list[Token])

    @property
    def units(self) -> int:
        return self.quantity.units if self.quantity else 1

    def is_odd(self) -> bool:
        """Whether it says two things at once."""
        return contradicts(self.options + self.later) or (
            self.quantity is not None and self.quantity.is_odd
        )

    def may_stand_alone(self) -> bool:
        """Whether its code is no word, so that it means an order also without a plus."""
        if PLAIN.fullmatch(self.code):
            return True
        base = _BASE.match(self.code)
        behind = WORDS.get(self.code[base.end() :]) if base else None
        return behind is not None and behind.kind == "option"

    def wish(self, known: Mapping[str, str]) -> Wish:
        """With the options that are part of a code there is taken into it."""
        code, options = _joined(self.code, (*self.options, *self.later), known)
        return Wish(code=code, quantity=self.units, options=named(options), known=code in known)


def looks_like_code(code: str) -> bool:
    return _LIKE_A_CODE.fullmatch(code) is not None


def named(options: Sequence[Token]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(option.value) for option in options))


def contradicts(options: Sequence[Token]) -> bool:
    """Two colours, or two sizes."""
    names = frozenset(named(options))
    return len(names & COLOURS) > 1 or len(names - COLOURS) > 1


def _joined(
    code: str, options: tuple[Token, ...], known: Mapping[str, str]
) -> tuple[str, tuple[Token, ...]]:
    """`A01 黑 M` where `A01黑M` is a code. The longest there is."""
    for count in (2, 1):
        for chosen in permutations(options, count):
            for forms in product(*map(_forms, chosen)):
                found = known.get(code + "".join(forms))
                if found is not None:
                    return found, tuple(one for one in options if one not in chosen)
    return code, options


def _forms(option: Token) -> Iterator[str]:
    """As it was written, without the word for colour, and by our name."""
    yield option.text
    yield option.text.removeprefix("สี").removesuffix("色")
    yield str(option.value)
