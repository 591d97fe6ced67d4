"""What somebody in a room asks for, as a command on its way to be decided."""

import hashlib
from datetime import UTC, datetime
from typing import TypedDict, assert_never

import msgspec

from application.ports import Dispatch
from domain.chat import commands as ask
from domain.shared import Command
from infrastructure.ids import derived_id, new_id
from infrastructure.observability.traces import current_traceparent
from infrastructure.tokens import Caller
from interfaces.realtime.client_messages import (
    Ban,
    Moderation,
    Mute,
    Pin,
    Remove,
    Send,
    SlowMode,
    Unban,
    Unpin,
)
from interfaces.realtime.rules import STAFF

_encode = msgspec.json.Encoder(order="deterministic").encode


class _Asking(TypedDict):
    stream_id: str
    by: str
    staff: bool


def dispatch(said: Send | Moderation, stream_id: str, caller: Caller) -> Dispatch:
    """The same `ref` of the same person in the same room is the same command, wherever and
    whenever it comes again."""
    now = datetime.now(UTC)
    about = ("room", caller.user_id, stream_id)
    command_id = derived_id(*about, said.ref) if said.ref else new_id()
    return Dispatch(
        command=_command(said, stream_id, caller, now),
        command_id=command_id,
        actor=caller.actor,
        now=now,
        correlation_id=command_id,
        trace_id=current_traceparent(),
        fingerprint=None if isinstance(said, Send) else _fingerprint(said, about),
    )


def _fingerprint(said: Moderation, about: tuple[str, ...]) -> bytes | None:
    """Of who is moderated and how; of what is said, the chat's service makes one."""
    if not said.ref:
        return None
    return hashlib.sha256("\n".join(about).encode() + _encode(said)).digest()


def _command(said: Send | Moderation, stream_id: str, caller: Caller, now: datetime) -> Command:
    if isinstance(said, Send):
        return message(said.text, stream_id, caller, now, reply_to=said.reply_to)
    return _moderation(said, stream_id, caller, now)


def message(
    text: str, stream_id: str, caller: Caller, now: datetime, *, reply_to: str | None = None
) -> ask.SendChatMessage:
    """What the caller says, as a new message."""
    return ask.SendChatMessage(
        stream_id=stream_id,
        message_id=new_id(),
        by=caller.user_id,
        name=caller.name,
        text=text,
        language=caller.language,
        now=now,
        guest=caller.guest,
        staff=is_staff(caller),
        reply_to=reply_to,
    )


def _moderation(
    said: Moderation, stream_id: str, caller: Caller, now: datetime
) -> ask.ModeratorCommand:
    """Whose message it is about, the chat's service finds out."""
    asking: _Asking = {"stream_id": stream_id, "by": caller.user_id, "staff": is_staff(caller)}
    match said:
        case Remove():
            return ask.RemoveMessage(**asking, message_id=said.id, user_id="")
        case Pin():
            return ask.PinMessage(**asking, message_id=said.id, user_id="")
        case Mute():
            return ask.MuteViewer(**asking, user_id=said.user_id, seconds=said.seconds, now=now)
        case Ban():
            return ask.BanViewer(**asking, user_id=said.user_id)
        case Unban():
            return ask.UnbanViewer(**asking, user_id=said.user_id)
        case SlowMode():
            return ask.ChangeRoom(**asking, slow_mode_seconds=said.seconds)
        case Unpin():
            return ask.UnpinMessage(**asking)
        case _:
            assert_never(said)


def is_staff(caller: Caller) -> bool:
    return not STAFF.isdisjoint(caller.roles)
