"""An asyncio loop in a thread of its own, for synchronous callers in any other thread."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class LoopClosed(Exception):
    """The loop takes no more work, or ended while some was under way."""


class LoopThread:
    """Starts at once. `close` it: the thread is a daemon, but its connections are not."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._lock = threading.Lock()
        self._closing = False
        self._ending: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Raises `LoopClosed`."""
        with self._lock:
            if self._closing:
                work.close()
                raise LoopClosed
            return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self, cleanup: Callable[[], Awaitable[None]]) -> None:
        """Runs `cleanup` in the loop, cancels what is left, ends the thread. Harmless twice.

        The garbage collector may call it in any thread, the loop's own included.
        """
        with self._lock:
            first, self._closing = not self._closing, True
        if first:
            self._loop.call_soon_threadsafe(self._begin_end, cleanup)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _begin_end(self, cleanup: Callable[[], Awaitable[None]]) -> None:
        self._ending = self._loop.create_task(self._end(cleanup))

    async def _end(self, cleanup: Callable[[], Awaitable[None]]) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        try:
            await cleanup()
        finally:
            self._loop.stop()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()
