"""A projector process that dies by SIGKILL: in its fold, while it writes, or when it is told to.

Arguments: table|redis, database URL, Redis URL, prefix, fold|write|never, after how many calls.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ParamSpec, TypeVar

from projections.projection import Projection
from tests.support.projections import redis_scores, running, table_scores, world

P = ParamSpec("P")
T = TypeVar("T")


def dying(function: Callable[P, T], calls: int) -> Callable[P, T]:
    """The function, which ends the process at once in its `calls`-th call."""
    left = [calls]

    def called(*args: P.args, **kwargs: P.kwargs) -> T:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **kwargs)

    return called


def doomed(kind: str, place: str, calls: int) -> Projection[Any]:
    if kind == "table":
        table = table_scores()
        if place == "write":
            return replace(table, row=dying(table.row, calls))
        return replace(table, fold=dying(table.fold, calls)) if place == "fold" else table
    ranks = redis_scores()
    if place == "write":
        return replace(ranks, rankings=dying(ranks.rankings, calls))
    return replace(ranks, fold=dying(ranks.fold, calls)) if place == "fold" else ranks


async def main(kind: str, urls: tuple[str, str, str], place: str, calls: int) -> None:
    async with (
        world(*urls, create=False) as there,
        running(there.projector(doomed(kind, place, calls))),
    ):
        sys.stdout.write("projecting\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    _, the_kind, *the_urls, the_place, the_calls = sys.argv
    asyncio.run(main(the_kind, (the_urls[0], the_urls[1], the_urls[2]), the_place, int(the_calls)))
