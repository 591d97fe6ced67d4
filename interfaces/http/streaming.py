"""Live streams: announcing, broadcasting, watching. Deciding is `domain.streaming`'s."""

from collections.abc import Sequence
from datetime import MAXYEAR, UTC, datetime
from typing import Annotated, TypeVar

import msgspec
from litestar import Response, get, patch, post
from litestar.params import FromQuery, JSONBody
from msgspec import UNSET, UnsetType

from domain.shared import Language, Market
from domain.streaming import commands as ask
from domain.streaming.errors import LiveStreamNotFoundError
from domain.streaming.values import BroadcastMode, LiveStreamStatus
from infrastructure.ids import new_id
from interfaces.http import live_stream_answers as answers
from interfaces.http.auth import PUBLIC
from interfaces.http.commands import Accepted, accepted, envelope, execute
from interfaces.http.hosting import HOST, HOST_OR_ADMIN, TAGS, as_host, ask_as_host, may_run
from interfaces.http.paging import Page, next_cursor, wanted_cursor, wanted_limit
from interfaces.http.parameters import Id, IdQuery
from interfaces.http.queries import answer, wanted_position
from interfaces.http.request import ApiRequest
from interfaces.http.shop.offer_answers import pinned_offers
from interfaces.http.validation import FieldError, InvalidInput
from projections.streaming.broadcasts import get_broadcast
from projections.streaming.live_streams import (
    Listed,
    LiveStreamView,
    cursor_of,
    get_live_stream,
    list_live_streams,
    ranking,
)

_NO_STORE = {"cache-control": "no-store"}
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


Moments = TypeVar("Moments", bound=datetime | UnsetType | None)


def _within_the_calendar(moment: Moments) -> Moments:
    """Refuses the calendar's last hours west of Greenwich, which have no time in UTC. Nor have its
    first ones east; those are in the past anyway."""
    if isinstance(moment, datetime):
        try:
            moment.astimezone(UTC)
        except OverflowError:
            if moment.year == MAXYEAR:
                raise InvalidInput(FieldError("scheduled_at", "out_of_range")) from None
    return moment


class ScheduleLiveStream(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A show to announce. Market and language are the host's own where they are left out."""

    title: Annotated[str, msgspec.Meta(examples=["Test Stream"])]
    description: Annotated[str, msgspec.Meta(examples=["Testing"])]
    market: Market | None = None
    language: Language | None = None
    scheduled_at: Moment | None = None
    low_latency: bool = False
    mode: BroadcastMode = "rtmps"


class ReviseLiveStream(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What is left out stays as it is; `scheduled_at` null takes the time away."""

    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    scheduled_at: Moment | UnsetType | None = UNSET


class AttachThumbnail(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    media_id: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9/._-]+$", max_length=300)]


@post(
    "/streams",
    access=HOST,
    kind="command",
    status_code=201,
    tags=TAGS,
    summary="Announce a show",
)
async def schedule_live_stream(
    request: ApiRequest, data: JSONBody[ScheduleLiveStream]
) -> Response[Accepted]:
    """A title and a description are enough. The show gets its live input within seconds."""
    caller = request.caller
    command = ask.ScheduleLiveStream(
        stream_id=new_id(),
        by=caller.user_id,
        host_name=caller.name,
        title=data.title,
        description=data.description,
        market=data.market or caller.market,
        language=data.language or caller.language,
        now=datetime.now(UTC),
        scheduled_at=_within_the_calendar(data.scheduled_at),
        low_latency=data.low_latency,
        mode=data.mode,
    )
    return await execute(request, command, data, status=201)


@get("/streams", access=PUBLIC, kind="list", tags=TAGS, summary="List shows, the newest first")
async def list_shows(
    request: ApiRequest,
    status: FromQuery[LiveStreamStatus | None] = None,
    market: FromQuery[Market | None] = None,
    host: IdQuery = None,
) -> Response[Page[answers.LiveStream]]:
    """Those that have every value given."""
    listing = ranking(status=status, market=market, host=host)
    limit = wanted_limit(request)
    before = wanted_cursor(request, listing, tuple[float, str])
    seen = await list_live_streams(
        request.platform.views,
        Listed(status=status, market=market, host=host, min_position=wanted_position(request)),
        limit=limit + 1,
        before=before,
    )
    shown = seen.value[:limit]
    page = Page(
        items=await _live_streams(request, shown, seen.position),
        next_cursor=next_cursor(listing, cursor_of(shown[-1]), more=len(seen.value) > limit)
        if shown
        else None,
    )
    return answer(seen, page, _NO_STORE)


@get("/streams/{stream_id:str}", access=PUBLIC, kind="query", tags=TAGS, summary="One show")
async def show_live_stream(request: ApiRequest, stream_id: Id) -> Response[answers.LiveStream]:
    """Its host also gets `problem`: what troubles the broadcast, in their language."""
    views, wanted = request.platform.views, wanted_position(request)
    seen = await get_live_stream(views, stream_id, min_position=wanted)
    if seen.value is None:
        raise LiveStreamNotFoundError(stream_id=stream_id)
    (shown,) = await _live_streams(request, [seen.value], seen.position)
    if may_run(request, seen.value.host_id):
        told = (await get_broadcast(views, stream_id, min_position=wanted)).value
        words = answers.problem_words(request.exchange.language, told.problem if told else None)
        shown = msgspec.structs.replace(shown, problem=words)
    return answer(seen, shown, _NO_STORE)


async def _live_streams(
    request: ApiRequest, views: Sequence[LiveStreamView], position: int
) -> list[answers.LiveStream]:
    platform, language = request.platform, request.exchange.language
    pins = await pinned_offers(platform.views, [view.pinned_offer for view in views], language)
    return [
        answers.live_stream(platform, view, position, pin)
        for view, pin in zip(views, pins, strict=True)
    ]


@post(
    "/streams/{stream_id:str}/start",
    access=HOST_OR_ADMIN,
    kind="command",
    status_code=200,
    tags=TAGS,
    summary="Start: the show waits for its feed",
)
async def start_live_stream(request: ApiRequest, stream_id: Id) -> Response[Accepted]:
    return await ask_as_host(request, ask.StartLiveStream, stream_id)


@post(
    "/streams/{stream_id:str}/end",
    access=HOST_OR_ADMIN,
    kind="command",
    status_code=200,
    tags=TAGS,
    summary="End a started show",
)
async def end_live_stream(request: ApiRequest, stream_id: Id) -> Response[Accepted]:
    return await ask_as_host(request, ask.EndLiveStream, stream_id)


@post(
    "/streams/{stream_id:str}/cancel",
    access=HOST_OR_ADMIN,
    kind="command",
    status_code=200,
    tags=TAGS,
    summary="Call a show off before it goes live",
)
async def cancel_live_stream(request: ApiRequest, stream_id: Id) -> Response[Accepted]:
    return await ask_as_host(request, ask.CancelLiveStream, stream_id)


@patch(
    "/streams/{stream_id:str}",
    access=HOST_OR_ADMIN,
    kind="command",
    tags=TAGS,
    summary="Change the announcement",
)
async def revise_live_stream(
    request: ApiRequest, stream_id: Id, data: JSONBody[ReviseLiveStream]
) -> Response[Accepted]:
    """While the show has not ended; its time, while it has not started."""
    return await ask_as_host(
        request,
        ask.ReviseLiveStream,
        stream_id,
        data,
        now=datetime.now(UTC),
        title=data.title,
        description=data.description,
        scheduled_at=_within_the_calendar(data.scheduled_at),
    )


@post(
    "/streams/{stream_id:str}/thumbnail",
    access=HOST_OR_ADMIN,
    kind="command",
    status_code=200,
    tags=TAGS,
    summary="Make an uploaded picture the show's cover",
)
async def attach_thumbnail(
    request: ApiRequest, stream_id: Id, data: JSONBody[AttachThumbnail]
) -> Response[Accepted]:
    """`media_id` is what POST /media answered; the picture must have been uploaded."""
    command = ask.AttachThumbnail(**as_host(request, stream_id), key=data.media_id)
    outcome = await request.platform.services.streaming.thumbnails.attach_thumbnail(
        envelope(request, command, data), command
    )
    return accepted(outcome)


ROUTES = [
    schedule_live_stream,
    list_shows,
    show_live_stream,
    start_live_stream,
    end_live_stream,
    cancel_live_stream,
    revise_live_stream,
    attach_thumbnail,
]
