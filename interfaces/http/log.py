"""The event log for analysts and auditors: as lines, as a feed, and verified."""

import re
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import msgspec
import structlog
from litestar import get
from litestar.response import Stream

from application.ports import LogUnavailable
from infrastructure.event_store.log import SqlEventLog
from infrastructure.identity.session_watch import SessionWatch
from infrastructure.tokens import Caller
from interfaces.envelopes import Envelope, Page, Wanted, pages
from interfaces.http.auth import only
from interfaces.http.parameters import whole
from interfaces.http.request import ApiRequest
from interfaces.http.validation import FieldError, InvalidInput

READERS = only("analyst", "auditor", "admin")
_MAY_SEE_PERSONS = frozenset({"auditor", "admin"})
_TAGS = ["Event log"]
_DEFAULT_LINES = 1000
_MOST_LINES = 1_000_000
_KEEP_ALIVE_SECONDS = 15.0
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}

_STREAM = re.compile(r"[!-~]{1,200}")

_log = structlog.get_logger("live.http")
_encode = msgspec.json.Encoder().encode


@get(
    "/events",
    access=READERS,
    kind="events",
    tags=_TAGS,
    summary="Events with their envelopes, one JSON object a line",
    media_type="application/x-ndjson",
)
async def read_events(request: ApiRequest) -> Stream:
    """Beyond position `after`, in order. Personal data is withheld from analysts."""
    asked = request.query_params.get("limit")
    limit = whole("limit", asked, least=1, most=_MOST_LINES) if asked else _DEFAULT_LINES
    log = request.platform.log
    headers = {**_HEADERS, "projection-position": str(await log.head())}
    found = pages(log, _wanted(request))
    # Read before answering: what fails now can still be told as a problem.
    first = await anext(found, None)
    return Stream(_lines(first, found, limit), media_type="application/x-ndjson", headers=headers)


@get(
    "/events/feed",
    access=READERS,
    kind="events",
    tags=_TAGS,
    summary="Events as they are recorded (SSE)",
    media_type="text/event-stream",
)
async def follow_events(request: ApiRequest) -> Stream:
    """Catches up from `after`, or from the header Last-Event-ID of an earlier feed, then follows.

    Each frame's `id` is its position. A comment comes every 15 s while nothing is recorded.
    """
    wanted = _wanted(request)
    last = request.exchange.header(b"last-event-id")
    if last:
        wanted = msgspec.structs.replace(wanted, after=whole("Last-Event-ID", last))
    await request.platform.log.head()
    watch = request.platform.session_watch
    frames = while_allowed(request.caller, watch, _frames(request.platform.log, wanted))
    return Stream(frames, media_type="text/event-stream", headers=_HEADERS)


async def _lines(first: Page | None, rest: AsyncIterator[Page], limit: int) -> AsyncIterator[bytes]:
    left = limit
    page = first
    while page is not None and left > 0:
        shown = page.envelopes[:left]
        left -= len(shown)
        yield b"".join(_encode(envelope) + b"\n" for envelope in shown)
        page = await anext(rest, None)


async def while_allowed(
    reader: Caller, sessions: SessionWatch, frames: AsyncGenerator[bytes, None]
) -> AsyncIterator[bytes]:
    """Ends with the reader's token or session, though there be more: whoever reads slowly could
    go on reading what was there for as long as they like."""
    async with aclosing(frames):
        async for frame in frames:
            if not await _may_read(sessions, reader):
                return
            yield frame


async def _frames(log: SqlEventLog, wanted: Wanted) -> AsyncGenerator[bytes, None]:
    """Comes up with something, be it empty, at least every 15 s."""
    yield b"retry: 2000\n\n"
    after = wanted.after
    while True:
        try:
            head = await log.head()
            async for page in pages(log, msgspec.structs.replace(wanted, after=after)):
                after = page.reached
                yield b"".join(_frame(envelope) for envelope in page.envelopes)
            # What was recorded of other streams meanwhile is not to be waited for again.
            after = max(after, head)
            grown = await log.wait_beyond(after, _KEEP_ALIVE_SECONDS)
        except LogUnavailable:
            _log.warning("event feed ends: the log cannot be reached")
            return
        yield b"" if grown else b": still here\n\n"


async def _may_read(sessions: SessionWatch, reader: Caller) -> bool:
    """A token of the command line's has no session."""
    if time.time() >= reader.expires_at:
        return False
    return not reader.session_id or await sessions.goes_on(reader.session_id)


def _frame(envelope: Envelope) -> bytes:
    return b"id: %d\ndata: %b\n\n" % (envelope.position, _encode(envelope))


def _stream(sent: str) -> str | None:
    if not sent:
        return None
    if not _STREAM.fullmatch(sent):
        raise InvalidInput(FieldError("stream", "malformed"))
    return sent


def _wanted(request: ApiRequest) -> Wanted:
    query = request.query_params
    types = query.get("types") or ""
    return Wanted(
        after=whole("after", query.get("after") or "0"),
        types=frozenset(name for name in types.split(",") if name),
        stream=_stream(query.get("stream") or ""),
        personal=not _MAY_SEE_PERSONS.isdisjoint(request.caller.roles),
    )


ROUTES: list[Any] = [read_events, follow_events]
