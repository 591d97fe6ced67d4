"""Which messages of a room are asked for, as the query says."""

import re
from typing import NamedTuple

from infrastructure.event_store.finding import first_since
from interfaces.http.paging import wanted_cursor
from interfaces.http.parameters import whole
from interfaces.http.queries import wanted_position
from interfaces.http.refusals import Refusal
from interfaces.http.request import ApiRequest
from interfaces.http.validation import FieldError, InvalidInput
from projections.chat.messages import Stretch
from projections.chat.replay import Part, alone, moment_at, replay_of
from projections.streaming.live_streams import get_live_stream

_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
_RECORDING = re.compile(r"[!-~]{1,100}")
_WAYS = ("before", "after", "at_seconds")


class RecordingNotFound(Refusal):
    """There is no such recording, or none of this show to be replayed."""

    code = "recording_not_found"
    status = 404


class Wanted(NamedTuple):
    """`listing` names it for cursors. `parts`: what is replayed with it, if anything is."""

    listing: str
    stretch: Stretch
    newest_first: bool = False
    parts: tuple[Part, ...] = ()


async def wanted_messages(request: ApiRequest, stream_id: str) -> Wanted:
    """Raises `InvalidInput`, `RecordingNotFound`, `ProjectionBehind`."""
    given = [way for way in _WAYS if request.query_params.get(way) is not None]
    if len(given) > 1:
        raise InvalidInput(
            *(FieldError(way, "not_together", bound=", ".join(_WAYS)) for way in given)
        )
    if "at_seconds" in given or request.query_params.get("recording") is not None:
        return await _replayed(request, stream_id)
    return _beyond(request, stream_id) if "after" in given else _newest(request, stream_id)


def _newest(request: ApiRequest, stream_id: str) -> Wanted:
    listing = f"messages:{stream_id}:before"
    before = wanted_cursor(request, listing, int)
    sent = request.query_params.get("before")
    if before is None and sent is not None:
        before = whole("before", sent, least=1)
    position = wanted_position(request)
    stretch = Stretch(stream_id=stream_id, before=before, min_position=position)
    return Wanted(listing, stretch, newest_first=True)


def _beyond(request: ApiRequest, stream_id: str) -> Wanted:
    listing = f"messages:{stream_id}:after"
    after = wanted_cursor(request, listing, int)
    if after is None:
        after = whole("after", request.query_params["after"])
    position = wanted_position(request)
    return Wanted(listing, Stretch(stream_id=stream_id, after=after, min_position=position))


async def _replayed(request: ApiRequest, stream_id: str) -> Wanted:
    """Times in the log never run backwards, so that seconds of a recording are positions."""
    seconds, recording_id = _wanted_seconds(request), _wanted_recording(request)
    listing = f"messages:{stream_id}:replay:{recording_id}"
    parts = await _parts(request, stream_id, recording_id)
    engine = request.platform.engine
    after = wanted_cursor(request, listing, int)
    if after is None:
        moment = moment_at(parts, seconds)
        after = 2**63 - 2 if moment is None else await first_since(engine, moment) - 1
    until_us = parts[-1].until_us
    stretch = Stretch(
        stream_id=stream_id,
        after=after,
        before=None if until_us is None else await first_since(engine, until_us),
        min_position=wanted_position(request),
    )
    return Wanted(listing, stretch, parts=parts)


async def _parts(request: ApiRequest, stream_id: str, recording_id: str | None) -> tuple[Part, ...]:
    views, position = request.platform.views, wanted_position(request)
    show = (await get_live_stream(views, stream_id, min_position=position)).value
    parts = () if show is None else replay_of(show)
    if recording_id is not None:
        parts = alone(parts, recording_id)
    if not parts:
        raise RecordingNotFound
    return parts


def _wanted_seconds(request: ApiRequest) -> float:
    sent = request.query_params.get("at_seconds", "0")
    if not _SECONDS.fullmatch(sent):
        raise InvalidInput(FieldError("at_seconds", "wrong_type", expected="float"))
    return float(sent)


def _wanted_recording(request: ApiRequest) -> str | None:
    sent = request.query_params.get("recording")
    if sent is not None and not _RECORDING.fullmatch(sent):
        raise InvalidInput(FieldError("recording", "malformed"))
    return sent
