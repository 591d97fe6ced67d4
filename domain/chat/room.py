"""The state of one room and how recorded facts change it. Deciding is in `deciding`.

It holds no message: a room may see millions. What was said when is the log's, and the views'.
"""

from datetime import datetime

import msgspec

from domain.chat.values import ReactionKind, WhoMayChat
from domain.shared import Language


class Room(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`spoke_at` has when somebody last spoke, in a room of slow mode: the latest last."""

    host_id: str = ""
    closed: bool = False
    market: str = ""
    language: str = ""
    slow_mode_seconds: int = 0
    who_may_chat: WhoMayChat = "everyone"
    links_allowed: bool = True
    blocked_words: dict[Language, tuple[str, ...]] = {}
    moderators: tuple[str, ...] = ()
    banned: tuple[str, ...] = ()
    muted_until: dict[str, datetime] = {}
    spoke_at: dict[str, datetime] = {}
    pinned: str | None = None
    reactions: dict[ReactionKind, int] = {}

    @property
    def is_open(self) -> bool:
        return bool(self.host_id) and not self.closed
