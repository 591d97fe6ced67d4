"""What can be asked of a live room: by those in it, and by our own jobs."""

from datetime import datetime

from msgspec import UNSET, UnsetType

from domain.chat.values import ReactionKind, WhoMayChat
from domain.shared import Command, Language, Market


class OpenRoom(Command, frozen=True, kw_only=True):
    """Opens a show's room. Repeating it changes nothing."""

    stream_id: str
    host_id: str
    market: Market
    language: Language


class CloseRoom(Command, frozen=True, kw_only=True):
    """The show is over. A room that was never opened stays so."""

    stream_id: str


class SendChatMessage(Command, frozen=True, kw_only=True):
    """Somebody says something. `message_id` is new; `staff`: they moderate the whole platform.

    That `reply_to` is a message of this room is the asking service's to prove.
    """

    stream_id: str
    message_id: str
    by: str
    name: str
    text: str
    language: Language
    now: datetime
    guest: bool = False
    staff: bool = False
    reply_to: str | None = None

    def __repr__(self) -> str:
        return f"SendChatMessage(stream_id={self.stream_id!r}, message_id={self.message_id!r}, …)"


class ModeratorCommand(Command, frozen=True, kw_only=True):
    """What the host and the room's moderators may ask; staff may too, and says so.

    `by` is the asking person's user id. Whether they are staff is the edge's to check.
    """

    stream_id: str
    by: str
    staff: bool = False


class RemoveMessage(ModeratorCommand, frozen=True, kw_only=True):
    """Takes a message away; who said it may do so too. Repeating it changes nothing.

    `user_id` said it: that is a fact of the log, which the asking service proves.
    """

    message_id: str
    user_id: str


class MuteViewer(ModeratorCommand, frozen=True, kw_only=True):
    """Lets somebody read but not speak for so many seconds; 0 lets them speak again."""

    user_id: str
    seconds: int
    now: datetime


class BanViewer(ModeratorCommand, frozen=True, kw_only=True):
    """Shuts somebody out of the room, and ends their moderating. Repeating it changes nothing."""

    user_id: str


class UnbanViewer(ModeratorCommand, frozen=True, kw_only=True):
    """Lets somebody in again. Repeating it changes nothing."""

    user_id: str


class ChangeRoom(ModeratorCommand, frozen=True, kw_only=True):
    """Changes the room's rules; what is left unset stays."""

    slow_mode_seconds: int | UnsetType = UNSET
    who_may_chat: WhoMayChat | UnsetType = UNSET
    links_allowed: bool | UnsetType = UNSET
    blocked_words: dict[Language, tuple[str, ...]] | UnsetType = UNSET


class PinMessage(ModeratorCommand, frozen=True, kw_only=True):
    """Puts a message above the chat. `user_id` said it, as in `RemoveMessage`."""

    message_id: str
    user_id: str


class UnpinMessage(ModeratorCommand, frozen=True, kw_only=True):
    """Takes down what is pinned. Repeating it changes nothing."""


class AppointModerator(Command, frozen=True, kw_only=True):
    """The host, or an admin, lets somebody moderate, and in if they were banned. Repeating it
    changes nothing."""

    stream_id: str
    by: str
    user_id: str
    as_admin: bool = False


class DismissModerator(Command, frozen=True, kw_only=True):
    """The host, or an admin, ends somebody's moderating. Repeating it changes nothing."""

    stream_id: str
    by: str
    user_id: str
    as_admin: bool = False


class CountReactions(Command, frozen=True, kw_only=True):
    """Records how many reactions there have been so far. A total never falls."""

    stream_id: str
    totals: dict[ReactionKind, int]
