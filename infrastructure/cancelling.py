"""Ends background tasks: those that must not stop anywhere, and those hard of hearing."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
_AGAIN_SECONDS = 1.0


async def cancel(*tasks: "asyncio.Task[Any]") -> None:
    """Returns once every task has ended. What they raise is dropped.

    Asks again every second: redis-py 8.1 swallows a cancellation that meets a subscriber while it
    starts to read (asyncio/connection.py, read_response), which then waits for ever.
    """
    running = {task for task in tasks if not task.done()}
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=_AGAIN_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)


async def unbroken(work: Coroutine[Any, Any, T]) -> T:
    """Lets `work` end before a first cancellation is heard; a second one is heard at once.

    In the middle of a database's answer it would cost the connection, and SQLite's would leave
    a thread behind that calls a loop which is closed.
    """
    working = asyncio.create_task(work)
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait((working,))
        raise
    finally:
        working.add_done_callback(_looked_at)
        working.cancel()


def _looked_at(work: "asyncio.Task[Any]") -> None:
    """Whoever wanted it has gone; its failure is no news then."""
    if not work.cancelled():
        work.exception()
