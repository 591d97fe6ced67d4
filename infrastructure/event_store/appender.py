"""Decides and appends batches, as far ahead as is safe.

While no other process appends, a batch is decided on what this process wrote last, without asking
for the head's lock first, and the next batch is decided and put together while the one before is
written. The head moves from the position a batch was decided at, or not at all: if the guess was
wrong, the database refuses the batch whole, and it is decided again under the head's lock. Whoever
is refused stays cautious for a while.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import structlog

from application.ports import Loaded, LogUnavailable
from domain.shared import Decider
from infrastructure.event_store.appending import (
    Batch,
    Begun,
    CommandRecord,
    Head,
    LogWriter,
    Overtaken,
    Wanted,
    chained,
)
from infrastructure.event_store.deciding import Deciding, Waiting, refuse
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
    LOG_POSITION,
)

_log = structlog.get_logger(__name__)

_BATCH_BYTES = 4 * 1024 * 1024
_RETRY_PAUSES = (0.02, 0.1, 0.4, 1.0)
_LEAST_CAUTION, _CONTENDED, _MOST_CAUTION = 0.004, 0.1, 1.0  # seconds
_REMEMBERED_COMMANDS = 20_000
_LANES = 2


class Flight:
    """A batch on its way to the database, decided on the one that took off before it."""

    def __init__(self, batch: Sequence[Waiting], deciding: Deciding, written: Batch) -> None:
        self.batch = batch
        self.deciding = deciding
        self.written = written
        self.task: asyncio.Task[bool]


class Appender:
    """Appends batches in the order they are placed; one may be decided while another is written.

    Commands that a batch could not settle go to `give_back`, to be placed again before others.
    `snapshot_every` is the number of a stream's events between snapshots.
    """

    def __init__(
        self,
        writer: LogWriter,
        loader: StreamLoader,
        signal: LogSignal,
        *,
        cached_states: int = 50_000,
        snapshot_every: int = 1000,
    ) -> None:
        self._writer = writer
        self._loader = loader
        self._codec = loader.codec
        self._signal = signal
        self._snapshot_every = snapshot_every
        self._snapshots: set[asyncio.Task[None]] = set()
        self._states = StreamStates(cached_states)
        self._recent: OrderedDict[str, CommandRecord] = OrderedDict()
        self._head: Head | None = None
        self._cautious_until = 0.0
        self._caution = _LEAST_CAUTION
        self._flights: deque[Flight] = deque()
        self.give_back: Callable[[Sequence[Waiting]], None] = _refuse_all

    def recall(self, stream: str) -> Loaded[Any] | None:
        """As it stood when this process last appended to it or decided on it."""
        return self._states.get(stream)

    async def lane(self) -> None:
        """Waits until another batch can be placed."""
        while len(self._flights) >= _LANES:
            await asyncio.wait([self._flights[0].task])

    async def place(self, batch: Sequence[Waiting]) -> None:
        """Has the batch appended and its callers answered, soon or by the time this returns."""
        if not await self._placed_ahead(batch):
            await self._land_all()
            await self._settle_apart(batch)

    async def busy(self) -> bool:
        """Whether something was under way; it no longer is once this returns."""
        was = bool(self._flights)
        await self._land_all()
        return was

    async def close(self) -> None:
        await self._land_all()
        await asyncio.gather(*self._snapshots, return_exceptions=True)
        await self._writer.close()

    async def _land_all(self) -> None:
        while self._flights:
            await asyncio.wait([flight.task for flight in self._flights])

    async def _placed_ahead(self, batch: Sequence[Waiting]) -> bool:
        try:
            await self._warm(_deciders(batch, with_new=False))
            return self._take_off(batch)
        except Exception as failure:  # noqa: BLE001  # whatever it was shows again under the lock
            _log.debug("not_decided_ahead", cause=type(failure).__name__)
            return False

    def _take_off(self, batch: Sequence[Waiting]) -> bool:
        """Decides on what is under way and starts writing; False where that is not safe."""
        before = self._flights[-1].written.after if self._flights else self._head
        if before is None or time.monotonic() < self._cautious_until:
            return False
        touched = _deciders(batch, with_new=False)
        if any(one.under_lock for one in batch) or not all(
            self._is_current(stream) for stream in touched
        ):
            return False
        deciding = self._decided(before, {}, batch)
        if not deciding.drafts:
            return False
        deciding.hold_refusals()
        flight = Flight(batch, deciding, _batch(before, deciding))
        previous = self._flights[-1] if self._flights else None
        self._flights.append(flight)
        flight.task = asyncio.create_task(self._fly(flight, previous))
        return True

    async def _fly(self, flight: Flight, previous: Flight | None) -> bool:
        started = time.monotonic()
        try:
            await self._writer.append(flight.written, once=_landed(previous))
            self._caution = max(self._caution / 2, _LEAST_CAUTION)
            await self._committed(flight.batch, flight.deciding, flight.written.after)
        except Exception as failure:  # noqa: BLE001  # whatever it was shows again under the lock
            _log.debug("append_refused", cause=type(failure).__name__)
            _note_unknown_fate(flight.batch, failure)
            self._be_cautious()
            self.give_back(flight.batch)
            return False
        else:
            _observe(flight.batch, started)
            return True
        finally:
            self._flights.remove(flight)

    def _be_cautious(self) -> None:
        """Twice as long each time in a row: others append now and then, or all the time."""
        self._cautious_until = time.monotonic() + self._caution
        self._caution = min(self._caution * 2, _MOST_CAUTION)

    def _is_current(self, stream: str) -> bool:
        return self._states.is_current(stream) or any(
            stream in flight.deciding.states for flight in self._flights
        )

    async def _settle_apart(self, batch: Sequence[Waiting]) -> None:
        """Settles a batch; should it fail as a whole for a fault of its own, each command alone."""
        try:
            await self._settle(list(batch))
        except Exception as failure:  # noqa: BLE001  # told to its caller
            if len(batch) == 1:
                command = type(batch[0].dispatch.command).__name__
                _log.error("command_failed", command=command, exc_info=failure)
                return refuse(batch, failure)
            for one in batch:
                await self._settle_apart([one])
        except BaseException as end:
            refuse(batch, end)
            raise

    async def _settle(self, batch: list[Waiting]) -> None:
        """Decides and appends, again from the start where the database got in the way."""
        started = time.monotonic()
        failure: Exception = LogUnavailable()
        for attempt, pause in enumerate((*_RETRY_PAUSES, 0)):
            try:
                await self._append(batch, expect_new=attempt == 0)
                return _observe(batch, started)
            except Overtaken as error:
                failure = LogUnavailable()
                failure.__cause__ = error
            except StreamUnreadable as broken:
                _log.error("stream_unreadable", stream=broken.stream)
                refuse([one for one in batch if broken.stream in one.streams], broken)
                batch = [one for one in batch if broken.stream not in one.streams]
                if not batch:
                    return None
            except LogUnavailable as error:
                failure = error
                _note_unknown_fate(batch, failure)
                await asyncio.sleep(pause)
        _log.warning("log_unavailable", commands=len(batch), cause=str(failure.__cause__))
        return refuse(batch, failure)

    async def _append(self, batch: Sequence[Waiting], *, expect_new: bool) -> None:
        """`expect_new`: what is expected to be new is, streams and command ids, and need not be
        looked up under the lock. The batch is then decided before it: others wait less."""
        await self._warm(_deciders(batch, with_new=not expect_new))
        expect_new = expect_new and not any(one.under_lock for one in batch)
        early = self._decided(self._head, {}, batch) if expect_new and self._head else None
        if early is not None and early.hold_refusals():
            early, expect_new = None, False
        begun = await self._begin(batch, expect_new=expect_new)
        try:
            if early is None or begun.newer:
                deciding = self._decided(begun.head, begun.commands, batch)
            else:
                deciding = early
                deciding.follow(begun.head)
            unsure = expect_new and deciding.hold_refusals()
            written = _batch(begun.head, deciding)
        except BaseException:
            await self._writer.abandon()
            raise
        if unsure:
            await self._writer.abandon()
            await self._append(batch, expect_new=False)
            return
        if written.commands:
            await self._writer.commit(written)
        else:
            await self._writer.abandon()
        await self._committed(batch, deciding, written.after)

    async def _warm(self, deciders: dict[str, Decider[Any]]) -> None:
        """Loads cold streams before the lock is taken: a long one must not make others wait."""
        cold = {
            stream: decider
            for stream, decider in deciders.items()
            if self._states.get(stream) is None
        }
        if cold:
            loaded = await self._loader.load(cold, snapshot_every=self._snapshot_every)
            for stream, state in loaded.items():
                if (
                    self._states.get(stream) is None
                ):  # else a batch that landed meanwhile knows more
                    self._states.put(stream, state)

    async def _begin(self, batch: Sequence[Waiting], *, expect_new: bool) -> Begun:
        """Locks the head and brings the states of the touched streams up to it."""
        deciders = _deciders(batch, with_new=not expect_new)
        cached = {
            stream: self._states.get(stream) or Loaded(decider.initial, 0)
            for stream, decider in deciders.items()
        }
        versions = {stream: loaded.version for stream, loaded in cached.items()}
        seldom = self._head is not None and self._caution < _CONTENDED
        since = self._head.position if seldom and self._head else None
        command_ids = () if expect_new else [one.dispatch.command_id for one in batch]
        begun = await self._writer.begin(Wanted(command_ids, versions, since))
        try:
            current = advanced(deciders, self._codec, cached, begun.newer)
        except BaseException:
            await self._writer.abandon()
            raise
        self._recent.update(begun.commands)
        if begun.head != self._head:
            self._states.others_appended(begun.appended_to)
        for stream, loaded in current.items():
            self._states.put(stream, loaded)
        return begun

    def _decided(
        self, head: Head, known: Mapping[str, CommandRecord], batch: Sequence[Waiting]
    ) -> Deciding:
        def recorded(command_id: str) -> CommandRecord | None:
            return known.get(command_id) or self._recent.get(command_id)

        ahead = [flight.deciding for flight in reversed(self._flights)]
        deciding = Deciding(head, self._states.get, recorded, self._codec, ahead)
        for one in batch:
            if deciding.drafted_bytes < _BATCH_BYTES:
                deciding.decide(one)
        return deciding

    async def _committed(self, batch: Sequence[Waiting], deciding: Deciding, head: Head) -> None:
        """What was decided now stands in the log: remember it, answer, wake the readers."""
        self._head = head
        self._remember(deciding)
        deciding.answer()
        if deciding.drafts:
            LOG_POSITION.set(head.position)
            self._signal.notify(head.position)
        if len(deciding.answers) < len(batch):
            await self._put_back(batch, deciding)

    def _remember(self, deciding: Deciding) -> None:
        every = self._snapshot_every
        for stream, loaded in deciding.states.items():
            before = self._states.get(stream)
            self._states.put(stream, loaded)
            if loaded.version // every > (before.version if before else 0) // every:
                self._take_snapshot(stream, deciding.deciders[stream], loaded)
        self._recent.update(deciding.commands)
        while len(self._recent) > _REMEMBERED_COMMANDS:
            self._recent.popitem(last=False)

    def _take_snapshot(self, stream: str, decider: Decider[Any], loaded: Loaded[Any]) -> None:
        task = asyncio.create_task(self._loader.save_snapshot(stream, decider, loaded))
        self._snapshots.add(task)
        task.add_done_callback(self._snapshots.discard)

    async def _put_back(self, batch: Sequence[Waiting], deciding: Deciding) -> None:
        """Keeps for the next batch what this one had no room for, or no key yet."""
        settled = {id(one) for one, _ in deciding.answers}
        persons = {person for _, lack in deciding.lacking_keys for person in lack.persons}
        if persons:
            try:
                await self._codec.keyring.fetch(persons, create=True)
            except (LogUnavailable, KeysUnreadable) as error:
                lacking = [one for one, _ in deciding.lacking_keys]
                refuse(lacking, error)
                settled.update(map(id, lacking))
        self.give_back([one for one in batch if id(one) not in settled])


async def _landed(flight: Flight | None) -> bool:
    return flight is None or await flight.task


def _note_unknown_fate(batch: Iterable[Waiting], failure: Exception) -> None:
    if isinstance(failure, LogUnavailable):
        for one in batch:
            one.tried = True


def _refuse_all(waiting: Sequence[Waiting]) -> None:
    refuse(waiting, LogUnavailable())


def _deciders(batch: Iterable[Waiting], *, with_new: bool) -> dict[str, Decider[Any]]:
    """The streams that the commands touch; those they expect to be new only `with_new`."""
    return {
        stream: decider
        for one in batch
        for index, (stream, decider) in enumerate(zip(one.streams, one.deciders, strict=True))
        if with_new or index or not one.handler.opens
    }


def _batch(head: Head, deciding: Deciding) -> Batch:
    rows, after = chained(head, deciding.drafts, deciding.recorded_us)
    return Batch(head, after, rows, list(deciding.commands.values()))


def _observe(batch: Sequence[Waiting], started: float) -> None:
    now = time.monotonic()
    APPEND_SECONDS.observe(now - started)
    APPEND_BATCH.observe(len(batch))
    if batch:
        COMMAND_WAIT_SECONDS.observe(now - batch[0].submitted)
