"""The Redis stream that carries batches of frames from relays to every process.

Transport only: it may lose everything at any time, and the log heals it. An entry's id is the log
position its batch reaches, so Redis itself refuses what is older than what it has.
"""

from typing import Any

import msgspec
from msgspec.structs import replace
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from projections.chat.frames import FeedBatch, RoomFrame

MISSED_AT_MOST = 20_000  # positions; who is further behind does not catch up frame by frame
_BLOCK_MS = 400  # beyond its socket_timeout, redis-py would take a wait for a lost connection
_ENTRIES_AT_ONCE = 100
_EXPIRES_SECONDS = 120
FIELD = b"batch"

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(FeedBatch).decode


class BatchStream:
    """Methods raise redis-py's errors."""

    def __init__(self, redis: Redis, prefix: str) -> None:
        self._redis = redis
        self._key = f"{prefix}rooms"

    async def add(self, batch: FeedBatch, *, keep_from: int = 0) -> bool:
        """False: refused, as the stream has reached that far already.

        What does not reach `keep_from` goes, and what nobody would catch up on. Once somebody is
        erased, or may have been, all from before goes: it could hold what they said.
        """
        adding = self._redis.pipeline(transaction=True)
        if batch.erased or batch.incomplete:
            # Before the new entry: Redis only marks what it trims beside one that stays.
            adding.xtrim(self._key, maxlen=0, approximate=False)
        adding.xadd(
            self._key,
            {FIELD: _encode(batch)},
            id=f"{batch.upto}-0",
            minid=max(keep_from, batch.upto - MISSED_AT_MOST),
            approximate=False,
        )
        adding.expire(self._key, _EXPIRES_SECONDS)
        *_, added, _expires = await adding.execute(raise_on_error=False)
        if isinstance(added, ResponseError) and "equal or smaller" in str(added):
            return False
        if isinstance(added, Exception):
            raise added
        return True

    async def beyond(self, position: int) -> list[FeedBatch]:
        """Batches that reach beyond the position, in order; waits a moment for the first."""
        found: Any = await self._redis.xread(
            {self._key: f"{position}-0"}, count=_ENTRIES_AT_ONCE, block=_BLOCK_MS
        )
        batches = [opened(fields) for _, entries in found for _, fields in entries]
        return [batch for batch in batches if batch is not None]

    async def last(self) -> int:
        """The position it has reached, also where that is no longer in it; 0 at its beginning."""
        try:
            found: Any = await self._redis.xinfo_stream(self._key)
        except ResponseError as error:
            if "no such key" in str(error):
                return 0
            raise
        return int(found["last-generated-id"].partition(b"-")[0])

    async def empty(self) -> None:
        """What was refused stays refused."""
        await self._redis.xtrim(self._key, maxlen=0, approximate=False)

    async def forget(self) -> None:
        await self._redis.delete(self._key)


def opened(fields: dict[bytes, bytes]) -> FeedBatch | None:
    """None: written by code of another version; the log has what is in it."""
    try:
        batch = _decode(fields.get(FIELD, b""))
    except msgspec.MsgspecError:
        return None
    return replace(batch, frames=tuple(_on_its_own(frame) for frame in batch.frames))


def _on_its_own(frame: RoomFrame) -> RoomFrame:
    """A body is a slice of its entry: whoever kept one would keep all that came with it."""
    return replace(frame, body=frame.body.copy())
