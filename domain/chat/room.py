"""The state of one room and how recorded facts change it. Deciding is in `deciding`.

It holds no message: a room may see millions. What was said when is the log's, and the views'.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.chat import events as fact
from domain.chat.values import (
    MUTES_REMEMBERED,
    REMOVALS_REMEMBERED,
    SLOW_MODE_SECONDS_AT_MOST,
    SPEAKERS_REMEMBERED,
    ReactionKind,
    WhoMayChat,
)
from domain.shared import Event, Language


class Room(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`spoke_at` has when somebody last spoke, in a room of slow mode: the latest last.

    `removed` are the messages last taken away, the latest last. Everything in it is bounded.
    """

    host_id: str = ""
    closed: bool = False
    market: str = ""
    language: str = ""
    slow_mode_seconds: int = 0
    who_may_chat: WhoMayChat = "everyone"
    links_allowed: bool = True
    blocked_words: dict[Language, tuple[str, ...]] = {}
    moderators: tuple[str, ...] = ()
    banned: frozenset[str] = frozenset()
    muted_until: dict[str, datetime] = {}
    spoke_at: dict[str, datetime] = {}
    pinned: str | None = None
    removed: tuple[str, ...] = ()
    reactions: dict[ReactionKind, int] = {}

    @property
    def is_open(self) -> bool:
        return bool(self.host_id) and not self.closed


def evolve(state: Room, event: Event) -> Room:
    """A fact of a type unknown here changes nothing."""
    change = CHANGES.get(type(event))
    return state if change is None else change(state, event)


def _opened(state: Room, event: fact.RoomOpened) -> Room:
    return replace(
        state, host_id=event.host_id, market=event.market, language=event.language, closed=False
    )


def _closed(state: Room, _event: fact.RoomClosed) -> Room:
    return replace(state, closed=True, spoke_at={}, muted_until={})


def _sent(state: Room, event: fact.ChatMessageSent) -> Room:
    if state.slow_mode_seconds <= 0:
        return state
    spoke_at = {**state.spoke_at}
    spoke_at.pop(event.user_id, None)
    spoke_at[event.user_id] = event.sent_at
    interval = min(state.slow_mode_seconds, SLOW_MODE_SECONDS_AT_MOST)
    _forget_the_first(spoke_at, event.sent_at, timedelta(seconds=interval))
    return replace(state, spoke_at=spoke_at)


def _forget_the_first(spoke_at: dict[str, datetime], now: datetime, interval: timedelta) -> None:
    """Those who may speak again. Clocks differ by process: one that is ahead keeps its entry, and
    those behind it, a little longer."""
    while spoke_at:
        first = next(iter(spoke_at))
        if now - spoke_at[first] < interval and len(spoke_at) <= SPEAKERS_REMEMBERED:
            return
        del spoke_at[first]


def _removed(state: Room, event: fact.ChatMessageRemoved) -> Room:
    return replace(state, removed=(*state.removed, event.message_id)[-REMOVALS_REMEMBERED:])


def _muted(state: Room, event: fact.ViewerMuted) -> Room:
    """Beyond what is remembered, the mute that runs out first is forgotten."""
    muted_until = {**state.muted_until, event.user_id: event.until}
    if len(muted_until) > MUTES_REMEMBERED:
        del muted_until[min(muted_until, key=muted_until.__getitem__)]
    return replace(state, muted_until=muted_until)


def _banned(state: Room, event: fact.ViewerBanned) -> Room:
    return replace(state, banned=state.banned | {event.user_id})


def _unbanned(state: Room, event: fact.ViewerUnbanned) -> Room:
    return replace(state, banned=state.banned - {event.user_id})


def _slow_mode(state: Room, event: fact.SlowModeChanged) -> Room:
    spoke_at = state.spoke_at if event.seconds > 0 else {}
    return replace(state, slow_mode_seconds=event.seconds, spoke_at=spoke_at)


def _rules(state: Room, event: fact.ChatRulesChanged) -> Room:
    return replace(
        state,
        who_may_chat=event.who_may_chat,
        links_allowed=event.links_allowed,
        blocked_words=event.blocked_words,
    )


def _pinned(state: Room, event: fact.MessagePinned) -> Room:
    return replace(state, pinned=event.message_id)


def _unpinned(state: Room, _event: fact.MessageUnpinned) -> Room:
    return replace(state, pinned=None)


def _appointed(state: Room, event: fact.ModeratorAppointed) -> Room:
    return replace(state, moderators=(*_without(state.moderators, event.user_id), event.user_id))


def _dismissed(state: Room, event: fact.ModeratorDismissed) -> Room:
    return replace(state, moderators=_without(state.moderators, event.user_id))


def _without(people: tuple[str, ...], user_id: str) -> tuple[str, ...]:
    return tuple(one for one in people if one != user_id)


def _counted(state: Room, event: fact.ReactionsCounted) -> Room:
    return replace(state, reactions=event.totals)


CHANGES: dict[type[Event], Callable[[Room, Any], Room]] = {
    fact.RoomOpened: _opened,
    fact.RoomClosed: _closed,
    fact.ChatMessageSent: _sent,
    fact.ChatMessageRemoved: _removed,
    fact.ViewerMuted: _muted,
    fact.ViewerBanned: _banned,
    fact.ViewerUnbanned: _unbanned,
    fact.SlowModeChanged: _slow_mode,
    fact.ChatRulesChanged: _rules,
    fact.MessagePinned: _pinned,
    fact.MessageUnpinned: _unpinned,
    fact.ModeratorAppointed: _appointed,
    fact.ModeratorDismissed: _dismissed,
    fact.ReactionsCounted: _counted,
}
