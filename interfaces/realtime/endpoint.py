"""The room's WebSocket as a plain ASGI application: lets in, listens, and sees off.

A refusal comes after the handshake, as an `error` and a close code: browsers hide the status of a
handshake that fails from the page.
"""

from collections.abc import Collection
from contextlib import ExitStack
from typing import Any

import structlog
from litestar.types import Receive, Scope, Send

from domain.chat.errors import BannedError, RoomNotFoundError
from domain.shared import Language
from infrastructure.observability.metrics import ROOM_CLOSES
from infrastructure.tokens import Caller
from interfaces.http.limits import RateLimiter
from interfaces.http.problems import INTERNAL, failure_of
from interfaces.http.refusals import Forbidden, RateLimited, TokenInvalid, Unauthenticated
from interfaces.realtime import server_messages
from interfaces.realtime.connections import Connections, TooManyConnections
from interfaces.realtime.conversation import Conversation, RoomServices
from interfaces.realtime.handshake import Handshake
from interfaces.realtime.hub import RESTART, Draining, Hub
from interfaces.realtime.member import Member
from interfaces.realtime.packet import Packet
from interfaces.realtime.room import BANNED, LiveRoom
from interfaces.realtime.room_socket import EXTENSION, TOO_MANY_FRAMES, RoomSocket
from interfaces.realtime.upkeep import SESSION_OVER

NO_SUCH_ROOM = 4404
TRY_AGAIN_LATER = 1013  # https://www.iana.org/assignments/websocket/websocket.xhtml

_CODES: tuple[tuple[type[Exception], int], ...] = (
    (Draining, RESTART),
    (Unauthenticated, SESSION_OVER),
    (TokenInvalid, SESSION_OVER),
    (Forbidden, BANNED),
    (BannedError, BANNED),
    (RoomNotFoundError, NO_SUCH_ROOM),
    (RateLimited, TOO_MANY_FRAMES),
    (TooManyConnections, TOO_MANY_FRAMES),
)
_log = structlog.get_logger("live.room")


class RoomEndpoint:
    """`origins`: pages of which other hosts may connect."""

    def __init__(
        self,
        hub: Hub,
        services: RoomServices,
        limiter: RateLimiter,
        connections: Connections,
        origins: Collection[str],
    ) -> None:
        self._hub = hub
        self._services = services
        self._limiter = limiter
        self._connections = connections
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        handshake = Handshake(scope)
        socket = scope.get("extensions", {}).get(EXTENSION)  # type: ignore[union-attr]
        if handshake.stream_id is None or not isinstance(socket, RoomSocket):
            await _answer_not_found(send)
            if isinstance(socket, RoomSocket):
                socket.handshake_complete = True  # or uvicorn logs that we never answered
            return
        socket.limit = self._hub.limits.buffer_bytes
        await send(handshake.accepted)  # type: ignore[arg-type]
        with ExitStack() as counted:
            joined = await self._admit(socket, handshake, counted)
            if joined is None:
                return
            room, member = joined
            scope["headers"] = []  # it is kept for as long as the connection
            try:
                await self._listen(receive, room, member)
            finally:
                self._hub.leave(room, member)

    async def _admit(
        self, socket: RoomSocket, handshake: Handshake, counted: ExitStack
    ) -> tuple[LiveRoom, Member] | None:
        caller: Caller | None = None
        try:
            handshake.check_origin(self._origins)
            counted.enter_context(self._connections.from_address(handshake.client))
            caller = await handshake.identify(self._services.doorkeeper, self._limiter)
            counted.enter_context(self._connections.of_person(caller.user_id))
            member = Member(caller, handshake.language(caller), socket)
            room = await self._hub.join(handshake.stream_id or "", member, handshake.after)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is answered
            _refuse(socket, error, handshake.language(caller))
            return None
        return room, member

    async def _listen(self, receive: Receive, room: LiveRoom, member: Member) -> None:
        conversation = Conversation(self._services, room, member)
        while True:
            message: Any = await receive()
            if message["type"] == "websocket.disconnect":
                return
            if member not in room.members:
                continue  # shown out: what they said before it is not heard any more
            text = message.get("text")
            if text is None:
                conversation.refuse_binary()
                continue
            member.busy = True
            await conversation.take(text)
            member.busy = False


def _refuse(socket: RoomSocket, error: Exception, language: Language) -> None:
    code = next((code for kind, code in _CODES if isinstance(error, kind)), TRY_AGAIN_LATER)
    ROOM_CLOSES.labels(str(code)).inc()
    if isinstance(error, Draining):
        socket.push(Packet((server_messages.reconnect(0),)))
        socket.end(code, "restarting")
        return
    failure = failure_of(error)
    if failure.status == INTERNAL:
        _log.error("room_not_joined", exc_info=error)
    socket.push(Packet((server_messages.error(None, failure, language),)))
    socket.end(code, failure.code)


async def _answer_not_found(send: Send) -> None:
    start: Any = {"type": "websocket.http.response.start", "status": 404, "headers": []}
    body: Any = {"type": "websocket.http.response.body", "body": b""}
    await send(start)
    await send(body)
