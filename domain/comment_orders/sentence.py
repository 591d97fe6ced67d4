"""Puts the tokens of one comment together: which code goes with which quantity, colour and size."""

from collections.abc import Callable, Mapping

from domain.comment_orders.tokens import Token, TokenKind
from domain.comment_orders.wishes import Item, Quantity, Wish, contradicts, looks_like_code, named

_TALK_CHARACTERS = 16  # beside an order


class Sentence:
    """Takes the tokens one by one, and says in the end what is wanted.

    A quantity belongs to the code before it, or, if the comment begins with one, to the code
    behind it. One that could belong to either, or to nothing, makes the comment none.
    """

    def __init__(self) -> None:
        self._items: list[Item] = []
        self._ahead: Quantity | None = None  # of the code that follows, or of what is pinned
        self._options_ahead: list[Token] = []
        self._last: Item | None = None  # what quantities and options may still belong to
        self._before: Token | None = None
        self._confirming = self._confirmed = self._wanted = self._each = self._odd = False
        self._talk = 0
        self._taken: dict[TokenKind, Callable[[Token], None]] = {
            "code": self._code,
            "plus": self._plus,
            "number": self._number,
            "talk": self._said,
            "confirm": self._confirm,
            "want": self._want,
            "unit": self._unit,
            "each": self._for_each,
            "option": self._option,
        }

    def take(self, token: Token) -> None:
        if self._before is not None and self._before.kind == "plus" and token.kind != "number":
            self._odd = True
        self._taken[token.kind](token)
        self._before = token

    def wishes(self, known: Mapping[str, str], *, pinned: bool) -> list[Wish]:
        """By the codes there are, as they may be spelled."""
        if self._odd or self._talk > _TALK_CHARACTERS or any(map(Item.is_odd, self._items)):
            return []
        if not self._items:
            return self._of_the_pinned() if pinned and not self._talk else []
        if self._ahead is not None and not self._each:
            return []
        if self._talk or any(not one.explicit and not one.may_stand_alone() for one in self._items):
            found = [one.wish(known) for one in self._items if one.explicit]
            return [wish for wish in found if wish.known]
        return self._alone(known)

    def _alone(self, known: Mapping[str, str]) -> list[Wish]:
        """Of a comment that is nothing but an order. What looks like a code and is none is told
        so where somebody cannot have meant anything else."""
        found = [(one, one.wish(known)) for one in self._items]
        meant = self._wanted or self._confirmed or any(wish.known for _, wish in found)
        return [
            wish
            for one, wish in found
            if wish.known or ((meant or one.explicit) and looks_like_code(one.code))
        ]

    def _of_the_pinned(self) -> list[Wish]:
        if contradicts(self._options_ahead):
            return []
        wanted, ahead = self._wanted or self._confirmed, self._ahead
        options = named(self._options_ahead)
        if ahead is None:
            return [Wish(code=None, quantity=1, options=options)] if self._confirmed else []
        if ahead.is_odd or (not ahead.signed and not wanted):
            return []
        return [Wish(code=None, quantity=ahead.units, options=options)]

    def _code(self, token: Token) -> None:
        signed = self._ahead is not None and self._ahead.signed
        item = Item(
            code=str(token.value),
            explicit=self._confirming or signed,
            led=self._ahead is not None,
            options=self._options_ahead,
            quantity=self._ahead,
        )
        self._options_ahead = []
        if not self._each:
            self._ahead = None
        self._items.append(item)
        self._last = item

    def _number(self, token: Token) -> None:
        signed = self._before is not None and self._before.kind == "plus"
        quantity = Quantity(
            units=int(token.value), signed=signed, bare=not signed, written=token.text
        )
        last = self._last
        if last is None:
            self._set_ahead(quantity)
        elif last.quantity is None:
            self._give(last, quantity)
        elif last.later:
            again = Item(code=last.code, explicit=signed, options=last.later, quantity=quantity)
            last.later = []
            self._items.append(again)
            self._last = again
        elif last.quantity.bare and signed:
            last.options.append(last.quantity.as_size())
            self._give(last, quantity)
        else:
            self._set_ahead(quantity)

    def _set_ahead(self, quantity: Quantity) -> None:
        leading = not self._items or self._items[0].led
        self._odd = self._odd or self._ahead is not None or not leading
        self._ahead = quantity

    def _give(self, item: Item, quantity: Quantity) -> None:
        item.quantity = quantity
        item.explicit = item.explicit or quantity.signed
        if self._each:
            self._share(quantity)

    def _share(self, quantity: Quantity) -> None:
        for item in self._items:
            if item.quantity is None:
                item.quantity = quantity
                item.explicit = item.explicit or quantity.signed

    def _unit(self, token: Token) -> None:
        """Of the number before it; alone it is talk."""
        if self._before is None or self._before.kind != "number":
            self._said(token)
        elif self._last is not None and self._last.quantity is not None and self._ahead is None:
            self._last.quantity.bare = False
        elif self._ahead is not None:
            self._ahead.bare = False

    def _option(self, token: Token) -> None:
        if self._last is None:
            self._options_ahead.append(token)
        elif self._last.quantity is None:
            self._last.options.append(token)
        else:
            self._last.later.append(token)

    def _for_each(self, _token: Token) -> None:
        """`各2`, or behind the quantity `2ずつ`."""
        behind = self._before is not None and self._before.kind in {"number", "unit"}
        if behind and self._last is not None and self._last.quantity is not None:
            self._share(self._last.quantity)
        else:
            self._each = True

    def _confirm(self, _token: Token) -> None:
        self._confirming = self._confirmed = True

    def _want(self, _token: Token) -> None:
        self._wanted = True

    def _plus(self, _token: Token) -> None:
        """What it means, the number behind it tells."""

    def _said(self, token: Token) -> None:
        self._talk += len(token.text)
        self._last = None
        self._confirming = False
