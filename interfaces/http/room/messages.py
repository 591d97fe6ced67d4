"""What is said in a room: read back, replayed, said, taken away."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from litestar import Response, delete, get, post
from litestar.params import JSONBody

from domain.chat.commands import RemoveMessage
from domain.chat.values import RAW_MESSAGE_CHARACTERS
from interfaces.http.auth import SIGNED_IN
from interfaces.http.commands import accepted, envelope
from interfaces.http.paging import Page, next_cursor, wanted_limit
from interfaces.http.parameters import UUID, Id
from interfaces.http.queries import answer
from interfaces.http.request import ApiRequest
from interfaces.http.room.answers import ChatMessage, Done, chat_message
from interfaces.http.room.entering import TAGS, asking, entered, may_moderate
from interfaces.http.room.stretches import wanted_messages
from interfaces.realtime.commands import message
from projections.chat.messages import list_messages

NO_STORE = {"cache-control": "no-store"}


class SendMessage(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """`reply_to` is the id of a message of this room."""

    text: Annotated[
        str, msgspec.Meta(max_length=RAW_MESSAGE_CHARACTERS, examples=["好看！還有黑色嗎？"])
    ]
    reply_to: Annotated[str, msgspec.Meta(pattern=UUID)] | None = None

    def __repr__(self) -> str:
        return "SendMessage(…)"


@get(
    "/streams/{stream_id:str}/messages",
    access=SIGNED_IN,
    kind="messages",
    tags=TAGS,
    summary="What was said in a room, or beside a replay",
)
async def list_room_messages(request: ApiRequest, stream_id: Id) -> Response[Page[ChatMessage]]:
    """The newest first, below `before` where it is given; or beyond `after`, the oldest first; or
    as a replay has them from `at_seconds` on. A removed message keeps its place, without words."""
    await entered(request, stream_id)
    limit, wanted = wanted_limit(request), await wanted_messages(request, stream_id)
    seen = await list_messages(
        request.platform.views, wanted.stretch, limit=limit + 1, newest_first=wanted.newest_first
    )
    shown, more = seen.value[:limit], len(seen.value) > limit
    page = Page(
        items=[chat_message(view, wanted.parts) for view in shown],
        next_cursor=next_cursor(wanted.listing, shown[-1].position, more=more) if shown else None,
    )
    return answer(seen, page, NO_STORE)


@post(
    "/streams/{stream_id:str}/messages",
    access=SIGNED_IN,
    kind="command",
    status_code=201,
    tags=TAGS,
    summary="Say something in a room",
)
async def send_message(
    request: ApiRequest, stream_id: Id, data: JSONBody[SendMessage]
) -> Response[Done]:
    """Send an Idempotency-Key, and a message whose answer was lost is not said twice."""
    caller, room = request.caller, (await entered(request, stream_id)).state
    command = message(data.text, stream_id, caller, datetime.now(UTC), reply_to=data.reply_to)
    sending = envelope(request, command)
    chat = request.platform.services.chat
    return accepted(await chat.send(sending, exempt=may_moderate(room, caller)), status=201)


@delete(
    "/streams/{stream_id:str}/messages/{message_id:str}",
    access=SIGNED_IN,
    kind="command",
    status_code=200,
    tags=TAGS,
    summary="Take a message away: one's own, or as a moderator anybody's",
)
async def remove_message(request: ApiRequest, stream_id: Id, message_id: Id) -> Response[Done]:
    command = RemoveMessage(**asking(request, stream_id), message_id=message_id, user_id="")
    chat = request.platform.services.chat
    return accepted(await chat.about_message(envelope(request, command)))


ROUTES = [list_room_messages, send_message, remove_message]
