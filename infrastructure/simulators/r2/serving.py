"""R2's S3 side at /r2/<bucket>/<key>, and the public bucket at /media/<key>, as ASGI apps."""

import base64
import binascii
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import unquote

import msgspec
from litestar.types import Receive, Scope, Send

from infrastructure.simulators.r2.errors import (
    S3Error,
    not_implemented,
    precondition_failed,
)
from infrastructure.simulators.r2.listing import list_page, read_query
from infrastructure.simulators.r2.objects import Digests, ObjectRecord, ObjectShelf
from infrastructure.simulators.r2.signing import UNSIGNED, SignedRequest, check_signature

S3_PREFIX = "/r2/"
_PIECE = 256 * 1024
_KEPT_HEADERS = re.compile(
    r"content-type|cache-control|content-disposition|content-encoding|content-language|expires"
    r"|x-amz-meta-.+"
)
_REFUSED_HEADERS = re.compile(
    r"x-amz-(acl|grant-.+|tagging|object-lock-.+|server-side-encryption|request-payer"
    r"|website-redirect-location|expected-bucket-owner|copy-source|trailer)"
)
_SUBRESOURCES = {
    *("acl", "tagging", "versioning", "versions", "policy", "logging", "notification", "website"),
    *("requestPayment", "object-lock", "legal-hold", "retention", "torrent", "uploads", "uploadId"),
    *("delete", "cors", "lifecycle", "encryption", "replication"),
}
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """`body` bytes, or `length` bytes of `file` from `start` on."""

    status: int = 200
    headers: dict[str, str] = {}
    body: bytes = b""
    file: Path | None = None
    start: int = 0
    length: int = 0


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    key_id: str
    secret: str

    def __repr__(self) -> str:
        return f"Credentials({self.key_id!r}, …)"


class _Body:
    """A request's body. Who waits to be told to go on with it (`Expect: 100-continue`), and is
    told something else, would send the next request where we expect the body; RFC 9110 §10.1.1
    lets us close the connection instead."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._untouched = True

    async def parts(self) -> AsyncIterator[bytes]:
        self._untouched = False
        more = True
        while more:
            message = await self._receive()
            if message["type"] != "http.request":
                raise S3Error(400, "IncompleteBody", "The connection broke off.")
            yield message["body"]
            more = message["more_body"]

    def parting(self, request: SignedRequest, answer: Answer) -> Answer:
        """The answer, closing the connection when somebody still waits to send a body."""
        if self._untouched and "expect" in request.headers:
            closing = answer.headers | {"connection": "close"}
            return msgspec.structs.replace(answer, headers=closing)
        return answer


class S3App:
    """GET, HEAD, PUT, DELETE of objects; create, head and list buckets. Everything signed."""

    def __init__(self, shelf: ObjectShelf, credentials: Credentials) -> None:
        self._shelf = shelf
        self._credentials = credentials

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = _request(scope)
        body = _Body(receive)
        try:
            answer = await self._answer(request, body)
        except S3Error as problem:
            answer = Answer(
                status=problem.status,
                headers={"content-type": "application/xml"},
                body=problem.xml(request.path),
            )
        await _send(send, body.parting(request, answer), head=request.method == "HEAD")

    async def _answer(self, request: SignedRequest, body: _Body) -> Answer:
        _check_supported(request)
        payload = check_signature(
            request,
            key_id=self._credentials.key_id,
            secret=self._credentials.secret,
            now=datetime.now(UTC),
        )
        path = request.path.removeprefix(S3_PREFIX.rstrip("/")).lstrip("/")
        bucket, _, key = unquote(path).partition("/")
        if not key:
            return self._on_bucket(request, bucket)
        if request.method == "PUT":
            return await self._put(request, (bucket, key), payload, body)
        return self._on_object(request, bucket, key)

    def _on_bucket(self, request: SignedRequest, bucket: str) -> Answer:
        match request.method:
            case "PUT":
                self._shelf.create_bucket(bucket)
                return Answer(headers={"location": f"/{bucket}"})
            case "HEAD":
                self._shelf.need_bucket(bucket)
                return Answer()
            case "GET":
                return self._list(request, bucket)
        raise not_implemented(f"{request.method} of a bucket")

    def _list(self, request: SignedRequest, bucket: str) -> Answer:
        parameters = request.parameters()
        if parameters.get("list-type") != "2":
            raise not_implemented("ListObjects (use ListObjectsV2)")
        query = read_query(parameters)
        body = list_page(bucket, self._shelf.listed(bucket, query.prefix), query)
        return Answer(headers={"content-type": "application/xml"}, body=body)

    def _on_object(self, request: SignedRequest, bucket: str, key: str) -> Answer:
        match request.method:
            case "GET" | "HEAD":
                record = self._shelf.get(bucket, key)
                return object_answer(self._shelf, record, request.headers)
            case "DELETE":
                self._shelf.delete(bucket, key)
                return Answer(status=204)
        raise not_implemented(f"{request.method} of an object")

    async def _put(
        self, request: SignedRequest, place: tuple[str, str], payload: str, body: _Body
    ) -> Answer:
        bucket, key = place
        _check_write(request, self._shelf.find(bucket, key))
        received = await self._shelf.receive(body.parts())
        try:
            _check_digests(request, received, payload)
            _check_write(request, self._shelf.find(bucket, key))
            kept = {
                name: value
                for name, value in request.headers.items()
                if _KEPT_HEADERS.fullmatch(name)
            }
            record = self._shelf.keep(bucket, key, received, kept)
        except S3Error:
            received.path.unlink(missing_ok=True)
            raise
        return Answer(headers={"etag": record.etag})


class PublicApp:
    """The public host of one bucket: GET and HEAD of known keys, no listing."""

    def __init__(self, shelf: ObjectShelf, bucket: str, prefix: str) -> None:
        self._shelf = shelf
        self._bucket = bucket
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = _request(scope)
        try:
            answer = self._answer(request)
        except S3Error as problem:
            answer = Answer(status=problem.status, body=f"{problem.message}\n".encode())
        await _send(send, answer, head=request.method == "HEAD")

    def _answer(self, request: SignedRequest) -> Answer:
        if request.method not in {"GET", "HEAD"}:
            raise S3Error(405, "MethodNotAllowed", "Only GET and HEAD are public.")
        key = unquote(request.path).removeprefix(self._prefix)
        return object_answer(self._shelf, self._shelf.get(self._bucket, key), request.headers)


def object_answer(shelf: ObjectShelf, record: ObjectRecord, asked: dict[str, str]) -> Answer:
    """The object or a range of it. Conditions first: RFC 9110 §13.2.2."""
    headers = {
        "content-type": "application/octet-stream",
        **record.headers,
        "etag": record.etag,
        "last-modified": format_datetime(record.modified.astimezone(UTC), usegmt=True),
        "accept-ranges": "bytes",
    }
    if (wanted := asked.get("if-match")) and not _among(record, wanted):
        raise precondition_failed()
    if (held := asked.get("if-none-match")) and _among(record, held):
        return Answer(status=304, headers={"etag": record.etag})
    start, end = _range(asked.get("range", ""), record.size)
    partial = (start, end) != (0, record.size)
    if partial:
        headers["content-range"] = f"bytes {start}-{end - 1}/{record.size}"
    return Answer(
        status=206 if partial else 200,
        headers=headers,
        file=shelf.path(record),
        start=start,
        length=end - start,
    )


def _range(asked: str, size: int) -> tuple[int, int]:
    """First byte and the one after the last. What cannot be read as one range is ignored."""
    found = _RANGE.fullmatch(asked)
    if found is None or found.groups() == ("", ""):
        return 0, size
    first, last = found.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    if start >= end:
        raise S3Error(416, "InvalidRange", "The requested range is not satisfiable")
    return start, end


def _among(record: ObjectRecord, etags: str) -> bool:
    return etags.strip() == "*" or record.etag in {one.strip() for one in etags.split(",")}


def _check_supported(request: SignedRequest) -> None:
    subresources = _SUBRESOURCES & set(request.parameters())
    if subresources:
        raise not_implemented(f"The subresource {min(subresources)}")
    if request.method == "POST":
        raise not_implemented("POST (form upload)")
    for name, value in request.headers.items():
        tolerated = name == "x-amz-acl" and value == "public-read"
        if _REFUSED_HEADERS.fullmatch(name) and not tolerated:
            raise not_implemented(f"Header '{name}' with value '{value}'")
    if request.headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
        raise not_implemented("A streaming payload (aws-chunked)")


def _check_write(request: SignedRequest, present: ObjectRecord | None) -> None:
    held, wanted = request.headers.get("if-none-match"), request.headers.get("if-match")
    if held and present is not None and _among(present, held):
        raise precondition_failed()
    if wanted and (present is None or not _among(present, wanted)):
        raise precondition_failed()


def _check_digests(request: SignedRequest, received: Digests, payload: str) -> None:
    length = request.headers.get("content-length")
    if length is not None and int(length) != received.size:
        raise S3Error(400, "IncompleteBody", "The body is not as long as Content-Length says.")
    if payload not in {UNSIGNED, received.sha256}:
        raise S3Error(
            400,
            "XAmzContentSHA256Mismatch",
            "The provided x-amz-content-sha256 does not match what was computed.",
        )
    expected = {
        "content-md5": received.md5,
        "x-amz-checksum-sha256": bytes.fromhex(received.sha256),
    }
    for name, digest in expected.items():
        if name in request.headers and _base64(request.headers[name]) != digest:
            raise S3Error(400, "BadDigest", f"{name} does not match what was received.")


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise S3Error(400, "InvalidDigest", "The digest is not valid base64.") from None


def _request(scope: Scope) -> SignedRequest:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return SignedRequest(
        method=str(scope.get("method", "")),
        path=scope["raw_path"].partition(b"?")[0].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
    )


async def _send(send: Send, answer: Answer, *, head: bool) -> None:
    length = answer.length if answer.file is not None else len(answer.body)
    headers = [(b"content-length", str(length).encode())] if answer.status != 304 else []  # noqa: PLR2004
    headers += [(name.encode(), value.encode("latin-1")) for name, value in answer.headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if answer.file is not None and not head:
        await _send_file(send, answer)
    body = b"" if head else answer.body
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _send_file(send: Send, answer: Answer) -> None:
    if answer.file is None:
        return
    left = answer.length
    with answer.file.open("rb") as file:
        file.seek(answer.start)
        while left and (piece := file.read(min(_PIECE, left))):
            left -= len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
