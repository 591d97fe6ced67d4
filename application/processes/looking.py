"""Looks up what a command has to name, and again where that was out of date."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

from application.ports import EventLog, Loaded, Outcome, RecentStates
from domain.ordering.errors import ShopMovedOnError
from domain.shared import Decider


class Look(Protocol):
    """Gets a stream's state, from memory or from the log."""

    async def __call__(self, decider: Decider[Any], stream: str) -> Loaded[Any]: ...


class Lookout:
    """Memory is nearly always right, and costs nothing; the log always was, a moment ago."""

    def __init__(self, recent: RecentStates, log: EventLog) -> None:
        self._looks: tuple[Look, ...] = (recent.recall, log.load)
        self._last: Look = log.load

    async def repeated(self, attempt: Callable[[Look], Awaitable[Outcome]]) -> Outcome:
        """Raises `ShopMovedOnError` where the shop is faster three times."""
        for look in self._looks:
            with suppress(ShopMovedOnError):
                return await attempt(look)
        return await attempt(self._last)
