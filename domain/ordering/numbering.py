"""Numbers of orders that people read out: `TW-4821-0937-5`. Owns which number the n-th order of a
market has, and the facts of whom numbers were given to."""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec

from domain.ordering import commands as ask
from domain.ordering import errors
from domain.ordering import events as fact
from domain.ordering.values import NUMBERS_AT_ONCE
from domain.shared import Command, Decider, Event, Market

_HALF = 10_000  # a number is two halves of four digits
NUMBERS = _HALF * _HALF
_ROUNDS = 6
# The quasigroup of order 10 in H. M. Damm, Total anti-symmetrische Quasigruppen (Marburg 2004),
# p. 111: its check digit finds every wrong digit and every two neighbours that changed places.
_DAMM = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)


class OrderNumbers(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`next` is the first that nobody has yet."""

    next: int = 0


def number_of(market: Market, sequence: int, key: bytes) -> str:
    """The number of a market's order with this sequence number, counted from 0. Different ones
    have different numbers under one `key`, and without it their order cannot be told from them.
    After 100 million, a group of digits is added in front."""
    cycle, within = divmod(sequence, NUMBERS)
    digits = f"{_shuffled(within, key):08d}"
    if cycle:
        digits = f"{cycle:04d}{digits}"
    groups = [digits[place : place + 4] for place in range(0, len(digits), 4)]
    return "-".join((market, *groups, str(check_digit(digits))))


def check_digit(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = int(_DAMM[interim][int(digit)])
    return interim


def _shuffled(number: int, key: bytes) -> int:
    """A Feistel network over two halves of four digits: a bijection whatever its rounds do."""
    left, right = divmod(number, _HALF)
    for turn in range(_ROUNDS):
        left, right = right, (left + _mixed(right, turn, key)) % _HALF
    return left * _HALF + right


def _mixed(half: int, turn: int, key: bytes) -> int:
    digest = hashlib.blake2b(b"%d:%d" % (turn, half), key=key, digest_size=8).digest()
    return int.from_bytes(digest, "big")


def decide(state: OrderNumbers, command: Command) -> tuple[Event, ...]:
    """Raises a `DomainError` when refused, `TypeError` for a command of another context."""
    decision = DECISIONS.get(type(command))
    if decision is None:
        raise TypeError(f"order numbers do not decide {type(command).__name__}")
    return decision(state, command)


def evolve(state: OrderNumbers, event: Event) -> OrderNumbers:
    """A fact of a type unknown here changes nothing."""
    if isinstance(event, fact.OrderNumbersTaken):
        return OrderNumbers(next=event.first + event.count)
    return state


def _take(state: OrderNumbers, command: ask.TakeOrderNumbers) -> tuple[Event, ...]:
    if not 1 <= command.count <= NUMBERS_AT_ONCE:
        raise errors.QuantityOutOfRangeError(field="count", least=1, most=NUMBERS_AT_ONCE)
    return (fact.OrderNumbersTaken(first=state.next, count=command.count),)


DECISIONS: dict[type[Command], Callable[[OrderNumbers, Any], tuple[Event, ...]]] = {
    ask.TakeOrderNumbers: _take,
}

ORDER_NUMBERS: Decider[OrderNumbers] = Decider(
    category="order_numbers", initial=OrderNumbers(), decide=decide, evolve=evolve
)
