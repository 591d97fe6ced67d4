"""Background tasks end when they are told to, also the hard of hearing."""

import asyncio

import pytest

from infrastructure.cancelling import cancel, unbroken


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


async def test_work_that_must_not_break_off_is_ended_first() -> None:
    begun, go_on, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await go_on.wait()
        done.set()

    task = asyncio.create_task(unbroken(work()))
    await begun.wait()
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    go_on.set()
    await asyncio.wait((task,))
    assert task.cancelled()
    assert done.is_set()


async def test_work_that_does_not_end_is_broken_off_in_the_end() -> None:
    task = asyncio.create_task(unbroken(asyncio.Event().wait()))
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await cancel(task)
    assert task.cancelled()


async def test_unbroken_work_answers_and_fails_as_ever() -> None:
    assert await unbroken(asyncio.sleep(0, "answer")) == "answer"
    with pytest.raises(ValueError):  # noqa: PT011 - it has no words
        await unbroken(_failing())
