"""Who moderates a room, who may not speak or come in, and which message stands above its chat."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, delete, get, put
from litestar.params import JSONBody

from domain.chat import commands as ask
from domain.chat.errors import NotAModeratorError
from domain.shared import Command
from interfaces.http.auth import SIGNED_IN
from interfaces.http.commands import accepted, envelope
from interfaces.http.hosting import HOST_OR_ADMIN, as_host
from interfaces.http.paging import Page, next_cursor, wanted_cursor, wanted_limit
from interfaces.http.parameters import UUID, Id
from interfaces.http.queries import answer, wanted_position
from interfaces.http.request import ApiRequest
from interfaces.http.room.answers import Done, Muted, Person, Pinned
from interfaces.http.room.entering import TAGS, asking, entered, may_moderate
from interfaces.http.room.messages import NO_STORE
from projections.identity.accounts import names_of


class Mute(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """0 lets the person speak again."""

    seconds: Annotated[int, msgspec.Meta(ge=0, le=10**9, examples=[300])]


class Pin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`id` is a message's of this room."""

    id: Annotated[str, msgspec.Meta(pattern=UUID)]


@get(
    "/streams/{stream_id:str}/room/moderators",
    access=SIGNED_IN,
    kind="list",
    tags=TAGS,
    summary="Whom the host lets moderate",
)
async def list_moderators(request: ApiRequest, stream_id: Id) -> Response[Page[Person]]:
    room = (await entered(request, stream_id)).state
    return await _people(request, f"moderators:{stream_id}", room.moderators)


@put(
    "/streams/{stream_id:str}/room/moderators/{user_id:str}",
    access=HOST_OR_ADMIN,
    kind="command",
    tags=TAGS,
    summary="Let somebody moderate",
)
async def appoint_moderator(request: ApiRequest, stream_id: Id, user_id: Id) -> Response[Done]:
    """Somebody who was banned is let in again by it."""
    return await _execute(
        request, ask.AppointModerator(**as_host(request, stream_id), user_id=user_id)
    )


@delete(
    "/streams/{stream_id:str}/room/moderators/{user_id:str}",
    access=HOST_OR_ADMIN,
    kind="command",
    status_code=200,
    tags=TAGS,
    summary="Let somebody moderate no more",
)
async def dismiss_moderator(request: ApiRequest, stream_id: Id, user_id: Id) -> Response[Done]:
    return await _execute(
        request, ask.DismissModerator(**as_host(request, stream_id), user_id=user_id)
    )


@put(
    "/streams/{stream_id:str}/room/mutes/{user_id:str}",
    access=SIGNED_IN,
    kind="command",
    tags=TAGS,
    summary="Let somebody read but not speak for a time, as a moderator",
)
async def mute_viewer(
    request: ApiRequest, stream_id: Id, user_id: Id, data: JSONBody[Mute]
) -> Response[Muted]:
    command = ask.MuteViewer(
        **asking(request, stream_id),
        user_id=user_id,
        seconds=data.seconds,
        now=datetime.now(UTC),
    )
    return await _execute(request, command, data)


@get(
    "/streams/{stream_id:str}/room/bans",
    access=SIGNED_IN,
    kind="list",
    tags=TAGS,
    summary="Who may not come in, for moderators",
)
async def list_bans(request: ApiRequest, stream_id: Id) -> Response[Page[Person]]:
    room = (await entered(request, stream_id)).state
    if not may_moderate(room, request.caller):
        raise NotAModeratorError
    return await _people(request, f"bans:{stream_id}", room.banned)


@put(
    "/streams/{stream_id:str}/room/bans/{user_id:str}",
    access=SIGNED_IN,
    kind="command",
    tags=TAGS,
    summary="Shut somebody out, as a moderator",
)
async def ban_viewer(request: ApiRequest, stream_id: Id, user_id: Id) -> Response[Done]:
    """They are sent out of the room at once, and what they have said stays."""
    return await _execute(request, ask.BanViewer(**asking(request, stream_id), user_id=user_id))


@delete(
    "/streams/{stream_id:str}/room/bans/{user_id:str}",
    access=SIGNED_IN,
    kind="command",
    status_code=200,
    tags=TAGS,
    summary="Let somebody in again, as a moderator",
)
async def unban_viewer(request: ApiRequest, stream_id: Id, user_id: Id) -> Response[Done]:
    return await _execute(request, ask.UnbanViewer(**asking(request, stream_id), user_id=user_id))


@put(
    "/streams/{stream_id:str}/room/pin",
    access=SIGNED_IN,
    kind="command",
    tags=TAGS,
    summary="Put a message above the chat, as a moderator",
)
async def pin_message(request: ApiRequest, stream_id: Id, data: JSONBody[Pin]) -> Response[Pinned]:
    command = ask.PinMessage(**asking(request, stream_id), message_id=data.id, user_id="")
    chat = request.platform.services.chat
    return accepted(await chat.about_message(envelope(request, command, data)))


@delete(
    "/streams/{stream_id:str}/room/pin",
    access=SIGNED_IN,
    kind="command",
    status_code=200,
    tags=TAGS,
    summary="Take down what stands above the chat, as a moderator",
)
async def unpin_message(request: ApiRequest, stream_id: Id) -> Response[Pinned]:
    return await _execute(request, ask.UnpinMessage(**asking(request, stream_id)))


async def _execute(
    request: ApiRequest, command: Command, body: msgspec.Struct | None = None
) -> Response[Any]:
    chat = request.platform.services.chat
    return accepted(await chat.execute(envelope(request, command, body)))


async def _people(
    request: ApiRequest, listing: str, user_ids: Collection[str]
) -> Response[Page[Person]]:
    """By id, a page of them."""
    limit, after = wanted_limit(request), wanted_cursor(request, listing, str) or ""
    beyond = sorted(user_id for user_id in user_ids if user_id > after)
    shown = beyond[:limit]
    seen = await names_of(request.platform.views, shown, min_position=wanted_position(request))
    page = Page(
        items=[Person(id=user_id, name=seen.value.get(user_id)) for user_id in shown],
        next_cursor=next_cursor(listing, shown[-1], more=len(beyond) > limit) if shown else None,
    )
    return answer(seen, page, NO_STORE)


ROUTES = [
    list_moderators,
    appoint_moderator,
    dismiss_moderator,
    mute_viewer,
    list_bans,
    ban_viewer,
    unban_viewer,
    pin_message,
    unpin_message,
]
