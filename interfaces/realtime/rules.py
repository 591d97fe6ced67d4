"""What the edge knows of a room beside what is said in it, kept current from its frames."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from domain.chat.room import Room
from domain.chat.values import ReactionKind, WhoMayChat
from domain.streaming.live_stream import LiveStream
from domain.streaming.values import LiveStreamStatus
from infrastructure.tokens import Caller
from projections.chat.frames import RoomFrame

STAFF = frozenset({"moderator", "admin"})


class _Pinned(msgspec.Struct, gc=False):
    id: str


class _Learnt(msgspec.Struct, gc=False):
    """All that the bodies of frames other than messages may tell."""

    status: LiveStreamStatus | UnsetType = UNSET
    host_id: str | UnsetType = UNSET
    closed: bool | UnsetType = UNSET
    slow_mode_seconds: int | UnsetType = UNSET
    who_may_chat: WhoMayChat | UnsetType = UNSET
    links_allowed: bool | UnsetType = UNSET
    until: datetime | UnsetType = UNSET
    totals: dict[ReactionKind, int] | UnsetType = UNSET
    message: _Pinned | UnsetType | None = UNSET


_learnt = msgspec.json.Decoder(_Learnt).decode


class RoomRules:
    """`pinned` is a message's id. `totals` has the reactions there were at least."""

    __slots__ = (
        "banned",
        "closed",
        "host_id",
        "links_allowed",
        "moderators",
        "muted_until",
        "pinned",
        "slow_mode_seconds",
        "status",
        "totals",
        "who_may_chat",
    )

    def __init__(self, room: Room, show: LiveStream) -> None:
        self.host_id = show.host_id
        self.status: LiveStreamStatus = show.status or "scheduled"
        self.closed = room.closed
        self.slow_mode_seconds = room.slow_mode_seconds
        self.who_may_chat: WhoMayChat = room.who_may_chat
        self.links_allowed = room.links_allowed
        self.moderators = set(room.moderators)
        self.banned = set(room.banned)
        self.muted_until = dict(room.muted_until)
        self.pinned = room.pinned
        self.totals: Mapping[ReactionKind, int] = dict(room.reactions)

    def role_of(self, caller: Caller) -> str:
        if caller.user_id == self.host_id:
            return "host"
        if caller.user_id in self.moderators or not STAFF.isdisjoint(caller.roles):
            return "moderator"
        return "guest" if caller.guest else "viewer"

    def learn(self, frame: RoomFrame) -> None:
        match frame.kind:
            case "message" | "message_removed":
                return
            case "banned":
                self.banned.add(frame.user_id)
            case "unbanned":
                self.banned.discard(frame.user_id)
            case "moderator_appointed":
                self.moderators.add(frame.user_id)
            case "moderator_dismissed":
                self.moderators.discard(frame.user_id)
            case _:
                self._read(frame)

    def count(self, totals: Mapping[ReactionKind, int]) -> None:
        """No total falls, whoever lost count."""
        kinds = self.totals.keys() | totals.keys()
        self.totals = {
            kind: max(self.totals.get(kind, 0), totals.get(kind, 0)) for kind in sorted(kinds)
        }

    def _read(self, frame: RoomFrame) -> None:
        try:
            learnt = _learnt(frame.body)
        except msgspec.ValidationError:
            return  # of a newer version of ours, while both run: clients are shown it all the same
        for name in ("status", "host_id", "closed", "slow_mode_seconds", "who_may_chat",
                     "links_allowed"):  # fmt: skip
            value = getattr(learnt, name)
            if value is not UNSET:
                setattr(self, name, value)
        if learnt.until is not UNSET:
            self.muted_until[frame.user_id] = learnt.until
        if learnt.totals is not UNSET:
            self.count(learnt.totals)
        if learnt.message is not UNSET:
            self.pinned = learnt.message.id if learnt.message else None
