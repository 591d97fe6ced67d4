"""What a room answers to each command: the facts it comes to, or a refusal. Pure."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from msgspec import UNSET

from domain.chat import commands as ask
from domain.chat import errors, speaking
from domain.chat import events as fact
from domain.chat.blocking import blockable
from domain.chat.room import Room, evolve
from domain.chat.values import (
    BANS_AT_MOST,
    BLOCKED_WORDS_AT_MOST,
    MODERATORS_AT_MOST,
    MUTE_SECONDS_AT_MOST,
    SLOW_MODE_SECONDS_AT_MOST,
    ReactionKind,
)
from domain.shared import Command, Decider, Event, Language

Facts = tuple[Event, ...]
WordLists = dict[Language, tuple[str, ...]]


def decide(state: Room, command: Command) -> Facts:
    """Raises a `DomainError` when refused, `TypeError` for a command of another context."""
    decision = DECISIONS.get(type(command))
    if decision is None:
        raise TypeError(f"a room does not decide {type(command).__name__}")
    return decision(state, command)


def _open(state: Room, command: ask.OpenRoom) -> Facts:
    if state.host_id:
        return ()
    return (
        fact.RoomOpened(host_id=command.host_id, market=command.market, language=command.language),
    )


def _close(state: Room, _command: ask.CloseRoom) -> Facts:
    return (fact.RoomClosed(),) if state.is_open else ()


def _send(state: Room, command: ask.SendChatMessage) -> Facts:
    _refuse_unless_open(state, command.stream_id)
    return speaking.send(state, command)


def _remove(state: Room, command: ask.RemoveMessage) -> Facts:
    """Of a room that is closed too: what was said there can still be read."""
    _refuse_unopened(state, command.stream_id)
    if command.by != command.user_id:
        _refuse_unless_moderator(state, command)
        _refuse_equals(state, command, command.user_id)
    if command.message_id in state.removed:
        return ()
    removed = fact.ChatMessageRemoved(
        message_id=command.message_id, user_id=command.user_id, by=command.by
    )
    if command.message_id != state.pinned:
        return (removed,)
    return (fact.MessageUnpinned(message_id=command.message_id, by=command.by), removed)


def _mute(state: Room, command: ask.MuteViewer) -> Facts:
    _refuse_unless_moderated(state, command, command.user_id)
    _refuse_out_of_range("seconds", command.seconds, MUTE_SECONDS_AT_MOST)
    until = command.now + timedelta(seconds=command.seconds)
    now_until = max(state.muted_until.get(command.user_id, command.now), command.now)
    if until == now_until:
        return ()
    return (fact.ViewerMuted(user_id=command.user_id, until=until, by=command.by),)


def _ban(state: Room, command: ask.BanViewer) -> Facts:
    """Who is shut out does not go on moderating from outside."""
    _refuse_unless_moderated(state, command, command.user_id)
    if command.user_id in state.banned:
        return ()
    if len(state.banned) >= BANS_AT_MOST:
        raise errors.TooManyError(field="bans", limit=BANS_AT_MOST)
    banned = fact.ViewerBanned(user_id=command.user_id, by=command.by)
    return (*_dismissed(state, command.user_id, command.by), banned)


def _unban(state: Room, command: ask.UnbanViewer) -> Facts:
    _refuse_unless_moderated(state, command, command.user_id)
    return _let_in(state, command.user_id, command.by)


def _let_in(state: Room, user_id: str, by: str) -> Facts:
    return (fact.ViewerUnbanned(user_id=user_id, by=by),) if user_id in state.banned else ()


def _change(state: Room, command: ask.ChangeRoom) -> Facts:
    _refuse_unless_open(state, command.stream_id)
    _refuse_unless_moderator(state, command)
    return (*_slow_mode(state, command), *_rules(state, command))


def _slow_mode(state: Room, command: ask.ChangeRoom) -> Facts:
    seconds = command.slow_mode_seconds
    if seconds is UNSET:
        return ()
    _refuse_out_of_range("slow_mode_seconds", seconds, SLOW_MODE_SECONDS_AT_MOST)
    if seconds == state.slow_mode_seconds:
        return ()
    return (fact.SlowModeChanged(seconds=seconds, by=command.by),)


def _rules(state: Room, command: ask.ChangeRoom) -> Facts:
    words, links = command.blocked_words, command.links_allowed
    changed = fact.ChatRulesChanged(
        who_may_chat=state.who_may_chat if command.who_may_chat is UNSET else command.who_may_chat,
        links_allowed=state.links_allowed if links is UNSET else links,
        blocked_words=state.blocked_words if words is UNSET else _blockable(words),
        by=command.by,
    )
    unchanged = fact.ChatRulesChanged(
        who_may_chat=state.who_may_chat,
        links_allowed=state.links_allowed,
        blocked_words=state.blocked_words,
        by=command.by,
    )
    return () if changed == unchanged else (changed,)


def _blockable(lists: WordLists) -> WordLists:
    """Folded, each once, in order; no list that is empty."""
    if sum(map(len, lists.values())) > BLOCKED_WORDS_AT_MOST:
        raise errors.TooManyError(field="blocked_words", limit=BLOCKED_WORDS_AT_MOST)
    return {
        language: tuple(sorted({blockable(word) for word in words}))
        for language, words in sorted(lists.items())
        if words
    }


def _pin(state: Room, command: ask.PinMessage) -> Facts:
    _refuse_unless_open(state, command.stream_id)
    _refuse_unless_moderator(state, command)
    if command.message_id in state.removed:
        raise errors.MessageNotFoundError(message_id=command.message_id)
    if command.message_id == state.pinned:
        return ()
    return (
        fact.MessagePinned(message_id=command.message_id, user_id=command.user_id, by=command.by),
    )


def _unpin(state: Room, command: ask.UnpinMessage) -> Facts:
    _refuse_unless_open(state, command.stream_id)
    _refuse_unless_moderator(state, command)
    if state.pinned is None:
        return ()
    return (fact.MessageUnpinned(message_id=state.pinned, by=command.by),)


def _appoint(state: Room, command: ask.AppointModerator) -> Facts:
    """Somebody who was banned is let in again: they could not moderate otherwise."""
    _refuse_unless_host(state, command)
    if command.user_id == state.host_id or command.user_id in state.moderators:
        return ()
    if len(state.moderators) >= MODERATORS_AT_MOST:
        raise errors.TooManyError(field="moderators", limit=MODERATORS_AT_MOST)
    appointed = fact.ModeratorAppointed(user_id=command.user_id, by=command.by)
    return (*_let_in(state, command.user_id, command.by), appointed)


def _dismiss(state: Room, command: ask.DismissModerator) -> Facts:
    _refuse_unless_host(state, command)
    return _dismissed(state, command.user_id, command.by)


def _dismissed(state: Room, user_id: str, by: str) -> Facts:
    if user_id not in state.moderators:
        return ()
    return (fact.ModeratorDismissed(user_id=user_id, by=by),)


def _count(state: Room, command: ask.CountReactions) -> Facts:
    """Of a room that is closed too: the last are counted after the end."""
    _refuse_unopened(state, command.stream_id)
    totals: dict[ReactionKind, int] = {**state.reactions}
    for kind, total in command.totals.items():
        if total > totals.get(kind, 0):
            totals[kind] = total
    return () if totals == state.reactions else (fact.ReactionsCounted(totals=totals),)


def _refuse_unopened(state: Room, stream_id: str) -> None:
    if not state.host_id:
        raise errors.RoomNotFoundError(stream_id=stream_id)


def _refuse_unless_open(state: Room, stream_id: str) -> None:
    _refuse_unopened(state, stream_id)
    if state.closed:
        raise errors.RoomClosedError()


def _refuse_unless_moderator(state: Room, command: ask.ModeratorCommand) -> None:
    if not _rules_over_moderators(state, command) and command.by not in state.moderators:
        raise errors.NotAModeratorError()


def _refuse_unless_moderated(state: Room, command: ask.ModeratorCommand, user_id: str) -> None:
    """Whether the person may be moderated by who asks."""
    _refuse_unless_open(state, command.stream_id)
    _refuse_unless_moderator(state, command)
    if user_id in {state.host_id, command.by}:
        raise errors.CannotModerateError()
    _refuse_equals(state, command, user_id)


def _refuse_equals(state: Room, command: ask.ModeratorCommand, user_id: str) -> None:
    if _rules_over_moderators(state, command):
        return
    if user_id == state.host_id or user_id in state.moderators:
        raise errors.CannotModerateError()


def _rules_over_moderators(state: Room, command: ask.ModeratorCommand) -> bool:
    return command.staff or command.by == state.host_id


def _refuse_unless_host(state: Room, command: ask.AppointModerator | ask.DismissModerator) -> None:
    _refuse_unless_open(state, command.stream_id)
    if command.by != state.host_id and not command.as_admin:
        raise errors.NotTheHostOfTheRoomError()


def _refuse_out_of_range(field: str, value: int, most: int) -> None:
    if not 0 <= value <= most:
        raise errors.OutOfRangeError(field=field, least=0, most=most)


DECISIONS: dict[type[Command], Callable[[Room, Any], Facts]] = {
    ask.OpenRoom: _open,
    ask.CloseRoom: _close,
    ask.SendChatMessage: _send,
    ask.RemoveMessage: _remove,
    ask.MuteViewer: _mute,
    ask.BanViewer: _ban,
    ask.UnbanViewer: _unban,
    ask.ChangeRoom: _change,
    ask.PinMessage: _pin,
    ask.UnpinMessage: _unpin,
    ask.AppointModerator: _appoint,
    ask.DismissModerator: _dismiss,
    ask.CountReactions: _count,
}

ROOM: Decider[Room] = Decider(category="room", initial=Room(), decide=decide, evolve=evolve)
