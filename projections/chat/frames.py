"""Durable facts of a room as frames: what goes to those in the room, in order, each once.

A frame is encoded here once for everybody. Pure: carrying frames to processes and to viewers is
infrastructure's and the realtime edge's work.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from domain.chat import events as chat
from domain.chat.values import ReactionKind, SpeakerRole, WhoMayChat
from domain.shared import Event, Language, Recorded
from domain.streaming import events as streaming
from domain.streaming.values import LiveStreamStatus

_encode = msgspec.json.Encoder().encode


class RoomFrame(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One JSON object for a room's viewers, and what the edge must know of it.

    `room` is the live stream's id. `body` is the object, its `position` in it; `kind` is its
    `type`. `user_id` is whom it concerns: who said a message, who is muted or banned. `stands`:
    left out of a sample after all others, if at all; `leads`: a host or moderator said it.
    `sent_us` is UTC microseconds since 1970. `hidden`: the edge learns from it and shows it to
    nobody but `user_id`, where that is given.
    """

    room: str
    position: int
    kind: str
    body: msgspec.Raw
    sent_us: int
    user_id: str = ""
    stands: bool = False
    leads: bool = False
    hidden: bool = False

    def __repr__(self) -> str:
        return f"RoomFrame({self.room!r}, position={self.position}, kind={self.kind!r}, …)"


class FeedBatch(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """All rooms' frames of the log's positions beyond `after` up to `upto`, in order.

    `erased` are persons whose data is gone as of here. `incomplete`: the frames are not in it,
    since there were too many; whoever shows a room reads it anew.
    """

    after: int
    upto: int
    frames: tuple[RoomFrame, ...] = ()
    erased: tuple[str, ...] = ()
    incomplete: bool = False

    def __repr__(self) -> str:
        return f"FeedBatch(after={self.after}, upto={self.upto}, {len(self.frames)} frames, …)"


def frames_of(recorded: Recorded) -> tuple[RoomFrame, ...]:
    """None where a fact is no room's, or one that nobody in a room needs to know."""
    make = MAKES.get(type(recorded.event))
    return () if make is None else (make(recorded, recorded.event),)


class _Speaker(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    id: str
    name: str
    role: SpeakerRole


class _Message(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="message"):
    id: str
    user: _Speaker
    text: str
    language: Language
    sent_at: datetime
    reply_to: str | None
    position: int


class _Removed(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="message_removed"):
    id: str
    position: int


class _MessageId(msgspec.Struct, frozen=True, gc=False):
    id: str


class _Pinned(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="pinned"):
    """The fact holds no more of the message than its id; the edge fills in the rest."""

    message: _MessageId | None
    position: int


class _Opened(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="opened"):
    host_id: str
    position: int


class _Closed(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="room"):
    closed: bool = True
    position: int


class _SlowMode(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="room"):
    slow_mode_seconds: int
    position: int


class _Rules(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="room"):
    """Not the blocked words: they would teach how to write around them."""

    who_may_chat: WhoMayChat
    links_allowed: bool
    position: int


class _Muted(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="muted"):
    user_id: str
    until: datetime
    position: int


class _Person(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`type` says what became of the person."""

    type: str
    user_id: str
    position: int


class _Reactions(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="reactions_counted"):
    totals: dict[ReactionKind, int]
    position: int


class _Status(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="stream"):
    status: LiveStreamStatus
    position: int


_Make = Callable[[Recorded, Any], RoomFrame]


def _frame(recorded: Recorded, kind: str, body: msgspec.Struct, **known: Any) -> RoomFrame:
    return RoomFrame(
        room=recorded.entity_id,
        position=recorded.position,
        kind=kind,
        body=msgspec.Raw(_encode(body)),
        sent_us=recorded.recorded_us,
        **known,
    )


def _message(recorded: Recorded, event: chat.ChatMessageSent) -> RoomFrame:
    body = _Message(
        id=event.message_id,
        user=_Speaker(id=event.user_id, name=event.name, role=event.role),
        text=event.text,
        language=event.language,
        sent_at=event.sent_at,
        reply_to=event.reply_to,
        position=recorded.position,
    )
    leads = event.role in {"host", "moderator"}
    return _frame(
        recorded, "message", body, user_id=event.user_id, stands=event.stands, leads=leads
    )


def _removed(recorded: Recorded, event: chat.ChatMessageRemoved) -> RoomFrame:
    body = _Removed(id=event.message_id, position=recorded.position)
    return _frame(recorded, "message_removed", body, user_id=event.user_id)


def _pinned(recorded: Recorded, event: chat.MessagePinned) -> RoomFrame:
    body = _Pinned(message=_MessageId(event.message_id), position=recorded.position)
    return _frame(recorded, "pinned", body, user_id=event.user_id)


def _unpinned(recorded: Recorded, _event: chat.MessageUnpinned) -> RoomFrame:
    return _frame(recorded, "pinned", _Pinned(message=None, position=recorded.position))


def _opened(recorded: Recorded, event: chat.RoomOpened) -> RoomFrame:
    body = _Opened(host_id=event.host_id, position=recorded.position)
    return _frame(recorded, "opened", body, hidden=True)


def _closed(recorded: Recorded, _event: chat.RoomClosed) -> RoomFrame:
    return _frame(recorded, "room", _Closed(position=recorded.position))


def _slow_mode(recorded: Recorded, event: chat.SlowModeChanged) -> RoomFrame:
    body = _SlowMode(slow_mode_seconds=event.seconds, position=recorded.position)
    return _frame(recorded, "room", body)


def _rules(recorded: Recorded, event: chat.ChatRulesChanged) -> RoomFrame:
    body = _Rules(
        who_may_chat=event.who_may_chat,
        links_allowed=event.links_allowed,
        position=recorded.position,
    )
    return _frame(recorded, "room", body)


def _muted(recorded: Recorded, event: chat.ViewerMuted) -> RoomFrame:
    body = _Muted(user_id=event.user_id, until=event.until, position=recorded.position)
    return _frame(recorded, "muted", body, user_id=event.user_id, hidden=True)


def _person(kind: str) -> _Make:
    def make(recorded: Recorded, event: Any) -> RoomFrame:
        body = _Person(type=kind, user_id=event.user_id, position=recorded.position)
        return _frame(recorded, kind, body, user_id=event.user_id, hidden=True)

    return make


def _reactions(recorded: Recorded, event: chat.ReactionsCounted) -> RoomFrame:
    body = _Reactions(totals=event.totals, position=recorded.position)
    return _frame(recorded, "reactions_counted", body, hidden=True)


def _became(status: LiveStreamStatus) -> _Make:
    def make(recorded: Recorded, _event: Event) -> RoomFrame:
        return _frame(recorded, "stream", _Status(status=status, position=recorded.position))

    return make


# That a show got its live input is left out: whether that makes it "ready" depends on what it was.
_OF_SHOWS: dict[type[Event], _Make] = {
    streaming.LiveStreamFailed: _became("failed"),
    streaming.StartRequested: _became("starting"),
    streaming.LiveStreamStarted: _became("live"),
    streaming.BroadcastInterrupted: _became("interrupted"),
    streaming.BroadcastResumed: _became("live"),
    streaming.LiveStreamEnded: _became("ended"),
    streaming.LiveStreamCancelled: _became("cancelled"),
    streaming.LiveStreamArchived: _became("archived"),
}
_SHOWN: dict[type[Event], _Make] = {
    chat.ChatMessageSent: _message,
    chat.ChatMessageRemoved: _removed,
    chat.SlowModeChanged: _slow_mode,
    chat.ChatRulesChanged: _rules,
    chat.RoomClosed: _closed,
}
_OF_PERSONS: dict[type[Event], _Make] = {
    chat.ViewerMuted: _muted,
    chat.ViewerBanned: _person("banned"),
    chat.ViewerUnbanned: _person("unbanned"),
    chat.ModeratorAppointed: _person("moderator_appointed"),
    chat.ModeratorDismissed: _person("moderator_dismissed"),
}
MAKES: dict[type[Event], _Make] = {
    **_SHOWN,
    **_OF_PERSONS,
    **_OF_SHOWS,
    chat.RoomOpened: _opened,
    chat.MessagePinned: _pinned,
    chat.MessageUnpinned: _unpinned,
    chat.ReactionsCounted: _reactions,
}

# Of a room's facts: those everybody is shown, and with them those that single persons are.
SHOWN_TYPES = frozenset(event.tag for event in _SHOWN)
PRIVATE_TYPES = frozenset(event.tag for event in _OF_PERSONS)
