"""Which commands rooms decide, and what those who ask are answered."""

from datetime import datetime

import msgspec

from application.handling import Handler, Handlers, States, on_one_stream
from domain.chat import commands as ask
from domain.chat.deciding import ROOM
from domain.chat.values import WhoMayChat
from domain.shared import Language

_PersonCommand = ask.BanViewer | ask.UnbanViewer | ask.AppointModerator | ask.DismissModerator


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The message or the person the command concerned."""

    id: str


class MuteAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The person, and until when they may not speak."""

    id: str
    until: datetime


class RulesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The room, and its rules as they are now."""

    id: str
    slow_mode_seconds: int
    who_may_chat: WhoMayChat
    links_allowed: bool
    blocked_words: dict[Language, tuple[str, ...]]


class PinAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The room, and the message that stands above its chat now."""

    id: str
    pinned: str | None


_RoomCommand = (
    ask.OpenRoom
    | ask.CloseRoom
    | ask.SendChatMessage
    | ask.ModeratorCommand
    | ask.AppointModerator
    | ask.DismissModerator
    | ask.CountReactions
)


def _stream_id(command: _RoomCommand) -> str:
    return command.stream_id


def _message(command: ask.SendChatMessage | ask.RemoveMessage, _states: States) -> Answer:
    return Answer(id=command.message_id)


def _person(command: _PersonCommand, _states: States) -> Answer:
    return Answer(id=command.user_id)


def _mute(command: ask.MuteViewer, states: States) -> MuteAnswer:
    until = states[0].muted_until.get(command.user_id, command.now)
    return MuteAnswer(id=command.user_id, until=until)


def _rules(command: ask.ChangeRoom, states: States) -> RulesAnswer:
    room = states[0]
    return RulesAnswer(
        id=command.stream_id,
        slow_mode_seconds=room.slow_mode_seconds,
        who_may_chat=room.who_may_chat,
        links_allowed=room.links_allowed,
        blocked_words=room.blocked_words,
    )


def _pin(command: ask.PinMessage | ask.UnpinMessage, states: States) -> PinAnswer:
    return PinAnswer(id=command.stream_id, pinned=states[0].pinned)


_FOR_THE_RECORD: Handler = on_one_stream(ROOM, _stream_id)
_ABOUT_A_MESSAGE: Handler = on_one_stream(ROOM, _stream_id, _message)
_ABOUT_A_PERSON: Handler = on_one_stream(ROOM, _stream_id, _person)
_ABOUT_THE_PIN: Handler = on_one_stream(ROOM, _stream_id, _pin)

HANDLERS: Handlers = {
    ask.OpenRoom: on_one_stream(ROOM, _stream_id, opens=True),
    ask.CloseRoom: _FOR_THE_RECORD,
    ask.SendChatMessage: _ABOUT_A_MESSAGE,
    ask.RemoveMessage: _ABOUT_A_MESSAGE,
    ask.MuteViewer: on_one_stream(ROOM, _stream_id, _mute),
    ask.BanViewer: _ABOUT_A_PERSON,
    ask.UnbanViewer: _ABOUT_A_PERSON,
    ask.ChangeRoom: on_one_stream(ROOM, _stream_id, _rules),
    ask.PinMessage: _ABOUT_THE_PIN,
    ask.UnpinMessage: _ABOUT_THE_PIN,
    ask.AppointModerator: _ABOUT_A_PERSON,
    ask.DismissModerator: _ABOUT_A_PERSON,
    ask.CountReactions: _FOR_THE_RECORD,
}
