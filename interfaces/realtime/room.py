"""A room as this process knows it: who is in it, what was said last, and when the next goes out.

Everything here happens between two awaits: what a member has been sent and what they will be meet
at `flushed`. Reading the log for it is `RoomReader`'s.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

import msgspec

from domain.chat.values import ReactionKind
from infrastructure.observability.metrics import ROOM_CLOSES, ROOM_TICK_LAG_SECONDS
from interfaces.realtime import server_messages
from interfaces.realtime.fan_out import LONGEST_GAP, FanOut
from interfaces.realtime.member import Member
from interfaces.realtime.outbox import Outbox
from interfaces.realtime.rules import RoomRules
from interfaces.realtime.tail import Tail
from projections.chat.frames import RoomFrame

BANNED = 4403
TOO_SLOW = 4008
_GATHER_SECONDS = 0.004  # what is said at the same moment goes out together


class RoomLimits(NamedTuple):
    """`tick_seconds`: least time between two frames. `shown_per_second`: 0 shows all.
    `buffer_bytes` may wait for a client to read them."""

    tick_seconds: float
    shown_per_second: int
    buffer_bytes: int


class LiveRoom:
    """`position` tells where the feed stands. `states` has what whoever comes in is told.
    `reactions` are to be added to the totals. Reading that ends before `wanted` leaves a gap.
    So many are `expected` to be added soon."""

    def __init__(self, stream_id: str, limits: RoomLimits, position: Callable[[], int]) -> None:
        self.stream_id = stream_id
        self.members: set[Member] = set()
        self.by_user: dict[str, tuple[Member, ...]] = {}
        self.states: dict[str, bytes] = {}
        self.reactions: dict[ReactionKind, int] = {}
        self.expected = 0
        self.wanted = 0
        self.rules: RoomRules
        self.tail: Tail
        self.pinned: bytes | None = None
        self._loop = asyncio.get_running_loop()
        self.empty_since = self._loop.time()
        self._position = position
        self._reached = 0
        self._unread: list[RoomFrame] | None = []
        self._outbox = Outbox(limits.shown_per_second, limits.buffer_bytes)
        self._least_gap = limits.tick_seconds
        self._fan_out = FanOut(self.too_slow, self._schedule)
        self._timer: asyncio.TimerHandle | None = None

    # Where it stands

    @property
    def reached(self) -> int:
        """Everything up to this position has been heard or read."""
        if self._unread is not None:
            return self._reached
        return max(self._reached, self._position())

    @property
    def flushed(self) -> int:
        """Everything up to this position has gone out to the members."""
        oldest = self._outbox.oldest
        return self.reached if oldest is None else oldest - 1

    # What it hears

    def hear(self, frame: RoomFrame) -> None:
        if self._unread is not None:
            self._unread.append(frame)
        elif frame.position > self._reached:
            self._take(frame)

    def miss(self, after: int, upto: int) -> None:
        """What lies between is to be read: what is heard from now on waits for it."""
        self.wanted = upto
        if self._unread is None:
            self._reached = max(self._reached, after)
            self._unread = []

    def begin(self, rules: RoomRules, frames: Sequence[RoomFrame], upto: int) -> None:
        """Its newest `frames`, complete to `upto`, and how things stand there, or later."""
        self.rules = rules
        self.tail = Tail(frames, upto)
        self.pinned = self.tail.message(rules.pinned) if rules.pinned else None
        self.states["stream"] = server_messages.stream(rules.status)
        self._outbox.clear()
        self._reached = upto
        self._replay()

    def go_on(self, frames: Sequence[RoomFrame], upto: int) -> None:
        """The `frames` that were missed, complete to `upto`."""
        for frame in frames:
            if frame.position > self._reached:
                self._take(frame)
        self._reached = max(self._reached, upto)
        self._replay()

    def forget(self, persons: Collection[str]) -> None:
        """They were erased; what they said is unreadable in the log from now on."""
        self.tail.forget(persons)
        self.pinned = None  # whose it was is not kept; it is looked up again

    def _replay(self) -> None:
        heard, self._unread = self._unread or [], None
        for frame in heard:
            self.hear(frame)

    def _take(self, frame: RoomFrame) -> None:
        self._reached = frame.position
        self.rules.learn(frame)
        if frame.kind == "pinned":
            frame = self._pin(frame)
        if frame.kind == "stream":
            self.states["stream"] = bytes(frame.body)
        else:
            self.tail.append(frame)
        if frame.kind == "banned":
            self._shut_out(frame.user_id)
        elif not frame.hidden or frame.user_id:
            self._outbox.add(frame)
            self._schedule()

    def _pin(self, frame: RoomFrame) -> RoomFrame:
        """The message as it was said, while it is still at hand."""
        wanted = self.rules.pinned
        self.pinned = self.tail.message(wanted) if wanted else None
        if self.pinned is None:
            return frame
        body = msgspec.Raw(server_messages.pinned(self.pinned, frame.position))
        return msgspec.structs.replace(frame, body=body)

    @property
    def lacks_pinned(self) -> bool:
        """A message is pinned that was said too long ago to be at hand."""
        return self.rules.pinned is not None and self.pinned is None

    def complete_pin(self, message_id: str, message: bytes) -> None:
        if self.lacks_pinned and self.rules.pinned == message_id:
            self.pinned = message
            self._outbox.put("pinned", server_messages.pinned(message, self.reached))
            self._schedule()

    def react(self, kind: ReactionKind, count: int) -> None:
        self.reactions[kind] = self.reactions.get(kind, 0) + count

    def newest(self, count: int) -> list[RoomFrame]:
        return self.tail.newest(count, self.flushed)

    def show(self, key: str, body: bytes) -> None:
        """A state: the newest counts, and the same again is not worth telling."""
        if self.states.get(key) != body:
            self.states[key] = body
            if self.members:
                self._outbox.put(key, body)
                self._schedule()

    # Who is in it

    def add(self, member: Member) -> None:
        """From the next tick on they get what lies beyond `flushed`."""
        self.members.add(member)
        self.by_user[member.user_id] = (*self.by_user.get(member.user_id, ()), member)

    def remove(self, member: Member) -> None:
        """Repeating it changes nothing."""
        if member not in self.members:
            return
        self.members.remove(member)
        others = tuple(one for one in self.by_user[member.user_id] if one is not member)
        if others:
            self.by_user[member.user_id] = others
        else:
            del self.by_user[member.user_id]
        if not self.members:
            self.empty_since = self._loop.time()

    def end(self, member: Member, code: int, reason: str) -> None:
        """Shows them out, once."""
        if member not in self.members:
            return
        self.remove(member)
        ROOM_CLOSES.labels(str(code)).inc()
        member.sink.end(code, reason)

    def too_slow(self, member: Member) -> None:
        self.end(member, TOO_SLOW, "too slow")

    def _shut_out(self, user_id: str) -> None:
        for member in self.by_user.get(user_id, ()):
            self.end(member, BANNED, "banned")

    # When it goes out

    def _schedule(self) -> None:
        if self._timer is None and not self._fan_out.at_work and self._outbox:
            due = max(self._loop.time() + _GATHER_SECONDS, self._fan_out.next_at)
            self._timer = self._loop.call_at(due, self._tick, due)

    def _tick(self, due: float) -> None:
        self._timer = None
        now = self._loop.time()
        ROOM_TICK_LAG_SECONDS.observe(now - due)
        delivery = self._outbox.take(now, self.by_user)
        receivers = self.members if delivery.to_all is not None else delivery.instead
        gap = LONGEST_GAP if self._outbox.hot else self._least_gap
        self._fan_out.write(delivery, tuple(receivers), gap)
