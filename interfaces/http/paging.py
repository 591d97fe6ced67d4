"""Pages of a list: `limit`, and a `cursor` that says where the next page begins."""

import base64
import binascii
import hashlib
from typing import Any, Generic, TypeVar

import msgspec

from interfaces.http.parameters import whole
from interfaces.http.request import ApiRequest
from interfaces.http.validation import FieldError, InvalidInput

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 200
_SEAL_BYTES = 8

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """`next_cursor` is null on the last page."""

    items: list[T]
    next_cursor: str | None


def wanted_limit(request: ApiRequest) -> int:
    sent = request.query_params.get("limit")
    return DEFAULT_LIMIT if sent is None else whole("limit", sent, least=1, most=LARGEST_LIMIT)


def wanted_cursor(request: ApiRequest, listing: str, place: type[T]) -> T | None:
    """Where the page begins; None: at the top. `listing` names the list with its filters."""
    sent = request.query_params.get("cursor")
    return read_cursor(listing, sent, place) if sent else None


def next_cursor(listing: str, last: Any, *, more: bool) -> str | None:
    return write_cursor(listing, last) if more else None


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
