"""The hash chain over the log: each record's SHA-256 covers its content and the record before it.

The hashed content is the bytes as stored, personal data still encrypted: erasing a person
changes no hash. Owns the canonical form; checkpoints sign what it computes.
"""

from collections.abc import Iterable
from hashlib import sha256

import msgspec

from infrastructure.event_store.schema import Row

_encode = msgspec.json.Encoder().encode


def record_hash(previous: bytes, header: tuple[object, ...], payload: bytes) -> bytes:
    """SHA-256 of: previous hash (32 bytes), the header as compact JSON array, LF, the payload.

    The header's fields are, in order: position, stream, version, type, schema_version,
    recorded_us, event_id, command_id, correlation_id, causation_id, actor, trace_id.
    JSON text holds no raw LF, so no two records share a form.
    """
    return sha256(b"%b%b\n%b" % (previous, _encode(header), payload)).digest()


def row_hash(previous: bytes, row: Row) -> bytes:
    """The hash that `row` must bear after `previous`."""
    return record_hash(previous, row[:5] + row[6:13], row[5])


def first_broken(previous: bytes, after: int, rows: Iterable[Row]) -> tuple[int | None, bytes]:
    """The first position that is missing or does not fit the chain, and the last good hash.

    `previous` is the hash at position `after`; rows come in order.
    """
    for row in rows:
        after += 1
        if row[0] != after or row_hash(previous, row) != row[13]:
            return after, previous
        previous = row[13]
    return None, previous
