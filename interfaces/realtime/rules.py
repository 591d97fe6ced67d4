"""What the edge knows of a room beside what is said in it, kept current from its frames."""

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from domain.chat.roles import role_of
from domain.chat.room import Room
from domain.chat.values import ReactionKind, SpeakerRole, WhoMayChat
from domain.streaming.live_stream import LiveStream
from domain.streaming.values import LiveStreamStatus
from infrastructure.tokens import Caller
from projections.chat.frames import RoomFrame

STAFF = frozenset({"moderator", "admin"})


class _Pinned(msgspec.Struct, gc=False):
    id: str


class _Learnt(msgspec.Struct, gc=False):
    """All that the bodies of frames other than messages may tell; None: nothing of that."""

    status: LiveStreamStatus | None = None
    host_id: str | None = None
    closed: bool | None = None
    slow_mode_seconds: int | None = None
    who_may_chat: WhoMayChat | None = None
    links_allowed: bool | None = None
    until: datetime | None = None
    totals: dict[ReactionKind, int] = {}
    message: _Pinned | None = None


_learnt = msgspec.json.Decoder(_Learnt).decode


class RoomRules:
    """`pinned` is a message's id. `totals` has the reactions there were at least."""

    __slots__ = (
        "_muted_until",
        "banned",
        "closed",
        "host_id",
        "links_allowed",
        "moderators",
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
        self.pinned = room.pinned
        self.totals: Mapping[ReactionKind, int] = dict(room.reactions)
        self._muted_until = dict(room.muted_until)

    def role_of(self, caller: Caller) -> SpeakerRole:
        staff = not STAFF.isdisjoint(caller.roles)
        return role_of(caller.user_id, self, staff=staff, guest=caller.guest)

    def shut_out(self, caller: Caller) -> bool:
        """A host's ban does not bind who works for the platform."""
        return caller.user_id in self.banned and STAFF.isdisjoint(caller.roles)

    def muted_until(self, user_id: str, now: datetime) -> datetime | None:
        until = self._muted_until.get(user_id)
        return until if until is not None and until > now else None

    def count(self, totals: Mapping[ReactionKind, int]) -> None:
        """No total falls, whoever lost count."""
        kinds = self.totals.keys() | totals.keys()
        self.totals = {
            kind: max(self.totals.get(kind, 0), totals.get(kind, 0)) for kind in sorted(kinds)
        }

    def learn(self, frame: RoomFrame) -> None:
        match frame.kind:
            case "message" | "message_removed" | "order" | "refused":
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

    def _read(self, frame: RoomFrame) -> None:
        try:
            learnt = _learnt(frame.body)
        except msgspec.ValidationError:
            return  # of a newer version of ours, while both run: clients are shown it all the same
        match frame.kind:
            case "opened":
                self.host_id = learnt.host_id or self.host_id
                self.closed = False
            case "stream":
                self.status = learnt.status or self.status
            case "room":
                self._change(learnt)
            case "pinned":
                self.pinned = learnt.message.id if learnt.message else None
            case "reactions_counted":
                self.count(learnt.totals)
            case "muted" if learnt.until is not None:
                self._mute(frame, learnt.until)

    def _change(self, learnt: _Learnt) -> None:
        if learnt.closed is not None:
            self.closed = learnt.closed
        if learnt.slow_mode_seconds is not None:
            self.slow_mode_seconds = learnt.slow_mode_seconds
        if learnt.links_allowed is not None:
            self.links_allowed = learnt.links_allowed
        self.who_may_chat = learnt.who_may_chat or self.who_may_chat

    def _mute(self, frame: RoomFrame, until: datetime) -> None:
        """Those that have run out are of no use any more."""
        now = datetime.fromtimestamp(frame.sent_us / 1e6, UTC)
        going_on = {one: end for one, end in self._muted_until.items() if end > now}
        self._muted_until = going_on | {frame.user_id: until}
