"""Makes ids: time-ordered new ones, and ones derived from what they stand for."""

import hashlib
from uuid import UUID

from uuid_utils import uuid7


def new_id() -> str:
    """A UUIDv7 (RFC 9562 §5.7)."""
    return str(uuid7())


def derived_id(*parts: str) -> str:
    """The same UUIDv8 (RFC 9562 §5.8) for the same parts, for ever. Parts are kept apart."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()[:16]
    return str(
        UUID(
            int=int.from_bytes(digest, "big") & ~(0xF << 76) & ~(0x3 << 62) | (8 << 76) | (2 << 62)
        )
    )
