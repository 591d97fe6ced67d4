"""Following a room by server-sent events, and how many watched."""

from typing import Any

from litestar import Response, get
from litestar.response import Stream

from domain.streaming.deciding import LIVE_STREAM
from domain.streaming.errors import LiveStreamNotFoundError
from interfaces.http.auth import SIGNED_IN, only
from interfaces.http.hosting import may_run
from interfaces.http.parameters import Id, whole
from interfaces.http.problems import retry_after
from interfaces.http.queries import answer, wanted_position
from interfaces.http.refusals import Forbidden, Refusal
from interfaces.http.request import ApiRequest
from interfaces.http.room.answers import Audience, Sample
from interfaces.http.room.entering import TAGS
from interfaces.http.room.messages import NO_STORE
from interfaces.realtime.connections import Connections
from interfaces.realtime.feed import Reader, open_feed
from interfaces.realtime.hub import Draining, Hub
from projections.audience.audiences import AudienceView, get_audience

_COUNTERS = only("host", "admin", "analyst")
_SSE_HEADERS = {**NO_STORE, "x-accel-buffering": "no"}


class Restarting(Refusal):
    """This process lets nobody in any more; another one will."""

    code = "unavailable"
    status = 503


@get(
    "/streams/{stream_id:str}/feed",
    access=SIGNED_IN,
    kind="room_feed",
    tags=TAGS,
    summary="A room's frames as they come (SSE)",
    media_type="text/event-stream",
)
async def follow_room(request: ApiRequest, stream_id: Id) -> Stream:
    """The frames of the room's WebSocket, for who only reads. What was missed since `after`, or
    since the header Last-Event-ID of an earlier feed, comes first."""
    hub: Hub = request.app.state["hub"]
    connections: Connections = request.app.state["connections"]
    reader = Reader(
        request.caller, request.exchange.language, request.scope["client"], _after(request)
    )
    try:
        frames = await open_feed(hub, connections, stream_id, reader)
    except Draining:
        raise Restarting(retry_after(1.0)) from None
    return Stream(frames, media_type="text/event-stream", headers=_SSE_HEADERS)


@get(
    "/streams/{stream_id:str}/audience",
    access=_COUNTERS,
    kind="query",
    tags=TAGS,
    summary="How many watched, over time",
)
async def show_audience(request: ApiRequest, stream_id: Id) -> Response[Audience]:
    """For the show's host, admins and analysts."""
    show = (await request.platform.log.load(LIVE_STREAM, LIVE_STREAM.stream(stream_id))).state
    if show.status is None:
        raise LiveStreamNotFoundError(stream_id=stream_id)
    if "analyst" not in request.caller.roles and not may_run(request, show.host_id):
        raise Forbidden
    position = wanted_position(request)
    seen = await get_audience(request.platform.views, stream_id, min_position=position)
    return answer(seen, _audience(seen.value), NO_STORE)


def _after(request: ApiRequest) -> int | None:
    last = request.exchange.header(b"last-event-id")
    if last:
        return whole("Last-Event-ID", last)
    sent = request.query_params.get("after")
    return None if sent is None else whole("after", sent)


def _audience(view: AudienceView | None) -> Audience:
    """Of a show nobody has watched yet, nothing is recorded."""
    if view is None:
        return Audience(viewers=0, peak=0, samples=[])
    samples = [Sample(at=each.at, viewers=each.viewers) for each in view.samples]
    return Audience(viewers=view.viewers, peak=view.peak, samples=samples)


ROUTES: list[Any] = [follow_room, show_audience]
