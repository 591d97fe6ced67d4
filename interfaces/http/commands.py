"""Carries a command from a request to the bus and its outcome back, idempotently."""

import hashlib
import re
from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Response

from application.ports import Dispatch, Outcome, StaleVersion
from domain.shared import Command
from infrastructure.ids import derived_id, new_id
from infrastructure.observability.traces import current_traceparent
from interfaces.http.ready import ReadyResponse
from interfaces.http.request import ApiRequest
from interfaces.http.validation import FieldError, InvalidInput

_KEY = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?")
_ETAG = re.compile(r'"(\d{1,18})"')
_canonical = msgspec.json.Encoder(order="deterministic")


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """What a command came to: the id it concerns, how that stands now, and the log position
    the effect is visible from."""

    id: str
    status: str
    position: int


async def execute(
    request: ApiRequest, command: Command, body: msgspec.Struct | None = None, *, status: int = 200
) -> Response[Any]:
    """Has the command decided and answers as its handler's `answer` says, with the position.

    `body` is what the client sent. Together with method and path it tells a repeated request
    from a reused Idempotency-Key.
    """
    outcome = await request.platform.bus.execute(envelope(request, command, body))
    return accepted(outcome, status=status)


def envelope(request: ApiRequest, command: Command, body: msgspec.Struct | None = None) -> Dispatch:
    """The command as the caller's, for those services that execute it themselves."""
    exchange, caller = request.exchange, request.caller
    command_id, fingerprint = _identity(request, body)
    return Dispatch(
        command=command,
        command_id=command_id,
        actor=caller.actor,
        now=datetime.now(UTC),
        correlation_id=command_id,
        trace_id=current_traceparent(),
        fingerprint=fingerprint,
        expected_version=_expected_version(exchange.header(b"if-match")),
    )


def accepted(
    outcome: Outcome, *, status: int = 200, shown: msgspec.Struct | None = None
) -> Response[Any]:
    """`shown` takes the place of what the handler answered."""
    headers = [
        (b"event-position", b"%d" % outcome.position),
        (b"etag", b'"%d"' % outcome.version),
        (b"cache-control", b"no-store"),
    ]
    if outcome.replayed:
        headers.append((b"idempotent-replayed", b"true"))
    if shown is None:
        body = with_position(outcome.answer, outcome.position)
    else:
        body = _canonical.encode(shown)
    return ReadyResponse(body, status=status, headers=headers)


def with_position(answer: bytes, position: int) -> bytes:
    """`answer` is a JSON object, or null."""
    if answer in {b"", b"null", b"{}"}:
        return b'{"position":%d}' % position
    return b'%b,"position":%d}' % (answer[:-1], position)


def _identity(request: ApiRequest, body: msgspec.Struct | None) -> tuple[str, bytes]:
    """The command's id, and what its content is told by.

    Derived from caller and key, the id survives restarts of ours and the client's. Without a key
    nobody can repeat the command, so what is kept of it is made of its random id alone.
    """
    key = request.exchange.header(b"idempotency-key").strip()
    if not key:
        command_id = new_id()
        return command_id, hashlib.sha256(command_id.encode()).digest()
    if not _KEY.fullmatch(key):
        raise InvalidInput(FieldError("Idempotency-Key", "malformed"))
    return derived_id("http", request.caller.user_id, key), _fingerprint(request, body, key)


def _fingerprint(request: ApiRequest, body: msgspec.Struct | None, key: str) -> bytes:
    """With the key, which is stored nowhere: of the body alone, a kept fingerprint would tell a
    guessed name from a wrong one, even of somebody erased."""
    content = b"" if body is None else _canonical.encode(body)
    head = f"{request.scope['method']} {request.exchange.path}\n{key}\n".encode()
    return hashlib.sha256(head + content).digest()


def _expected_version(if_match: str) -> int | None:
    if not if_match or if_match == "*":
        return None
    found = _ETAG.fullmatch(if_match.strip())
    if not found:
        # A tag we never gave out matches nothing (RFC 9110 §13.1.1).
        raise StaleVersion(expected=0, actual=0)
    return int(found[1])
