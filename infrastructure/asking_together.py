"""Questions that wait at the same time in a process, asked as one: thousands cost little."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


class AskingTogether(Generic[Q, A]):
    """`ask` answers up to `most` questions at once, in their order; what it raises, all of those
    who asked are told. At most one is under way, so the more wait, the more are asked at once."""

    def __init__(self, ask: Callable[[Sequence[Q]], Awaitable[Sequence[A]]], *, most: int) -> None:
        self._ask = ask
        self._most = most
        self._waiting: deque[tuple[Q, asyncio.Future[A]]] = deque()
        self._asking: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    async def answer(self, question: Q) -> A:
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_for_all(), name="asking together")
        return await answer

    async def _ask_for_all(self) -> None:
        while self._waiting:
            await asyncio.sleep(0)  # callers answered a moment ago get to join this batch
            size = min(len(self._waiting), self._most)
            batch = [self._waiting.popleft() for _ in range(size)]
            try:
                answers = await self._ask([question for question, _ in batch])
            except BaseException as failure:
                _fail([answer for _, answer in batch], failure)
                if not isinstance(failure, Exception):
                    raise
            else:
                _tell([answer for _, answer in batch], answers)


def _tell(waiting: Sequence["asyncio.Future[A]"], answers: Sequence[A]) -> None:
    for one, answer in zip(waiting, answers, strict=True):
        if not one.done():
            one.set_result(answer)


def _fail(waiting: Sequence["asyncio.Future[A]"], failure: BaseException) -> None:
    for one in waiting:
        if isinstance(failure, asyncio.CancelledError):
            one.cancel()
        elif not one.done():
            one.set_exception(failure)
