"""What the clock lets go: all that is due, however much that is, and whatever fails of it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar

D = TypeVar("D")
Place = tuple[datetime, str]
_AT_ONCE = 500

Pages = Callable[[int, Place | None], Awaitable[Sequence[D]]]
"""So many at most that are due beyond that place, the longest overdue first."""


async def expire_all(
    pages: Pages[D], place: Callable[[D], Place], expire: Callable[[D], Awaitable[None]]
) -> int:
    """How many were due. One that fails keeps nobody else; the first failure is raised when all
    have been tried."""
    count, last, failures = 0, None, list[BaseException]()
    while due := await pages(_AT_ONCE, last):
        outcomes = await asyncio.gather(*map(expire, due), return_exceptions=True)
        failures += [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        count += len(due)
        last = place(due[-1])
        if len(due) < _AT_ONCE:
            break
    if failures:
        raise failures[0]
    return count
