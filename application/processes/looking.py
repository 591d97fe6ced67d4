"""Looks up what a command has to name, and again where that was out of date."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

from application.ports import CommandBus, Dispatch, EventLog, Loaded, Outcome, RecentStates
from domain.ordering.errors import ShopMovedOnError
from domain.shared import Decider, DomainError

_TRIES = 3


class Look(Protocol):
    """Gets a stream's state, from memory or from the log."""

    async def __call__(self, decider: Decider[Any], stream: str) -> Loaded[Any]: ...


Named = Callable[[Look], Awaitable[Dispatch]]


class Lookout:
    """Memory is nearly always right, and costs nothing; the log always was, a moment ago."""

    def __init__(self, bus: CommandBus, recent: RecentStates, log: EventLog) -> None:
        self._bus = bus
        self._recall: Look = recent.recall
        self._load: Look = log.load

    async def execute(
        self, named: Named, outdated: tuple[type[DomainError], ...] = (ShopMovedOnError,)
    ) -> Outcome:
        """Has decided what `named` puts together; again by the log where that is refused as
        `outdated`. Nobody is told what `named` refuses by memory alone: another process may have
        recorded since what it misses. Raises the last refusal where the shop is faster each time.
        """
        try:
            dispatch = await named(self._recall)
        except DomainError:
            dispatch = await named(self._load)
        for _ in range(_TRIES - 1):
            with suppress(*outdated):
                return await self._bus.execute(dispatch)
            dispatch = await named(self._load)
        return await self._bus.execute(dispatch)
