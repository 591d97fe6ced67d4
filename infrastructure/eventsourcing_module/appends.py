"""Appends what recorders insert, through the same head, hash chain and tables as the product.

Calls that wait are appended as one batch. Under the head's lock it is certain which of them hit a
taken version, so each gets its own answer and none costs the others anything.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from eventsourcing.persistence import IntegrityError, Tracking
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from application.ports import LogUnavailable
from infrastructure.event_store.appending import Batch, Draft, Overtaken, chained
from infrastructure.event_store.signal import LogSignal
from infrastructure.eventsourcing_module.writer import (
    Claim,
    QuickRecorderWriter,
    RecorderWriter,
    Standing,
)

_PAUSES = (0.02, 0.1, 0.4, 1.0)
_BATCH_EVENTS = 2000


@dataclass(eq=False, slots=True)
class Call:
    """One `insert_events`, and the caller who waits for its positions."""

    drafts: Sequence[Draft]
    tracking: Tracking | None
    positions: "asyncio.Future[list[int]]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def claims(self) -> list[Claim]:
        return [(draft.stream, draft.version) for draft in self.drafts]


class AppendQueue:
    """Appends calls in batches, one batch at a time. Belongs to one event loop."""

    def __init__(
        self, writer: RecorderWriter, quick: QuickRecorderWriter | None, signal: LogSignal
    ) -> None:
        self._writer = writer
        self._quick = quick
        self._signal = signal
        self._waiting: deque[Call] = deque()
        self._worker: asyncio.Task[None] | None = None

    async def append(self, drafts: Sequence[Draft], tracking: Tracking | None) -> list[int]:
        """The positions of the drafts, in their order, once all is durable.

        Raises `IntegrityError` when a version is taken or the tracking does not move forward,
        `LogUnavailable`. Then nothing of this call was recorded.
        """
        call = Call(drafts, tracking)
        self._waiting.append(call)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await call.positions

    async def close(self) -> None:
        await self._writer.close()
        if self._quick is not None:
            await self._quick.close()

    async def _work(self) -> None:
        while self._waiting:
            batch = self._next_batch()
            try:
                await self._settle(batch)
            except BaseException as end:
                _refuse((*batch, *self._waiting), end)
                self._waiting.clear()
                raise

    def _next_batch(self) -> list[Call]:
        batch = [self._waiting.popleft()]
        size = len(batch[0].drafts)
        while self._waiting and size + len(self._waiting[0].drafts) <= _BATCH_EVENTS:
            batch.append(self._waiting.popleft())
            size += len(batch[-1].drafts)
        return batch

    async def _settle(self, batch: Sequence[Call], pauses: Sequence[float] = _PAUSES) -> None:
        """Appends; again where the database got in the way; at last each call alone."""
        for pause in (*pauses, None):
            try:
                return await self._append(batch)
            except (Overtaken, LogUnavailable, DBAPIError, PoolTimeout, OSError) as error:
                failure = error
                await self.close()
            if pause is None or isinstance(_cause(failure), DataError):
                break
            await asyncio.sleep(pause)
        if len(batch) == 1:
            return _refuse(batch, _told(failure))
        for call in batch:
            await self._settle([call], ())
        return None

    async def _append(self, batch: Sequence[Call]) -> None:
        tracks = any(call.tracking is not None for call in batch)
        writer = self._writer if tracks or self._quick is None else self._quick
        head, standing = await writer.lock(claim for call in batch for claim in call.claims())
        decided = await self._decide(batch, standing)
        drafts = [draft for call in decided.accepted for draft in call.drafts]
        if decided.accepted:
            rows, after = chained(head, drafts, time.time_ns() // 1000)
            await writer.commit(Batch(head, after, rows, ()))
            self._signal.notify(after.position)
        else:
            await writer.abandon()
        decided.answer(head.position)

    async def _decide(self, batch: Sequence[Call], standing: Standing) -> "_Decided":
        decided = _Decided(standing)
        for call in batch:
            if decided.has_landed(call) or decided.collides(call):
                continue
            if call.tracking is None or await self._writer.track(call.tracking):
                decided.accept(call)
            else:
                decided.refuse(call, f"{call.tracking} does not move forward")
        return decided


class _Decided:
    """The outcome of each call of a batch, told only once the batch is committed."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._claimed: set[Claim] = set()
        self.accepted: list[Call] = []
        self._refused: list[tuple[Call, str]] = []
        self._landed: list[tuple[Call, list[int]]] = []

    def has_landed(self, call: Call) -> bool:
        """Whether an earlier try committed after all, though its answer was lost."""
        found = [self._standing.get(claim) for claim in call.claims()]
        positions = [
            there[0]
            for there, draft in zip(found, call.drafts, strict=True)
            if there is not None and there[1] == draft.event_id
        ]
        landed = bool(found) and len(positions) == len(found)
        if landed:
            self._landed.append((call, positions))
        return landed

    def collides(self, call: Call) -> bool:
        claims = call.claims()
        taken = [claim for claim in claims if claim in self._standing or claim in self._claimed]
        if taken:
            self.refuse(call, f"version {taken[0][1]} of {taken[0][0]} is taken")
        elif len(set(claims)) < len(claims):
            self.refuse(call, "the same version twice")
        else:
            return False
        return True

    def accept(self, call: Call) -> None:
        self._claimed.update(call.claims())
        self.accepted.append(call)

    def refuse(self, call: Call, why: str) -> None:
        self._refused.append((call, why))

    def answer(self, position: int) -> None:
        """`position` is where the head stood before this batch."""
        for call in self.accepted:
            count = len(call.drafts)
            _tell(call, list(range(position + 1, position + count + 1)))
            position += count
        for call, positions in self._landed:
            _tell(call, positions)
        for call, why in self._refused:
            _refuse([call], IntegrityError(why))


def _tell(call: Call, positions: list[int]) -> None:
    if not call.positions.done():
        call.positions.set_result(positions)


def _refuse(calls: Iterable[Call], failure: BaseException) -> None:
    for call in calls:
        if not call.positions.done():
            call.positions.set_exception(failure)


def _cause(failure: Exception) -> BaseException:
    return failure.__cause__ or failure if isinstance(failure, LogUnavailable) else failure


def _told(failure: Exception) -> BaseException:
    """What the caller gets: no event of its can be stored, or none could for now."""
    cause = _cause(failure)
    if isinstance(cause, DataError):
        return cause
    unavailable = LogUnavailable()
    unavailable.__cause__ = cause
    return unavailable
