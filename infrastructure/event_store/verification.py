"""Verifies a range of the log: the chain record by record, and the last checkpoint in it."""

from collections.abc import Callable

import msgspec

from infrastructure.event_store.checkpoints import Checkpoint, Checkpoints, is_genuine
from infrastructure.event_store.hash_chain import first_broken
from infrastructure.event_store.log import SqlEventLog
from infrastructure.event_store.schema import GENESIS_HASH

_PAGE = 5000


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in positions `first` to `last`, both included.

    `first_broken` is the first position that is missing, was changed, or does not follow on the
    one before it. `checkpoint` is the last one in the range; `checkpoint_holds` says whether its
    signature is ours and its hash is the log's.
    """

    first: int
    last: int
    events: int
    intact: bool
    head_hash: str
    first_broken: int | None
    checkpoint: Checkpoint | None
    checkpoint_holds: bool | None


async def verify(
    log: SqlEventLog,
    checkpoints: Checkpoints,
    *,
    first: int = 1,
    last: int | None = None,
    progress: Callable[[int], None] = lambda _count: None,
) -> Verification:
    """`progress` is told how many records each step verified. Reads in pages."""
    head = await log.head()
    checkpoint = await checkpoints.latest(last)
    known = max(head, checkpoint.position if checkpoint else 0)
    end = known if last is None else min(last, known)  # what is yet to come is not broken
    previous = await _hash_at(log, first - 1)
    position, broken = first - 1, None
    checkpoint_hash = previous if checkpoint and checkpoint.position == position else None
    while position < end and broken is None:
        rows = await log.read_rows(position, _PAGE, upto=end)
        if not rows:
            broken = position + 1
            break
        broken, previous = first_broken(previous, position, rows)
        for row in rows:
            if checkpoint is not None and row[0] == checkpoint.position:
                checkpoint_hash = row[13]
        position = rows[-1][0] if broken is None else broken - 1
        progress(len(rows))
    holds = _holds(checkpoint, checkpoint_hash, checkpoints) if checkpoint else None
    return Verification(
        first=first,
        last=end,
        events=position - first + 1,
        intact=broken is None and holds is not False,
        head_hash=previous.hex(),
        first_broken=broken,
        checkpoint=checkpoint,
        checkpoint_holds=holds,
    )


def _holds(checkpoint: Checkpoint, found: bytes | None, checkpoints: Checkpoints) -> bool | None:
    """None where the checkpoint lies before the range that was read."""
    if not is_genuine(checkpoint, checkpoints.public_key):
        return False
    return None if found is None else found.hex() == checkpoint.hash


async def _hash_at(log: SqlEventLog, position: int) -> bytes:
    if position == 0:
        return GENESIS_HASH
    rows = await log.read_rows(position - 1, 1)
    return rows[0][13] if rows else GENESIS_HASH
