"""What a room's routes answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from domain.chat.values import ReactionKind, SpeakerRole, WhoMayChat
from domain.shared import Language
from projections.chat.messages import MessageView
from projections.chat.replay import Part, place_of


class Speaker(msgspec.Struct, frozen=True, kw_only=True):
    """As they were when they said it."""

    id: str
    name: str
    role: SpeakerRole


class ChatMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Of a removed message `id`, `position`, `sent_at` and `removed: true` are all there is. In a
    replay, it stands `at_seconds` into what is played, in `recording`."""

    id: str
    position: int
    sent_at: datetime
    user: Speaker | UnsetType = UNSET
    text: str | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    reply_to: str | UnsetType | None = UNSET
    removed: bool | UnsetType = UNSET
    at_seconds: float | UnsetType = UNSET
    recording: str | UnsetType = UNSET

    def __repr__(self) -> str:
        return f"ChatMessage(id={self.id!r}, …)"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller may do here. Who may not chat is told the `reason`, which is the code that
    a message would be refused with, and after how many `seconds` it may be over."""

    role: SpeakerRole
    may_moderate: bool
    may_chat: bool
    reason: str | None = None
    seconds: int | None = None
    muted_until: datetime | None = None


class RoomState(msgspec.Struct, frozen=True, kw_only=True):
    """A room as the caller sees it. `viewers` is null while they cannot be counted. Only who may
    moderate is told the blocked words. `position` is the log position this answer shows."""

    id: str
    closed: bool
    slow_mode_seconds: int
    who_may_chat: WhoMayChat
    links_allowed: bool
    viewers: int | None
    reactions: Mapping[ReactionKind, int]
    pinned_message: ChatMessage | None
    you: Standing
    position: int
    blocked_words: Mapping[Language, Sequence[str]] | UnsetType = UNSET


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """The message or the person it concerned, and the log position the effect is visible from."""

    id: str
    position: int


class Muted(msgspec.Struct, frozen=True, kw_only=True):
    """The person, and until when they may not speak."""

    id: str
    until: datetime
    position: int


class Pinned(msgspec.Struct, frozen=True, kw_only=True):
    """The room, and the message that stands above its chat now."""

    id: str
    pinned: str | None
    position: int


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The room, and its rules as they are now."""

    id: str
    slow_mode_seconds: int
    who_may_chat: WhoMayChat
    links_allowed: bool
    blocked_words: Mapping[Language, Sequence[str]]
    position: int


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """`name` is null of those whose account is gone."""

    id: str
    name: str | None


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """So many watched then."""

    at: datetime
    viewers: int


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """As of the last sample; the samples are the oldest first, of a long show the highest of each
    stretch of time."""

    viewers: int
    peak: int
    samples: list[Sample]


def chat_message(view: MessageView, parts: Sequence[Part] = ()) -> ChatMessage:
    """`parts`: what is replayed, if anything is."""
    shown = _tombstone(view) if view.removed else _message(view)
    if not parts:
        return shown
    place = place_of(parts, view.recorded_us)
    return msgspec.structs.replace(shown, at_seconds=place.seconds, recording=place.recording_id)


def _tombstone(view: MessageView) -> ChatMessage:
    return ChatMessage(id=view.id, position=view.position, sent_at=view.sent_at, removed=True)


def _message(view: MessageView) -> ChatMessage:
    return ChatMessage(
        id=view.id,
        position=view.position,
        sent_at=view.sent_at,
        user=Speaker(id=view.user_id, name=view.name, role=view.role),
        text=view.text,
        language=view.language,
        reply_to=view.reply_to,
    )
