"""Pages of a list: `limit`, and a `cursor` that says where the next page begins."""

import base64
import binascii
import hashlib
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from litestar.params import Parameter

from interfaces.http.validation import FieldError, InvalidInput

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 200
_SEAL_BYTES = 8

Limit = Annotated[
    int, Parameter(query="limit", ge=1, le=LARGEST_LIMIT, description="Items on a page.")
]
Cursor = Annotated[
    str | None, Parameter(query="cursor", description="`next_cursor` of the page before.")
]

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """`next_cursor` is null on the last page."""

    items: list[T]
    next_cursor: str | None


def write_cursor(listing: str, place: Any) -> str:
    """`listing` names the list with its filters: a cursor is of use only there."""
    body = msgspec.json.encode(place)
    return base64.urlsafe_b64encode(_seal(listing, body) + body).rstrip(b"=").decode()


def read_cursor(listing: str, cursor: str, place: type[T]) -> T:
    """Raises `InvalidInput` for anything `write_cursor` did not make for this listing."""
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        seal, body = raw[:_SEAL_BYTES], raw[_SEAL_BYTES:]
        found = msgspec.json.decode(body, type=place)
    except (ValueError, binascii.Error, msgspec.DecodeError):
        raise InvalidInput(FieldError("cursor", "bad_cursor")) from None
    if seal != _seal(listing, body):
        raise InvalidInput(FieldError("cursor", "bad_cursor"))
    return found


def _seal(listing: str, body: bytes) -> bytes:
    """Tells a cursor of this list from others. It guards no secret: what a cursor holds is only
    ever used as a place in a list its reader may see anyway."""
    return hashlib.sha256(listing.encode() + b"\x00" + body).digest()[:_SEAL_BYTES]
