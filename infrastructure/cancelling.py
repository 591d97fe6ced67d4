"""Ends background tasks, also those that let a cancellation pass unheard."""

import asyncio
from typing import Any

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
