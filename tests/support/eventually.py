"""Waits for what must become true, by polling with a deadline."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

T = TypeVar("T")
_PAUSE_SECONDS = 0.02


@overload
async def eventually(check: Callable[[], Awaitable[T]], *, timeout: float = 10) -> T: ...


@overload
async def eventually(check: Callable[[], T], *, timeout: float = 10) -> T: ...


async def eventually(check: Callable[[], Any], *, timeout: float = 10) -> Any:
    """The first truthy answer of `check`; an AssertionError in it counts as not yet.

    After `timeout` seconds the last AssertionError is raised, or one that shows the last answer.
    """
    deadline = time.monotonic() + timeout
    while True:
        answer, failure = await _attempt(check)
        if answer:
            return answer
        if time.monotonic() >= deadline:
            raise failure or AssertionError(f"still {answer!r} after {timeout:g} s")
        await asyncio.sleep(_PAUSE_SECONDS)


async def _attempt(check: Callable[[], Any]) -> tuple[Any, AssertionError | None]:
    try:
        answer = check()
        return (await answer if inspect.isawaitable(answer) else answer), None
    except AssertionError as failure:
        return None, failure
