"""Who may say what in a room, and when. Pure.

The host, the room's moderators and the platform's staff are free of the room's rules; a mute holds
for moderators too. Staff is above both mutes and bans.
"""

from datetime import timedelta
from math import ceil

from domain.chat import errors
from domain.chat.blocking import has_blocked_word, has_link
from domain.chat.commands import SendChatMessage
from domain.chat.events import ChatMessageSent
from domain.chat.roles import LEADING, role_of
from domain.chat.room import Room
from domain.chat.text import message_text
from domain.chat.values import FOLDED_CHARACTERS, MESSAGE_CHARACTERS
from domain.comment_orders.reading import may_order
from domain.text import TextTooLongError, folded


def send(state: Room, command: SendChatMessage) -> tuple[ChatMessageSent]:
    if not command.staff:
        _refuse_silenced(state, command)
    role = role_of(command.by, state, staff=command.staff, guest=command.guest)
    trusted = command.staff or role in LEADING
    if not trusted:
        _refuse_outsiders(state, command)
        _refuse_too_soon(state, command)
    text = message_text(command.text)
    stands = trusted or _read_through(state, folded(text))
    return (
        ChatMessageSent(
            message_id=command.message_id,
            user_id=command.by,
            name=command.name,
            role=role,
            text=text,
            language=command.language,
            sent_at=command.now,
            reply_to=command.reply_to,
            stands=stands,
        ),
    )


def _refuse_silenced(state: Room, command: SendChatMessage) -> None:
    if command.by in state.banned:
        raise errors.BannedError()
    until = state.muted_until.get(command.by)
    if until is not None and until > command.now:
        raise errors.MutedError(seconds=_seconds(until - command.now))


def _refuse_outsiders(state: Room, command: SendChatMessage) -> None:
    allowed = state.who_may_chat
    if allowed == "nobody" or (allowed == "signed_in" and command.guest):
        raise errors.ChatRestrictedError(who_may_chat=allowed)


def _refuse_too_soon(state: Room, command: SendChatMessage) -> None:
    spoke_at = state.spoke_at.get(command.by)
    if spoke_at is None or not state.slow_mode_seconds:
        return
    left = spoke_at + timedelta(seconds=state.slow_mode_seconds) - command.now
    if left > timedelta():
        raise errors.SlowModeError(seconds=min(_seconds(left), state.slow_mode_seconds))


def _read_through(state: Room, plain: str) -> bool:
    """Refuses what must not be said; whether the rest may be an order."""
    if len(plain) > FOLDED_CHARACTERS:
        raise TextTooLongError(field="text", limit=MESSAGE_CHARACTERS)
    if state.blocked_words and has_blocked_word(tuple(state.blocked_words.items()), plain):
        raise errors.BlockedWordError()
    if not state.links_allowed and has_link(plain):
        raise errors.LinksNotAllowedError()
    return may_order(plain)


def _seconds(left: timedelta) -> int:
    """Rounded up: after so many whole seconds, nothing is left."""
    return ceil(left.total_seconds())
