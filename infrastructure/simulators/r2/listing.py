"""ListObjectsV2: pages, prefixes and delimiters, as XML."""

import base64
from collections.abc import Sequence
from urllib.parse import quote
from xml.sax.saxutils import escape

import msgspec

from infrastructure.simulators.r2.errors import S3Error
from infrastructure.simulators.r2.objects import ObjectRecord

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_MOST = 1000


class ListQuery(msgspec.Struct, frozen=True, kw_only=True):
    """As the query names them."""

    prefix: str = ""
    delimiter: str = ""
    start_after: str = msgspec.field(default="", name="start-after")
    continuation_token: str = msgspec.field(default="", name="continuation-token")
    max_keys: int = msgspec.field(default=_MOST, name="max-keys")
    encoding_type: str = msgspec.field(default="", name="encoding-type")


def read_query(parameters: dict[str, str]) -> ListQuery:
    try:
        return msgspec.convert(parameters, ListQuery, strict=False)
    except msgspec.ValidationError as problem:
        raise S3Error(400, "InvalidArgument", str(problem)) from None


def list_page(bucket: str, records: Sequence[ObjectRecord], query: ListQuery) -> bytes:
    """`records` carry the prefix and are in byte order of their keys."""
    after = _decode_token(query.continuation_token) or query.start_after
    entries = _entries(records, query, after)
    limit = max(0, min(query.max_keys, _MOST))
    page, rest = entries[:limit], entries[limit:]
    lines = [
        _element("Name", bucket),
        _element("Prefix", _shown(query.prefix, query)),
        _element("MaxKeys", str(limit)),
        _element("KeyCount", str(len(page))),
        _element("IsTruncated", "true" if rest else "false"),
        *(_entry(name, record, query) for name, record in page),
    ]
    if query.encoding_type:
        lines.append(_element("EncodingType", query.encoding_type))
    if rest and page:
        token = base64.urlsafe_b64encode(page[-1][0].encode()).decode()
        lines.append(_element("NextContinuationToken", token))
    body = "".join(lines)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="{_NAMESPACE}">'
        f"{body}</ListBucketResult>"
    ).encode()


def _entries(
    records: Sequence[ObjectRecord], query: ListQuery, after: str
) -> list[tuple[str, ObjectRecord | None]]:
    """Objects, and in place of those below a delimiter their common prefix, once."""
    entries: dict[str, ObjectRecord | None] = {}
    for record in records:
        rest = record.key[len(query.prefix) :]
        head, found, _ = rest.partition(query.delimiter) if query.delimiter else (rest, "", "")
        name = query.prefix + head + found if found else record.key
        if name.encode() > after.encode():
            entries.setdefault(name, None if found else record)
    return list(entries.items())


def _entry(name: str, record: ObjectRecord | None, query: ListQuery) -> str:
    if record is None:
        return f"<CommonPrefixes>{_element('Prefix', _shown(name, query))}</CommonPrefixes>"
    inner = (
        _element("Key", _shown(name, query)),
        _element("LastModified", f"{record.modified:%Y-%m-%dT%H:%M:%S.000Z}"),
        _element("ETag", record.etag),
        _element("Size", str(record.size)),
        _element("StorageClass", "STANDARD"),
    )
    return f"<Contents>{''.join(inner)}</Contents>"


def _shown(text: str, query: ListQuery) -> str:
    return quote(text) if query.encoding_type == "url" else text


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


def _decode_token(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except ValueError:
        raise S3Error(400, "InvalidArgument", "The continuation token is not valid") from None
