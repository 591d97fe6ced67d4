"""Gives each order a number nobody else gives: taken from the log a block at a time."""

import asyncio
from collections.abc import Iterator

import msgspec

from application.handling import Handler, Handlers, States, on_one_stream
from application.ordering.ports import Clock, NewId, NumberKey
from application.ports import CommandBus, Dispatch
from domain.ordering.commands import TakeOrderNumbers
from domain.ordering.numbering import ORDER_NUMBERS, number_of
from domain.ordering.values import NUMBERS_AT_ONCE
from domain.shared import Market


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """The sequence numbers from `first` on are whose command this was."""

    first: int
    count: int


class Numbers:
    """What is left of a block when the process ends is given to nobody."""

    def __init__(self, *, bus: CommandBus, clock: Clock, new_id: NewId, key: NumberKey) -> None:
        self._bus = bus
        self._clock = clock
        self._new_id = new_id
        self._key = key
        self._left: dict[Market, Iterator[int]] = {}
        self._taking = asyncio.Lock()

    async def take(self, market: Market) -> str:
        """A number never given before. Raises what the bus raises."""
        sequence = self._next(market)
        if sequence is None:
            sequence = await self._next_of_more(market)
        return number_of(market, sequence, await self._key(b"order numbers"))

    def _next(self, market: Market) -> int | None:
        return next(self._left.get(market, iter(())), None)

    async def _next_of_more(self, market: Market) -> int:
        async with self._taking:
            while (sequence := self._next(market)) is None:
                self._left[market] = await self._block(market)
            return sequence

    async def _block(self, market: Market) -> Iterator[int]:
        outcome = await self._bus.execute(
            Dispatch(
                command=TakeOrderNumbers(market=market, count=NUMBERS_AT_ONCE),
                command_id=self._new_id(),
                actor="system:ordering.take_order_numbers",
                now=self._clock(),
            )
        )
        taken = msgspec.json.decode(outcome.answer, type=Taken)
        return iter(range(taken.first, taken.first + taken.count))


def _market(command: TakeOrderNumbers) -> str:
    return command.market


def _taken(command: TakeOrderNumbers, states: States) -> Taken:
    return Taken(first=states[0].next - command.count, count=command.count)


_TAKE: Handler = on_one_stream(ORDER_NUMBERS, _market, _taken)
HANDLERS: Handlers = {TakeOrderNumbers: _TAKE}
