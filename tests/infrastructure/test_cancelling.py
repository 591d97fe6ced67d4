"""Background tasks end when they are told to, also the hard of hearing."""

import asyncio

from infrastructure.cancelling import cancel


async def _deaf_once() -> None:
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        await asyncio.Event().wait()


async def _failing() -> None:
    raise ValueError


async def test_a_task_that_swallows_a_cancellation_is_asked_again() -> None:
    tasks = [asyncio.create_task(_deaf_once()), asyncio.create_task(_failing())]
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await cancel(*tasks)
    assert tasks[0].cancelled()


async def test_nothing_to_end_is_fine() -> None:
    await cancel()
