"""Carries what is said and asked in a room to the bus, and opens the room for the first to come."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from application.chat.ports import (
    ChatLimits,
    KeyedDigest,
    ReactionTotals,
    Remark,
    SentMessage,
    SentMessages,
)
from application.ports import (
    CommandBus,
    DerivedId,
    Dispatch,
    KnownCommands,
    Outcome,
    Overloaded,
)
from domain.chat.commands import CountReactions, PinMessage, RemoveMessage, SendChatMessage
from domain.chat.errors import MessageNotFoundError, RoomNotFoundError
from domain.chat.text import cleaned
from domain.chat.values import RAW_MESSAGE_CHARACTERS
from domain.shared import DomainError
from domain.text import folded


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatPorts:
    """Everything the chat needs from the outside. `open_room` opens a show's room if it is not;
    it raises `RoomNotFoundError` where there is no such show, `RoomClosedError` where it is over.
    """

    bus: CommandBus
    known: KnownCommands
    limits: ChatLimits
    messages: SentMessages
    reactions: ReactionTotals
    clock: Callable[[], datetime]
    derived_id: DerivedId
    digest: KeyedDigest
    open_room: Callable[[str], Awaitable[None]]


class ChatServices:
    """The room's commands, as the WebSocket and HTTP both send them."""

    def __init__(self, ports: ChatPorts) -> None:
        self._bus = ports.bus
        self._known = ports.known
        self._limits = ports.limits
        self._messages = ports.messages
        self._reactions = ports.reactions
        self._clock = ports.clock
        self._derived_id = ports.derived_id
        self._digest = ports.digest
        self._open_room = ports.open_room

    async def send(self, dispatch: Dispatch, *, exempt: bool = False) -> Outcome:
        """Has a `SendChatMessage` said; answers `{"id": <message id>}`, the first one's for a
        command id that comes again. `exempt`: the host or a moderator, of whom less is held back.

        What tells a repetition from a reused command id is made here, of what the client said:
        time and message id in the command are new each time. Raises what the room refuses with,
        `ChatTooFastError`, `RepeatedMessageError`, `MessageNotFoundError` for a `reply_to` nobody
        said. A command id that was accepted before is not refused for any of that.
        """
        command = dispatch.command
        if not isinstance(command, SendChatMessage):
            raise TypeError(f"{type(command).__name__} says nothing")
        dispatch = replace(dispatch, fingerprint=await self._fingerprint(dispatch, command))
        remark = await self._remark(command, dispatch.command_id, exempt=exempt)
        try:
            await self._limits.admit(remark)
            async with self._attempt(remark):
                await self._refuse_reply_to_nothing(command)
        except DomainError:
            first = await self._known.outcome(dispatch)
            if first is None:
                raise
            return first
        async with self._attempt(remark):
            return await self.execute(dispatch)

    async def about_message(self, dispatch: Dispatch) -> Outcome:
        """Has a message removed or pinned. Whose it is is looked up: `user_id` is filled in here.

        Raises what the room refuses with, `MessageNotFoundError`.
        """
        command = dispatch.command
        if isinstance(command, RemoveMessage):
            found = await self._found(command.stream_id, command.message_id)
        elif isinstance(command, PinMessage):
            found = await self._standing(command.stream_id, command.message_id)
        else:
            raise TypeError(f"{type(command).__name__} is about no message")
        about = replace(command, user_id=found.user_id)
        return await self.execute(replace(dispatch, command=about))

    async def execute(self, dispatch: Dispatch) -> Outcome:
        """Any command of a room; one that was never opened is opened for it."""
        try:
            return await self._bus.execute(dispatch)
        except RoomNotFoundError as unopened:
            await self._open_room(unopened.fields["stream_id"])
        return await self._bus.execute(dispatch)

    async def admit_reactions(self, stream_id: str, user_id: str, count: int) -> int:
        """How many of so many reactions of a person count; the rest is dropped, unseen."""
        return await self._limits.admit_reactions(stream_id, user_id, count)

    async def open(self, stream_id: str) -> None:
        """Repeating it changes nothing. Raises `RoomNotFoundError`, `RoomClosedError`."""
        await self._open_room(stream_id)

    async def count_reactions(self, stream_id: str) -> None:
        """Has the totals so far recorded, if there are any new ones. Raises
        `ReactionsUnavailable`, and what the bus raises."""
        totals = await self._reactions.totals(stream_id)
        if not totals:
            return
        told = [f"{kind}={total}" for kind, total in sorted(totals.items())]
        counted = Dispatch(
            command=CountReactions(stream_id=stream_id, totals=totals),
            command_id=self._derived_id("chat.count_reactions", stream_id, *told),
            actor="system:chat.count_reactions",
            now=self._clock(),
        )
        with suppress(RoomNotFoundError):  # nobody came in yet, so nobody reacted
            await self._bus.execute(counted)

    async def _found(self, stream_id: str, message_id: str) -> SentMessage:
        found = await self._messages.find(stream_id, message_id)
        if found is None:
            raise MessageNotFoundError(message_id=message_id)
        return found

    async def _standing(self, stream_id: str, message_id: str) -> SentMessage:
        found = await self._found(stream_id, message_id)
        if found.removed:
            raise MessageNotFoundError(message_id=message_id)
        return found

    @asynccontextmanager
    async def _attempt(self, remark: Remark) -> AsyncGenerator[None]:
        """Where nothing was recorded, the same may be said again. Where the log cannot be reached
        that is not known; then the same command id is no repetition."""
        try:
            yield
        except (DomainError, Overloaded):
            await self._limits.take_back(remark)
            raise

    async def _refuse_reply_to_nothing(self, command: SendChatMessage) -> None:
        if command.reply_to is not None:
            await self._standing(command.stream_id, command.reply_to)

    async def _fingerprint(self, dispatch: Dispatch, said: SendChatMessage) -> bytes:
        """The log keeps it. Without a key, it could confirm what somebody erased had said."""
        told = (dispatch.command_id, said.stream_id, said.reply_to or "", said.text)
        return await self._digest("\n".join(told).encode(errors="replace"))

    async def _remark(self, command: SendChatMessage, command_id: str, *, exempt: bool) -> Remark:
        """Told apart by what is read, not by how it was typed."""
        read = folded(cleaned(command.text[:RAW_MESSAGE_CHARACTERS]))
        return Remark(
            stream_id=command.stream_id,
            user_id=command.by,
            command_id=command_id,
            digest=await self._digest(read.encode(errors="replace")),
            exempt=exempt or command.staff,
        )
