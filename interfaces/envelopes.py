"""The log as analysts and auditors read it: each event with its whole envelope, as JSON.

Personal data is shown to those who may see it; for others a placeholder stands in its place.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import cast

import msgspec

from domain.shared import Event, Recorded, UndecodableEvent, UnknownEvent, personal_fields
from infrastructure.event_store.log import SqlEventLog
from infrastructure.event_store.schema import PAYLOAD, Row

WITHHELD = "[withheld]"
_PAGE = 500
_HASH = 13
_encode = msgspec.json.Encoder().encode


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """`payload` is the event itself; `hash` chains it to the event before it, in hex."""

    position: int
    event_id: str
    stream: str
    version: int
    type: str
    schema_version: int
    recorded_at: datetime
    command_id: str
    correlation_id: str
    causation_id: str | None
    actor: str
    trace_id: str | None
    payload: msgspec.Raw
    hash: str


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which events: beyond position `after`, of one of `types` and of `stream` where given.
    `personal`: whether the reader may see personal data."""

    after: int = 0
    types: frozenset[str] = frozenset()
    stream: str | None = None
    personal: bool = False


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """`reached`: every wanted event up to this position has been read."""

    envelopes: list[Envelope]
    reached: int


async def pages(log: SqlEventLog, wanted: Wanted) -> AsyncIterator[Page]:
    """In order of position, up to the log's end as it is when that is reached."""
    place = wanted.after
    if wanted.stream is not None:
        place = 0
    while rows := await _rows(log, wanted, place):
        place = rows[-1][0] if wanted.stream is None else rows[-1][2]
        yield Page(envelopes=await _envelopes(log, wanted, rows), reached=rows[-1][0])
        if len(rows) < _PAGE:
            return


async def _rows(log: SqlEventLog, wanted: Wanted, place: int) -> Sequence[Row]:
    """`place` is a position of the log, or a version of the stream."""
    if wanted.stream is None:
        return await log.read_rows(place, _PAGE)
    return await log.read_stream_rows(wanted.stream, place, _PAGE)


async def _envelopes(log: SqlEventLog, wanted: Wanted, rows: Sequence[Row]) -> list[Envelope]:
    chosen = [
        row
        for row in rows
        if row[0] > wanted.after and (not wanted.types or row[3] in wanted.types)
    ]
    recorded = await log.decode(chosen)
    return [
        _envelope(row, one, personal=wanted.personal)
        for row, one in zip(chosen, recorded, strict=True)
    ]


def _envelope(row: Row, recorded: Recorded, *, personal: bool) -> Envelope:
    return Envelope(
        position=recorded.position,
        event_id=recorded.event_id,
        stream=recorded.stream,
        version=recorded.version,
        type=recorded.type,
        schema_version=recorded.schema_version,
        recorded_at=recorded.recorded_at,
        command_id=recorded.command_id,
        correlation_id=recorded.correlation_id,
        causation_id=recorded.causation_id,
        actor=recorded.actor,
        trace_id=recorded.trace_id,
        payload=_payload(row, recorded.event, personal=personal),
        hash=cast("bytes", row[_HASH]).hex(),
    )


def _payload(row: Row, event: Event, *, personal: bool) -> msgspec.Raw:
    """As stored, but for personal data. Of an event we cannot read we cannot tell what in it is
    personal: only those who may see everything are shown it."""
    if isinstance(event, UnknownEvent | UndecodableEvent):
        return msgspec.Raw(cast("bytes", row[PAYLOAD]) if personal else _encode(WITHHELD))
    fields = _personal(type(event))
    if not personal and fields:
        event = msgspec.structs.replace(event, **dict.fromkeys(fields, WITHHELD))
    return msgspec.Raw(_encode(event))


_known: dict[type[Event], frozenset[str]] = {}


def _personal(event_type: type[Event]) -> frozenset[str]:
    fields = _known.get(event_type)
    if fields is None:
        fields = _known[event_type] = frozenset(personal_fields(event_type))
    return fields
