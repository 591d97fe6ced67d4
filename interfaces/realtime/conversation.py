"""What one client says in a room, taken in order and one at a time, and what it is answered."""

import asyncio
import time
from typing import NamedTuple

import msgspec
import structlog

from application.chat.services import ChatServices
from application.ports import Outcome
from domain.chat.errors import RoomClosedError
from domain.chat.roles import LEADING
from infrastructure.observability.metrics import ROOM_REFUSALS
from infrastructure.tokens import InvalidToken
from interfaces.http.auth import Doorkeeper, refusal_of
from interfaces.http.problems import INTERNAL, Failure, failure_of
from interfaces.http.refusals import Forbidden, RateLimited, Refusal
from interfaces.realtime import server_messages
from interfaces.realtime.client_messages import (
    Moderation,
    Pin,
    Ping,
    React,
    Remove,
    Said,
    Send,
    Token,
    read,
)
from interfaces.realtime.commands import dispatch
from interfaces.realtime.member import Member
from interfaces.realtime.pace import Pace
from interfaces.realtime.room import LiveRoom
from interfaces.realtime.room_socket import TOO_MANY_FRAMES

MALFORMED = 4400
_MALFORMED_AT_MOST = 20  # in a row
_TELL_SECONDS = 1.0

_log = structlog.get_logger("live.room")


class _Answer(msgspec.Struct):
    id: str | None = None


_answer = msgspec.json.Decoder(_Answer).decode


class RoomServices(NamedTuple):
    """Who does what is asked for."""

    chat: ChatServices
    doorkeeper: Doorkeeper
    frames_per_second: int


class Conversation:
    """Never raises for what a client sends, nor for a log that is away: it answers."""

    __slots__ = ("_malformed", "_member", "_pace", "_room", "_services", "_told_at")

    def __init__(self, services: RoomServices, room: LiveRoom, member: Member) -> None:
        self._services = services
        self._room = room
        self._member = member
        self._pace = Pace(services.frames_per_second)
        self._malformed = 0
        self._told_at = 0.0

    async def take(self, text: str) -> None:
        if not self._pace.take(asyncio.get_running_loop().time()):
            self._slow_down()
            return
        said: Said | None = None
        try:
            said = read(text)
            answer = await self._do(said)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is answered
            answer = self._refusal(said.ref if said else None, error)
        self._watch_malformed(malformed=said is None)
        if answer is not None:
            self._tell(answer)

    def refuse_binary(self) -> None:
        """There is no message of bytes."""
        self._room.end(self._member, 1003, "text only")

    async def _do(self, said: Said) -> bytes | None:
        match said:
            case Ping():
                return server_messages.PONG
            case React():
                await self._react(said)
                return None
            case Token():
                return await self._renew(said)
            case Send():
                outcome = await self._services.chat.send(
                    dispatch(said, self._room.stream_id, self._member.caller),
                    exempt=self._room.rules.role_of(self._member.caller) in LEADING,
                )
            case _:
                outcome = await self._moderate(said)
        about = _answer(outcome.answer) if outcome.answer.startswith(b"{") else _Answer()
        return server_messages.ack(said.ref, outcome.position, about.id)

    async def _moderate(self, said: Moderation) -> Outcome:
        command = dispatch(said, self._room.stream_id, self._member.caller)
        if isinstance(said, Remove | Pin):
            return await self._services.chat.about_message(command)
        return await self._services.chat.execute(command)

    async def _react(self, said: React) -> None:
        if self._room.rules.closed:
            raise RoomClosedError
        member, room = self._member, self._room
        chat = self._services.chat
        count = await chat.admit_reactions(room.stream_id, member.user_id, said.count)
        if count:
            room.react(said.kind, count)

    async def _renew(self, said: Token) -> bytes:
        """A token of somebody else's would make two people of one connection."""
        try:
            caller = await self._services.doorkeeper.verified(said.token)
        except InvalidToken as refused:
            raise refusal_of(refused) from None
        if caller.user_id != self._member.user_id:
            raise Forbidden
        self._member.caller = caller
        return server_messages.token(said.ref, caller.expires_at - time.time())

    # What is wrong

    def _refusal(self, ref: str | None, error: Exception) -> bytes:
        failure = failure_of(error)
        if failure.status == INTERNAL:
            _log.error("room_message_failed", room=self._room.stream_id, exc_info=error)
        if isinstance(error, Refusal):
            ref = error.fields.get("ref") or ref
        return self._error(ref, failure)

    def _error(self, ref: str | None, failure: Failure) -> bytes:
        ROOM_REFUSALS.labels(failure.code).inc()
        return server_messages.error(ref, failure, self._member.language)

    def _watch_malformed(self, *, malformed: bool) -> None:
        self._malformed = self._malformed + 1 if malformed else 0
        if self._malformed > _MALFORMED_AT_MOST:
            self._room.end(self._member, MALFORMED, "malformed")

    def _slow_down(self) -> None:
        """Told once a second: an answer for each would be a flood of our own."""
        now = time.monotonic()
        if self._pace.is_hopeless:
            self._room.end(self._member, TOO_MANY_FRAMES, "too many frames")
        elif now - self._told_at > _TELL_SECONDS:
            self._told_at = now
            self._tell(self._error(None, failure_of(RateLimited(seconds=1))))

    def _tell(self, body: bytes) -> None:
        if not self._member.tell(body):
            self._room.too_slow(self._member)
