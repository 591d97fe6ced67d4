"""The one writer of a process: it takes whatever commands wait and appends them as one batch.

Owns the queue and who waits in it. Deciding and appending a batch is the appender's work;
docs/adr/0003-sequencer.md tells why it is built so.
"""

import asyncio
import hashlib
from collections import deque
from collections.abc import Sequence
from typing import Any

import msgspec
import structlog

from application.handling import Handlers
from application.ports import Dispatch, Loaded, LogUnavailable, Outcome, Overloaded
from domain.shared import Command
from infrastructure.event_store.appender import Appender
from infrastructure.event_store.deciding import Waiting, refuse
from infrastructure.observability.metrics import COMMANDS, QUEUE_DEPTH

_log = structlog.get_logger(__name__)
_encode = msgspec.json.Encoder(order="deterministic").encode


class Sequencer:
    """Implements `CommandBus`. `start` it before use; `stop` lets what waits be decided.

    At most `queue_limit` commands wait and `batch_limit` go into one transaction.
    """

    def __init__(
        self,
        appender: Appender,
        handlers: Handlers,
        *,
        queue_limit: int = 10_000,
        batch_limit: int = 64,
    ) -> None:
        self._appender = appender
        appender.give_back = self._take_back
        self._handlers = handlers
        self._queue_limit = queue_limit
        self._batch_limit = batch_limit
        self._queue: deque[Waiting] = deque()
        self._arrived = asyncio.Event()
        self._stopping = True
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._stopping = False
        self._running = asyncio.create_task(self._run(), name="sequencer")
        self._running.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Takes no more commands, decides those that wait, closes the writers."""
        self._stopping = True
        self._arrived.set()
        if self._running is not None:
            await asyncio.gather(self._running, return_exceptions=True)

    @property
    def at_work(self) -> bool:
        """False before `start`, after `stop`, and when it died of something unforeseen."""
        return self._running is not None and not self._running.done()

    async def execute(self, dispatch: Dispatch) -> Outcome:
        if self._stopping or len(self._queue) >= self._queue_limit:
            COMMANDS.labels("overloaded").inc()
            raise Overloaded
        handler = self._handlers[type(dispatch.command)]
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        fingerprint = dispatch.fingerprint or _fingerprint(dispatch.command)
        self._queue.append(Waiting(dispatch, handler, fingerprint, outcome))
        self._arrived.set()
        return await outcome

    def recall(self, stream: str) -> Loaded[Any] | None:
        """The stream's state where this process has it in memory; it may be behind."""
        return self._appender.recall(stream)

    def _take_back(self, waiting: Sequence[Waiting]) -> None:
        self._queue.extendleft(reversed(waiting))
        self._arrived.set()

    async def _run(self) -> None:
        try:
            while await self._work():
                await self._appender.lane()
                await asyncio.sleep(0)  # callers answered a moment ago get to join this batch
                QUEUE_DEPTH.set(len(self._queue))
                size = min(len(self._queue), self._batch_limit)
                batch = [self._queue.popleft() for _ in range(size)]
                try:
                    await self._appender.place(batch)
                except BaseException:
                    refuse(batch, LogUnavailable())
                    raise
        finally:
            await self._appender.close()

    async def _work(self) -> bool:
        """Waits for commands; False once stopped with none left."""
        while not self._queue:
            if not self._stopping:
                self._arrived.clear()
                await self._arrived.wait()
            elif not await self._appender.busy():
                return False
        return True

    def _ended(self, running: "asyncio.Task[None]") -> None:
        self._stopping = True
        refuse(self._queue, LogUnavailable())
        if not running.cancelled() and (failure := running.exception()) is not None:
            _log.critical("sequencer_died", failure=repr(failure))


def _fingerprint(command: Command) -> bytes:
    return hashlib.sha256(_encode((type(command).__qualname__, command))).digest()
