"""A room as it stands, and its rules."""

import asyncio
from typing import Annotated

import msgspec
from litestar import Response, get, patch
from litestar.params import JSONBody
from msgspec import UNSET, UnsetType

from application.audience.ports import PresenceUnavailable
from application.chat.ports import ReactionsUnavailable
from application.ports import Loaded
from domain.chat.commands import ChangeRoom
from domain.chat.room import Room
from domain.chat.values import ReactionKind, WhoMayChat
from domain.shared import Language
from interfaces.http.auth import SIGNED_IN
from interfaces.http.commands import accepted, envelope
from interfaces.http.parameters import Id
from interfaces.http.queries import answer, wanted_position
from interfaces.http.request import ApiRequest
from interfaces.http.room.answers import RoomState, Rules, chat_message
from interfaces.http.room.entering import TAGS, asking, entered, may_moderate, standing
from interfaces.http.room.messages import NO_STORE
from interfaces.platform import Platform
from projections.chat.messages import MessageView, find_message
from projections.projection import Seen

_NO_MESSAGE = "none"
_WORDS_SENT_AT_MOST = 1000  # how many may be kept, the room decides
Words = Annotated[
    dict[Language, Annotated[tuple[str, ...], msgspec.Meta(max_length=_WORDS_SENT_AT_MOST)]],
    msgspec.Meta(examples=[{"th": ["คำหยาบ"], "en": ["spam"]}]),
]


class ReviseRoom(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What is left out stays as it is; the blocked words are replaced as a whole."""

    slow_mode_seconds: int | UnsetType = UNSET
    who_may_chat: WhoMayChat | UnsetType = UNSET
    links_allowed: bool | UnsetType = UNSET
    blocked_words: Words | UnsetType = UNSET


@get(
    "/streams/{stream_id:str}/room",
    access=SIGNED_IN,
    kind="query",
    tags=TAGS,
    summary="A room's rules, counts and pin, and what the caller may do in it",
)
async def show_room(request: ApiRequest, stream_id: Id) -> Response[RoomState]:
    """Its ETag is what a change of the rules may be bound to by If-Match. All that happens in the
    room moves it, messages too."""
    platform, loaded = request.platform, await entered(request, stream_id)
    room = loaded.state
    pinned = await find_message(
        platform.views, room.pinned or _NO_MESSAGE, min_position=wanted_position(request)
    )
    shown = await _shown(request, stream_id, room, pinned)
    return answer(pinned, shown, _tagged(loaded))


@patch(
    "/streams/{stream_id:str}/room",
    access=SIGNED_IN,
    kind="command",
    tags=TAGS,
    summary="Change a room's rules, as a moderator of it",
)
async def revise_room(
    request: ApiRequest, stream_id: Id, data: JSONBody[ReviseRoom]
) -> Response[Rules]:
    command = ChangeRoom(
        **asking(request, stream_id),
        slow_mode_seconds=data.slow_mode_seconds,
        who_may_chat=data.who_may_chat,
        links_allowed=data.links_allowed,
        blocked_words=data.blocked_words,
    )
    chat = request.platform.services.chat
    return accepted(await chat.execute(envelope(request, command, data)))


async def _shown(
    request: ApiRequest, stream_id: str, room: Room, pinned: Seen[MessageView | None]
) -> RoomState:
    caller, message = request.caller, pinned.value
    viewers, reactions = await asyncio.gather(
        _viewers(request.platform, stream_id), _reactions(request.platform, stream_id, room)
    )
    return RoomState(
        id=stream_id,
        closed=room.closed,
        slow_mode_seconds=room.slow_mode_seconds,
        who_may_chat=room.who_may_chat,
        links_allowed=room.links_allowed,
        viewers=viewers,
        reactions=reactions,
        pinned_message=None if message is None or message.removed else chat_message(message),
        you=standing(room, stream_id, caller),
        position=pinned.position,
        blocked_words=room.blocked_words if may_moderate(room, caller) else UNSET,
    )


async def _viewers(platform: Platform, stream_id: str) -> int | None:
    try:
        return (await platform.presence.counts([stream_id]))[stream_id]
    except PresenceUnavailable:
        return None


async def _reactions(platform: Platform, stream_id: str, room: Room) -> dict[ReactionKind, int]:
    """What has been counted since is ahead of what is recorded, unless it was lost."""
    try:
        live = await platform.reactions.totals(stream_id)
    except ReactionsUnavailable:
        live = {}
    kinds = sorted(room.reactions.keys() | live.keys())
    return {kind: max(room.reactions.get(kind, 0), live.get(kind, 0)) for kind in kinds}


def _tagged(loaded: Loaded[Room]) -> dict[str, str]:
    """A room that nobody has opened has no version to be bound to."""
    return {**NO_STORE, "etag": f'"{loaded.version}"'} if loaded.version else NO_STORE


ROUTES = [show_room, revise_room]
