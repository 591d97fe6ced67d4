"""The facts recorded about a live room, on the stream `room-<live stream id>`.

Reactions and viewers are counted, not recorded one by one.
"""

from datetime import datetime
from typing import Annotated

from domain.chat.values import ReactionKind, SpeakerRole, WhoMayChat
from domain.shared import Event, Language, Market, Personal


class RoomOpened(Event, frozen=True, kw_only=True):
    """Somebody came into a show's room for the first time."""

    tag = "chat.RoomOpened"
    host_id: str
    market: Market
    language: Language


class RoomClosed(Event, frozen=True, kw_only=True):
    """The show is over; nothing more is said."""

    tag = "chat.RoomClosed"


class ChatMessageSent(Event, frozen=True, kw_only=True):
    """Somebody said something. `role` and `name` are what they were then.

    `text` is as it is shown, cleaned of what cannot be seen. `stands`: it is shown to everybody
    even where more is said than can be read.
    """

    tag = "chat.ChatMessageSent"
    message_id: str
    user_id: str
    name: Annotated[str, Personal("user_id")]
    role: SpeakerRole
    text: Annotated[str, Personal("user_id")]
    language: Language
    sent_at: datetime
    reply_to: str | None = None
    stands: bool = False

    def __repr__(self) -> str:
        return f"ChatMessageSent(message_id={self.message_id!r}, user_id={self.user_id!r}, …)"


class ChatMessageRemoved(Event, frozen=True, kw_only=True):
    """A moderator, or who had said it, took a message away."""

    tag = "chat.ChatMessageRemoved"
    message_id: str
    user_id: str
    by: str


class ViewerMuted(Event, frozen=True, kw_only=True):
    """Somebody may read but not speak until then; at once again where `until` has passed."""

    tag = "chat.ViewerMuted"
    user_id: str
    until: datetime
    by: str


class ViewerBanned(Event, frozen=True, kw_only=True):
    """Somebody may not come in any more."""

    tag = "chat.ViewerBanned"
    user_id: str
    by: str


class ViewerUnbanned(Event, frozen=True, kw_only=True):
    """Somebody who was banned may come in again."""

    tag = "chat.ViewerUnbanned"
    user_id: str
    by: str


class SlowModeChanged(Event, frozen=True, kw_only=True):
    """Each viewer may speak once in so many seconds; 0: as often as they like."""

    tag = "chat.SlowModeChanged"
    seconds: int
    by: str


class ChatRulesChanged(Event, frozen=True, kw_only=True):
    """Who may chat, and what may not be said; words are folded, by language."""

    tag = "chat.ChatRulesChanged"
    who_may_chat: WhoMayChat
    links_allowed: bool
    blocked_words: dict[Language, tuple[str, ...]]
    by: str


class MessagePinned(Event, frozen=True, kw_only=True):
    """A message stands above the chat from now on, in place of any that did."""

    tag = "chat.MessagePinned"
    message_id: str
    user_id: str
    by: str


class MessageUnpinned(Event, frozen=True, kw_only=True):
    """No message stands above the chat any more."""

    tag = "chat.MessageUnpinned"
    message_id: str
    by: str


class ModeratorAppointed(Event, frozen=True, kw_only=True):
    """The host lets somebody moderate the room."""

    tag = "chat.ModeratorAppointed"
    user_id: str
    by: str


class ModeratorDismissed(Event, frozen=True, kw_only=True):
    """Somebody no longer moderates the room."""

    tag = "chat.ModeratorDismissed"
    user_id: str
    by: str


class ReactionsCounted(Event, frozen=True, kw_only=True):
    """How many reactions there have been so far, by kind; recorded now and then."""

    tag = "chat.ReactionsCounted"
    totals: dict[ReactionKind, int]


EVENTS: tuple[type[Event], ...] = (
    RoomOpened,
    RoomClosed,
    ChatMessageSent,
    ChatMessageRemoved,
    ViewerMuted,
    ViewerBanned,
    ViewerUnbanned,
    SlowModeChanged,
    ChatRulesChanged,
    MessagePinned,
    MessageUnpinned,
    ModeratorAppointed,
    ModeratorDismissed,
    ReactionsCounted,
)
