"""Whom a room's routes let in, as what, and how they ask for something."""

from datetime import UTC, datetime
from typing import TypedDict

from application.ports import Loaded
from domain.chat.commands import SendChatMessage
from domain.chat.deciding import ROOM
from domain.chat.errors import BannedError, RoomNotFoundError
from domain.chat.roles import LEADING, role_of
from domain.chat.room import Room
from domain.chat.values import SpeakerRole
from domain.shared import DomainError
from domain.streaming.deciding import LIVE_STREAM
from domain.streaming.values import OVER
from infrastructure.realtime.room_states import RoomStates
from infrastructure.tokens import Caller
from interfaces.http.request import ApiRequest
from interfaces.http.room.answers import Standing
from interfaces.platform import Platform
from interfaces.realtime.commands import is_staff, message

TAGS = ["Live room"]
_OF_CONTENT = frozenset({"blocked_word", "links_not_allowed"})
_GREETING = "1"


class Asking(TypedDict):
    """What every moderator's command says of who asks. Whether they may is for the room to say."""

    stream_id: str
    by: str
    staff: bool


def asking(request: ApiRequest, stream_id: str) -> Asking:
    caller = request.caller
    return {"stream_id": stream_id, "by": caller.user_id, "staff": is_staff(caller)}


async def entered(request: ApiRequest, stream_id: str) -> Loaded[Room]:
    """The room as of now, be it opened (else its version is 0) or not. Nobody who is banned gets
    to see it. Raises `RoomNotFoundError`, `BannedError`."""
    states: RoomStates = request.app.state["room_states"]
    loaded = await states.room(stream_id)
    if not loaded.version:
        loaded = Loaded(await _unopened(request.platform, stream_id), 0)
    caller = request.caller
    if caller.user_id in loaded.state.banned and not is_staff(caller):
        raise BannedError()
    return loaded


def role_in(room: Room, caller: Caller) -> SpeakerRole:
    """As it is shown beside what they say."""
    return role_of(caller.user_id, room, staff=is_staff(caller), guest=caller.guest)


def may_moderate(room: Room, caller: Caller) -> bool:
    return role_in(room, caller) in LEADING


def standing(room: Room, stream_id: str, caller: Caller) -> Standing:
    now = datetime.now(UTC)
    refused = _refused(room, message(_GREETING, stream_id, caller, now))
    muted_until = room.muted_until.get(caller.user_id)
    return Standing(
        role=role_in(room, caller),
        may_moderate=may_moderate(room, caller),
        may_chat=refused is None,
        reason=refused.code if refused else None,
        seconds=refused.fields.get("seconds") if refused else None,
        muted_until=muted_until if muted_until and muted_until > now else None,
    )


def _refused(room: Room, greeting: SendChatMessage) -> DomainError | None:
    """What the room would answer to something harmless: nobody but the domain knows all rules."""
    try:
        ROOM.decide(room, greeting)
    except DomainError as refused:
        return None if refused.code in _OF_CONTENT else refused
    return None


async def _unopened(platform: Platform, stream_id: str) -> Room:
    """Nobody has come yet: the room of a show that is over stays closed."""
    show = (await platform.log.load(LIVE_STREAM, LIVE_STREAM.stream(stream_id))).state
    if show.status is None:
        raise RoomNotFoundError(stream_id=stream_id)
    return Room(host_id=show.host_id, closed=show.status in OVER)
