"""The one writer of a process: it takes whatever commands wait and appends them as one batch.

Under the head's lock it decides command after command, so that a hot stream neither conflicts
nor oversells. While no other process appends, the lock is not even asked for first: the batch is
decided on what this process wrote last, and its first position, unique in the log, refuses it if
that was wrong. Owns the queue, the batching and the retries; see docs/adr/0003-sequencer.md.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import structlog

from application.handling import Handlers
from application.ports import Dispatch, Loaded, LogUnavailable, Outcome, Overloaded
from domain.shared import Command, Decider, DomainError
from infrastructure.event_store.appending import (
    Batch,
    Begun,
    CommandRecord,
    Head,
    LogWriter,
    Overtaken,
    chained,
)
from infrastructure.event_store.deciding import Deciding, Waiting
from infrastructure.event_store.keyring import KeysUnreadable
from infrastructure.event_store.signal import LogSignal
from infrastructure.event_store.stream_states import (
    StreamLoader,
    StreamStates,
    StreamUnreadable,
    advanced,
)
from infrastructure.observability.metrics import (
    APPEND_BATCH,
    APPEND_SECONDS,
    COMMAND_WAIT_SECONDS,
    COMMANDS,
    LOG_POSITION,
    QUEUE_DEPTH,
)

_log = structlog.get_logger(__name__)
_encode = msgspec.json.Encoder(order="deterministic").encode

_BATCH_BYTES = 4 * 1024 * 1024
_RETRY_PAUSES = (0.02, 0.1, 0.4, 1.0)
_CAUTIOUS_SECONDS = 1.0


class SequencerLimits(msgspec.Struct, frozen=True, kw_only=True):
    """`queue` commands may wait, `batch` go into one transaction; `states` and `commands` are
    kept in memory; a stream gets a snapshot every `snapshot_every` events."""

    queue: int = 10_000
    batch: int = 512
    states: int = 50_000
    commands: int = 20_000
    snapshot_every: int = 1000


class Sequencer:
    """Implements `CommandBus`. `start` it before use; `stop` lets what waits be decided."""

    def __init__(
        self,
        writer: LogWriter,
        loader: StreamLoader,
        handlers: Handlers,
        signal: LogSignal,
        limits: SequencerLimits = SequencerLimits(),  # noqa: B008  # frozen
    ) -> None:
        self._writer = writer
        self._loader = loader
        self._codec = loader.codec
        self._keyring = loader.codec.keyring
        self._signal = signal
        self._handlers = handlers
        self._limits = limits
        self._queue: deque[Waiting] = deque()
        self._arrived = asyncio.Event()
        self._stopping = False
        self._running: asyncio.Task[None] | None = None
        self._snapshots: set[asyncio.Task[None]] = set()
        self._states = StreamStates(limits.states)
        self._recent: OrderedDict[str, CommandRecord] = OrderedDict()
        self._head: Head | None = None
        self._cautious_until = 0.0

    async def start(self) -> None:
        self._stopping = False
        self._running = asyncio.create_task(self._run(), name="sequencer")

    async def stop(self) -> None:
        """Takes no more commands, decides those that wait, closes the writer."""
        self._stopping = True
        self._arrived.set()
        if self._running is not None:
            await self._running
        await asyncio.gather(*self._snapshots, return_exceptions=True)
        await self._writer.close()

    async def execute(self, dispatch: Dispatch) -> Outcome:
        if self._stopping or len(self._queue) >= self._limits.queue:
            COMMANDS.labels("overloaded").inc()
            raise Overloaded
        handler = self._handlers[type(dispatch.command)]
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        fingerprint = dispatch.fingerprint or _fingerprint(dispatch.command)
        self._queue.append(Waiting(dispatch, handler, fingerprint, outcome, time.monotonic()))
        self._arrived.set()
        return await outcome

    async def _run(self) -> None:
        while not (self._stopping and not self._queue):
            if not self._queue:
                self._arrived.clear()
                await self._arrived.wait()
                continue
            await asyncio.sleep(0)  # callers answered a moment ago get to join this batch
            QUEUE_DEPTH.set(len(self._queue))
            size = min(len(self._queue), self._limits.batch)
            batch = [self._queue.popleft() for _ in range(size)]
            await self._settle_apart(batch)

    async def _settle_apart(self, batch: list[Waiting]) -> None:
        """Settles a batch; should it fail as a whole for a fault of its own, each command alone."""
        try:
            await self._settle(batch)
        except Exception as failure:  # noqa: BLE001  # told to its caller
            if len(batch) == 1:
                _log.exception("command_failed", command=type(batch[0].dispatch.command).__name__)
                return self._fail(batch, failure)
            for one in batch:
                await self._settle_apart([one])
        except BaseException as end:
            self._fail(batch, end)
            raise

    async def _settle(self, batch: list[Waiting]) -> None:
        """Decides and appends, again from the start where the database got in the way."""
        started = time.monotonic()
        for attempt, pause in enumerate((*_RETRY_PAUSES, None)):
            try:
                await self._append(batch, expect_new=attempt == 0)
                break
            except Overtaken:
                self._be_cautious()
            except StreamUnreadable as broken:
                _log.error("stream_unreadable", stream=broken.stream)
                self._fail([one for one in batch if broken.stream in one.streams], broken)
                batch = [one for one in batch if broken.stream not in one.streams]
            except LogUnavailable as error:
                self._be_cautious()
                if pause is None:
                    _log.warning("log_unavailable", commands=len(batch), cause=str(error.__cause__))
                    return self._fail(batch, error)
                await asyncio.sleep(pause)
        else:
            return self._fail(batch, LogUnavailable())
        APPEND_BATCH.observe(len(batch))
        APPEND_SECONDS.observe(time.monotonic() - started)
        COMMAND_WAIT_SECONDS.observe(started - batch[0].submitted if batch else 0)
        return None

    async def _append(self, batch: Sequence[Waiting], *, expect_new: bool) -> None:
        await self._warm(batch, expect_new=expect_new)
        if self._head is not None and self._may_skip_lock(batch):
            deciding = self._decide(self._head, {}, batch)
            if deciding.drafts:
                written = _batch(self._head, deciding)
                await self._writer.append(written)
                return await self._committed(batch, deciding, written.after)
        begun = await self._begin(batch)
        deciding = self._decide(begun.head, begun.commands, batch)
        written = _batch(begun.head, deciding)
        if written.commands:
            await self._writer.commit(written)
        else:
            await self._writer.abandon()
        return await self._committed(batch, deciding, written.after)

    async def _warm(self, batch: Sequence[Waiting], *, expect_new: bool) -> None:
        """Loads cold streams before the lock is taken: a long one must not make others wait."""
        cold = {
            stream: decider
            for stream, decider in _deciders(batch, with_new=not expect_new).items()
            if self._states.get(stream) is None
        }
        if cold:
            loaded = await self._loader.load(cold, snapshot_every=self._limits.snapshot_every)
            for stream, state in loaded.items():
                if state.version:
                    self._states.put(stream, state)

    def _may_skip_lock(self, batch: Sequence[Waiting]) -> bool:
        return time.monotonic() >= self._cautious_until and all(
            self._states.is_current(stream) for stream in _deciders(batch, with_new=False)
        )

    async def _begin(self, batch: Sequence[Waiting]) -> Begun:
        """Locks the head and brings the states of all touched streams up to it."""
        deciders = _deciders(batch, with_new=True)
        cached = {
            stream: self._states.get(stream) or Loaded(decider.initial, 0)
            for stream, decider in deciders.items()
        }
        versions = {stream: loaded.version for stream, loaded in cached.items()}
        begun = await self._writer.begin([one.dispatch.command_id for one in batch], versions)
        try:
            await self._codec.fetch_keys_for(begun.newer)
            current = advanced(deciders, self._codec, cached, begun.newer)
        except BaseException:
            await self._writer.abandon()
            raise
        if self._head is None or self._head.position != begun.head.position:
            self._states.others_appended()
        for stream, loaded in current.items():
            self._states.put(stream, loaded)
        return begun

    def _decide(
        self, head: Head, known: Mapping[str, CommandRecord], batch: Iterable[Waiting]
    ) -> Deciding:
        def recorded(command_id: str) -> CommandRecord | None:
            return known.get(command_id) or self._recent.get(command_id)

        now_us = time.time_ns() // 1000
        deciding = Deciding(head, self._states.get, recorded, self._codec, now_us)
        for one in batch:
            if deciding.drafted_bytes < _BATCH_BYTES:
                deciding.decide(one)
        for one, _ in deciding.answers:
            one.written = True
        return deciding

    async def _committed(self, batch: Sequence[Waiting], deciding: Deciding, head: Head) -> None:
        """What was decided now stands in the log: remember it, answer, wake the readers."""
        self._head = head
        self._remember(deciding)
        for one, answer in deciding.answers:
            _answer(one, answer)
        if deciding.drafts:
            LOG_POSITION.set(head.position)
            self._signal.notify(head.position)
        if len(deciding.answers) < len(batch):
            await self._put_back(batch, deciding)

    def _remember(self, deciding: Deciding) -> None:
        every = self._limits.snapshot_every
        for stream, loaded in deciding.states.items():
            before = self._states.get(stream)
            self._states.put(stream, loaded)
            if loaded.version // every > (before.version if before else 0) // every:
                self._take_snapshot(stream, deciding.deciders[stream], loaded)
        self._recent.update(deciding.commands)
        while len(self._recent) > self._limits.commands:
            self._recent.popitem(last=False)

    def _take_snapshot(self, stream: str, decider: Decider[Any], loaded: Loaded[Any]) -> None:
        task = asyncio.create_task(self._loader.save_snapshot(stream, decider, loaded))
        self._snapshots.add(task)
        task.add_done_callback(self._snapshots.discard)

    async def _put_back(self, batch: Sequence[Waiting], deciding: Deciding) -> None:
        """Commands the batch had no room for, or no key yet, go to the front of the queue."""
        persons = {person for _, lack in deciding.lacking_keys for person in lack.persons}
        if persons:
            try:
                await self._keyring.fetch(persons, create=True)
            except (LogUnavailable, KeysUnreadable) as error:
                return self._fail([one for one, _ in deciding.lacking_keys], error)
        answered = {id(one) for one, _ in deciding.answers}
        self._queue.extendleft(one for one in reversed(batch) if id(one) not in answered)
        return None

    def _be_cautious(self) -> None:
        self._cautious_until = time.monotonic() + _CAUTIOUS_SECONDS

    def _fail(self, batch: Iterable[Waiting], failure: BaseException) -> None:
        for one in batch:
            _answer(one, failure)


def _deciders(batch: Iterable[Waiting], *, with_new: bool) -> dict[str, Decider[Any]]:
    """The streams that the commands touch; those they expect to be new only `with_new`."""
    return {
        stream: decider
        for one in batch
        for index, (stream, decider) in enumerate(
            zip(one.streams, one.handler.deciders, strict=True)
        )
        if with_new or index or not one.handler.opens
    }


def _batch(head: Head, deciding: Deciding) -> Batch:
    rows, after = chained(head, deciding.drafts, deciding.recorded_us)
    return Batch(head, after, rows, list(deciding.commands.values()))


def _answer(waiting: Waiting, answer: Outcome | BaseException) -> None:
    if waiting.outcome.done():
        return  # its caller went away; the command counts all the same
    if isinstance(answer, Outcome):
        COMMANDS.labels("replayed" if answer.replayed else "accepted").inc()
        waiting.outcome.set_result(answer)
    else:
        COMMANDS.labels("refused" if isinstance(answer, DomainError) else "failed").inc()
        waiting.outcome.set_exception(answer)


def _fingerprint(command: Command) -> bytes:
    return hashlib.sha256(_encode((type(command).__qualname__, command))).digest()
