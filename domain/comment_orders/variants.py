"""Which colour and size something has, and whether it is what somebody asked for."""

from collections.abc import Collection, Iterable

from domain.comment_orders.tokens import tokens
from domain.comment_orders.words import COLOURS
from domain.text import folded

Options = frozenset[str]


def variant(values: Iterable[str]) -> Options:
    """The colours and sizes, in our names, in what a variant is called: `黑色`, `Size M`."""
    return frozenset(
        str(token.value)
        for value in values
        for token in tokens(folded(value), {})
        if token.kind == "option"
    )


def differs(wanted: Collection[str], offered: Options) -> bool:
    """Whether it certainly is not what was wanted: another colour, or another size. What is offered
    without a colour may have any."""
    wished = frozenset(wanted)
    return _other(wished & COLOURS, offered & COLOURS) or _other(
        wished - COLOURS, offered - COLOURS
    )


def _other(wanted: Options, offered: Options) -> bool:
    return bool(wanted and offered) and not wanted <= offered
