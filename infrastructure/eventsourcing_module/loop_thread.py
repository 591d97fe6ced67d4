"""An asyncio loop in a thread of its own, for synchronous callers in any other thread."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

_PATIENCE_SECONDS = 10.0


class LoopClosed(Exception):
    """The loop takes no more work, or ended while some was under way."""


class Resource(Protocol):
    """What lives in the loop. `stop` ends what runs by itself; then `close` lets go of all."""

    async def stop(self) -> None: ...

    async def close(self) -> None: ...


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

    def close(self, resource: Resource) -> None:
        """Lets what is under way finish, closes the resource, ends the thread. Harmless twice.

        Nothing is cancelled that may hold a connection, unless it takes very long. The garbage
        collector may call it in any thread, the loop's own included.
        """
        with self._lock:
            first, self._closing = not self._closing, True
        if first:
            self._loop.call_soon_threadsafe(self._begin_end, resource)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _begin_end(self, resource: Resource) -> None:
        self._ending = self._loop.create_task(self._end(resource))

    async def _end(self, resource: Resource) -> None:
        try:
            await resource.stop()
            await _finished({task for task in asyncio.all_tasks() if task is not self._ending})
            await resource.close()
        finally:
            self._loop.stop()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()


async def _finished(tasks: "set[asyncio.Task[Any]]") -> None:
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=_PATIENCE_SECONDS)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
