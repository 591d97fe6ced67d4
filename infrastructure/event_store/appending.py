"""What is appended to the log, and the port that writes it under the head's row lock.

Positions count on from the head that is locked in the same transaction, so they have no gaps and
commit in order; a rolled back batch takes its positions with it. Owns the batch and its chain;
the transaction is the writers' (sql_writer, mysql_writer).
"""

from collections.abc import Awaitable, Collection, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from infrastructure.event_store.hash_chain import record_hash
from infrastructure.event_store.schema import Row

MOST_TOLD = 1000  # records appended by others that are looked through for their streams


class Overtaken(Exception):
    """A position, a stream's version or a command id was taken by someone else meanwhile.

    Nothing of the batch was written. Decide again on what stands in the log now.
    """


class Head(msgspec.Struct, frozen=True):
    """Where the log ends: its last record's position, hash and time."""

    position: int
    hash: bytes
    recorded_us: int


class CommandRecord(msgspec.Struct, frozen=True, gc=False):
    """What a command came to, as kept with its append."""

    command_id: str
    fingerprint: bytes
    position: int
    version: int
    answer: bytes
    recorded_us: int


class Draft(msgspec.Struct, frozen=True, gc=False):
    """An event about to be appended: everything but its position, time and hash."""

    stream: str
    version: int
    type: str
    schema_version: int
    payload: bytes
    event_id: str
    command_id: str
    correlation_id: str
    causation_id: str | None
    actor: str
    trace_id: str | None


class Batch(msgspec.Struct, frozen=True):
    """What one transaction writes: `rows` follow on `before`, the last of them makes `after`."""

    before: Head
    after: Head
    rows: Sequence[Row]
    commands: Sequence[CommandRecord]


class Wanted(msgspec.Struct, frozen=True):
    """What to look up under the lock: known commands, what each stream has beyond a version, and
    which streams were appended to beyond a position."""

    command_ids: Sequence[str] = ()
    versions: Mapping[str, int] = {}
    since: int | None = None


class Begun(msgspec.Struct, frozen=True):
    """The head, now locked, and what was wanted: `newer` has the first six columns of `Row` by
    stream and version; `appended_to` is None if that was not asked, or more than can be told."""

    head: Head
    commands: Mapping[str, CommandRecord] = {}
    newer: Sequence[Sequence[Any]] = ()
    appended_to: Collection[str] | None = None


class LogWriter(Protocol):
    """One transaction at a time. Every method raises `LogUnavailable`; after any exception the
    transaction is gone."""

    async def begin(self, wanted: Wanted) -> Begun:
        """Locks the head."""
        ...

    async def commit(self, batch: Batch) -> None:
        """Writes and commits what `begin` began. Raises `Overtaken`."""
        ...

    async def append(self, batch: Batch, *, once: Awaitable[bool]) -> None:
        """Writes and commits on a head known beforehand, in a transaction of its own, as soon as
        `once` says that the batch before stands in the log.

        Raises `Overtaken` when it does not, or when the head is no longer there.
        """
        ...

    async def abandon(self) -> None:
        """Rolls back what `begin` began."""
        ...

    async def close(self) -> None: ...


def chained(head: Head, drafts: Sequence[Draft], now_us: int) -> tuple[list[Row], Head]:
    """Rows for the drafts, following on `head`, and the head after them.

    Time never runs backwards in the log: `now_us` counts from the head's time at least.
    """
    position, digest = head.position, head.hash
    recorded_us = max(now_us, head.recorded_us)
    rows: list[Row] = []
    for draft in drafts:
        position += 1
        start = (position, draft.stream, draft.version, draft.type, draft.schema_version)
        end = (
            recorded_us,
            draft.event_id,
            draft.command_id,
            draft.correlation_id,
            draft.causation_id,
            draft.actor,
            draft.trace_id,
        )
        digest = record_hash(digest, start + end, draft.payload)
        rows.append((*start, draft.payload, *end, digest))
    return rows, Head(position, digest, recorded_us)
