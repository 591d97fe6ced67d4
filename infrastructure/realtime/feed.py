"""Hands this process the frames of all rooms, in order of the log and each once.

They come through Redis, many at a time. What does not come so is read from the log itself: after
half a second of silence, or as soon as a batch shows that others before it are missing.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from application.ports import LogUnavailable
from infrastructure.cancelling import cancel, unbroken
from infrastructure.event_store.schema import TYPE
from infrastructure.faults import fault_text
from infrastructure.observability.metrics import (
    ROOM_FEED_HEALED,
    ROOM_FEED_POSITION,
    ROOM_FEED_SECONDS,
)
from infrastructure.read_models.pages import RowLog
from infrastructure.realtime.batch_stream import MISSED_AT_MOST, BatchStream
from projections.chat.frames import FeedBatch
from projections.frames import TYPES, batch_of

_PATIENCE_SECONDS = 0.5
_RETRY_SECONDS = 0.25
_PAGE = 1000
_log = structlog.get_logger(__name__)


class RoomFeed:
    """One a process. `hear` gets batch after batch, each beginning where the one before ended.

    It is called between two awaits with `position` moved already, so that whoever looks at
    `position` and subscribes in one go misses nothing and gets nothing twice.
    """

    def __init__(self, log: RowLog, redis: Redis, *, prefix: str = "live:") -> None:
        self._log = log
        self._batches = BatchStream(redis, prefix)
        self._following: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[list[FeedBatch]] | None = None
        self._in_trouble = self._without_redis = False
        self.hear: Callable[[FeedBatch], None] = _nobody
        self.position = 0

    async def start(self) -> None:
        """Begins at the log's end. Raises `LogUnavailable`."""
        self.position = await self._log.head()
        self._following = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        tasks = [task for task in (self._following, self._reading) if task is not None]
        self._following = self._reading = None
        await cancel(*tasks)

    async def _follow(self) -> None:
        while True:
            try:
                await self._turn()
                self._in_trouble = False
            except Exception as error:  # noqa: BLE001 - whatever it was, rooms must go on
                if not self._in_trouble:
                    known = None if isinstance(error, LogUnavailable) else error
                    _log.warning("room_feed_waits", error=fault_text(error), exc_info=known)
                self._in_trouble = True
                await asyncio.sleep(_RETRY_SECONDS)

    async def _turn(self) -> None:
        before = self.position
        batches = await self._arrived()
        for batch in batches:
            if batch.after <= self.position < batch.upto:
                self._hand_on(_beyond(batch, self.position))
        if self.position == before:  # nothing came, or something before it is missing
            await unbroken(self._catch_up())
        if batches and self.position == before:  # another log's: they would come again at once
            await asyncio.sleep(_PATIENCE_SECONDS)

    async def _arrived(self) -> Sequence[FeedBatch]:
        """What Redis has, or nothing where it has not answered for a while.

        redis-py may take many seconds over a server that is away, and a reading that is cancelled
        costs a connection: so it is left to go on, and the log is read meanwhile.
        """
        if self._reading is None:
            self._reading = asyncio.create_task(self._batches.beyond(self.position))
        await asyncio.wait((self._reading,), timeout=_PATIENCE_SECONDS)
        if not self._reading.done():
            return ()
        reading, self._reading = self._reading, None
        try:
            batches = reading.result()
        except (RedisError, OSError) as error:
            if not self._without_redis:
                _log.warning("room_feed_without_redis", error=fault_text(error))
            self._without_redis = True
            await asyncio.sleep(_RETRY_SECONDS)
            return ()
        self._without_redis = False
        return batches

    async def _catch_up(self) -> None:
        """To the log's end, from the log."""
        while True:
            rows = await self._log.read_rows(self.position, _PAGE)
            full = len(rows) == _PAGE
            if full and (head := await self._log.head()) - self.position > MISSED_AT_MOST:
                self._heal(FeedBatch(after=self.position, upto=head, incomplete=True))
            elif rows:
                events = await self._log.decode([row for row in rows if row[TYPE] in TYPES])
                self._heal(batch_of(events, after=self.position, upto=rows[-1][0]))
            if not full:
                return

    def _heal(self, batch: FeedBatch) -> None:
        ROOM_FEED_HEALED.inc(batch.upto - batch.after)
        self._hand_on(batch)

    def _hand_on(self, batch: FeedBatch) -> None:
        self.position = batch.upto
        ROOM_FEED_POSITION.set(batch.upto)
        if batch.frames:
            ROOM_FEED_SECONDS.observe(max(0.0, time.time() - batch.frames[0].sent_us / 1e6))
        try:
            self.hear(batch)
        except Exception:  # noqa: BLE001 - a fault of one listener's must not end the feed
            _log.exception("room_feed_not_heard", position=batch.upto)


def _beyond(batch: FeedBatch, position: int) -> FeedBatch:
    """Of relays that run side by side, each cuts the log in its own way."""
    if batch.after == position:
        return batch
    frames = tuple(frame for frame in batch.frames if frame.position > position)
    return msgspec.structs.replace(batch, after=position, frames=frames)


def _nobody(_batch: FeedBatch) -> None:
    return None
