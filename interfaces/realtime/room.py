"""A room as this process knows it: who is in it, what was said last, and when the next goes out.

Everything here happens between two awaits: what a member has been sent and what they will be meet
at `flushed`. Reading the log for it is `RoomReader`'s.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

import msgspec
import structlog

from domain.chat.values import ReactionKind
from infrastructure.observability.metrics import ROOM_TICK_LAG_SECONDS
from interfaces.realtime import server_messages
from interfaces.realtime.erasures import Erasures
from interfaces.realtime.fan_out import LONGEST_GAP, FanOut, Mail
from interfaces.realtime.gathering import Gathering
from interfaces.realtime.greeting import Greeting
from interfaces.realtime.member import Member
from interfaces.realtime.offers import RoomOffers
from interfaces.realtime.outbox import Outbox
from interfaces.realtime.picture import GONE, Beginning, RoomPicture, as_state, author_of, lasts
from interfaces.realtime.rules import RoomRules
from interfaces.realtime.tail import Tail
from projections.chat.frames import RoomFrame
from projections.showcase.frames import STOCK, StockLevel

BANNED = 4403
_GATHER_SECONDS = 0.004  # what is said at the same moment goes out together
_log = structlog.get_logger("live.room")


class RoomLimits(NamedTuple):
    """`tick_seconds`: least time between two frames. `shown_per_second`: 0 shows all.
    `buffer_bytes` may wait for a client to read them."""

    tick_seconds: float
    shown_per_second: int
    buffer_bytes: int

    @property
    def greeting_bytes(self) -> int:
        return self.buffer_bytes * 3 // 4


class LiveRoom(Gathering):
    """`position` tells where the feed stands. `reactions` are to be added to the totals. Reading
    that ends before `wanted` leaves a gap."""

    def __init__(
        self,
        stream_id: str,
        beginning: Beginning,
        limits: RoomLimits,
        position: Callable[[], int],
        erasures: Erasures,
    ) -> None:
        super().__init__()
        self.stream_id = stream_id
        self.reactions: dict[ReactionKind, int] = {}
        self.wanted = 0
        self._loop = asyncio.get_running_loop()
        self._limits = limits
        self._position = position
        self._erasures = erasures
        self._picture = self._picture_of(beginning)
        self._reached = beginning.upto
        self._unread: list[RoomFrame] | None = None
        self._moved = asyncio.Event()
        self._astray: set[Member] = set()
        self._outbox = Outbox(limits.shown_per_second, limits.buffer_bytes)
        self._fan_out = FanOut(self.lose, self._schedule)
        self._timer: asyncio.TimerHandle | None = None

    @property
    def rules(self) -> RoomRules:
        return self._picture.rules

    @property
    def tail(self) -> Tail:
        return self._picture.tail

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

    async def come_to(self, position: int, seconds: float) -> bool:
        """Waits so long for `flushed` to come there."""
        try:
            async with asyncio.timeout(seconds):
                while self.flushed < position:
                    await self._moved.wait()
        except TimeoutError:
            return False
        return True

    def move(self) -> None:
        """`flushed` may have; whoever waits for it looks again."""
        self._moved.set()
        self._moved.clear()

    # What it hears

    def hear(self, frame: RoomFrame) -> None:
        if frame.kind == STOCK:
            self.know_stock(msgspec.json.decode(frame.body, type=StockLevel))
        elif self._unread is not None:
            self._unread.append(frame)
        elif frame.position > self._reached:
            self._take(frame)

    def miss(self, after: int, upto: int) -> None:
        """What lies between is to be read: what is heard from now on waits for it."""
        self.wanted = upto
        if self._unread is None:
            self._reached = max(self._reached, after)
            self._unread = []

    def begin_anew(self, beginning: Beginning) -> None:
        """Too much was missed: so it is for everybody who is in."""
        states = self._picture.states
        self._picture = self._picture_of(beginning)
        self._picture.states = states | self._picture.states
        self._reached = beginning.upto
        for user_id in self.rules.banned & self.by_user.keys():
            self._shut_out(user_id)
        self._lead_back()
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
        shown = self._picture.shown_pinned
        self._outbox.forget(persons)
        for message_id in self._picture.forget(persons):
            self._outbox.put(f"removed {message_id}", server_messages.removed(message_id))
        if self._picture.shown_pinned != shown:
            self._show_pinned()
        self._schedule()

    def readable(self, frames: Sequence[RoomFrame]) -> list[RoomFrame]:
        """Without what somebody said who was erased while it was being read."""
        return self._erasures.without(frames)

    def _picture_of(self, beginning: Beginning) -> RoomPicture:
        return RoomPicture(beginning._replace(frames=self.readable(beginning.frames)))

    def _replay(self) -> None:
        heard, self._unread = self._unread or [], None
        for frame in heard:
            self.hear(frame)
        self.move()

    def _take(self, frame: RoomFrame) -> None:
        """One that we cannot read must not keep the others from being heard."""
        self._reached = frame.position
        if self._erasures.hide(frame):
            return
        try:
            self._tell(self._picture.take(frame))
        except Exception:  # noqa: BLE001 - see above
            _log.exception("room_frame_not_taken", room=self.stream_id, position=frame.position)

    def _tell(self, frame: RoomFrame) -> None:
        if frame.kind == "stream":
            self.show("stream", as_state(frame))
        elif frame.kind == "pinned":
            self._show_pinned()
        elif lasts(frame):
            self._outbox.add(frame)
            self._schedule()
        if frame.kind == "banned":
            self._shut_out(frame.user_id)

    # How things stand

    @property
    def lacks_pinned(self) -> bool:
        """A message is pinned that was said too long ago to be at hand."""
        return self._picture.lacks_pinned

    def complete_pin(self, message_id: str, message: bytes) -> None:
        """`message` is as `RoomPicture.pinned`."""
        if self.lacks_pinned and self.rules.pinned == message_id:
            erased = author_of(message) in self._erasures
            self._picture.pinned = GONE if erased else message
            self._show_pinned()

    def _show_pinned(self) -> None:
        """Not of `states`: the welcome has it."""
        self._outbox.put("pinned", server_messages.pinned(self._picture.shown_pinned))
        self._schedule()

    @property
    def unknown_stock(self) -> list[str]:
        return self._picture.offers.unknown

    def know_stock(self, level: StockLevel) -> None:
        """The latest counts, in whatever order they are heard."""
        body = self._picture.offers.stock(level)
        if body is not None and self.members:
            self._outbox.put(f"stock {level.sku}", body)
            self._schedule()

    def renew_offers(self, offers: RoomOffers) -> None:
        """Facts of them were missed: what is open is told anew."""
        self._picture.offers = offers
        for offer_id, body in offers.open_now().items():
            self._outbox.put(f"offer {offer_id}", body)
        self._schedule()

    def react(self, kind: ReactionKind, count: int) -> None:
        self.reactions[kind] = self.reactions.get(kind, 0) + count

    def show(self, key: str, body: bytes) -> None:
        """A state: the newest counts, and the same again is not worth telling."""
        states = self._picture.states
        if states.get(key) != body:
            states[key] = body
            if self.members:
                self._outbox.put(key, body)
                self._schedule()

    # Who is in it

    def welcome(self, member: Member, missed: Sequence[RoomFrame] | None) -> None:
        """Adds them. `missed` are those that concern them up to `flushed`; None: not known. From
        the next tick on they get what lies beyond."""
        self.add(member)
        greeting = Greeting(self._picture, self.flushed, self._limits.greeting_bytes, missed)
        if not all(member.sink.push(packet) for packet in greeting.of(member)):
            self.too_slow(member)

    def _shut_out(self, user_id: str) -> None:
        for member in self.by_user.get(user_id, ()):
            if self.rules.shut_out(member.caller):
                self.end(member, BANNED, "banned")

    # When it goes out

    def _schedule(self) -> None:
        waiting = self._outbox or self._astray
        if self._timer is None and not self._fan_out.at_work and waiting:
            due = max(self._loop.time() + _GATHER_SECONDS, self._fan_out.next_at)
            self._timer = self._loop.call_at(due, self._tick, due)

    def _tick(self, due: float) -> None:
        self._timer = None
        now = self._loop.time()
        ROOM_TICK_LAG_SECONDS.observe(now - due)
        mail, receivers = self._next(now)
        gap = LONGEST_GAP if self._outbox.hot else self._limits.tick_seconds
        self._fan_out.write(mail, tuple(receivers), gap)
        if self._outbox.is_overfull:
            _log.warning("room_fell_behind", room=self.stream_id)
            self._lead_back()
        self.move()

    def _next(self, now: float) -> tuple[Mail, Collection[Member]]:
        astray, self._astray = self._astray & self.members, set()
        if astray:
            return Greeting(self._picture, self.flushed, self._limits.greeting_bytes), astray
        delivery = self._outbox.take(now, self.by_user)
        return delivery, self.members if delivery.to_all is not None else delivery.instead.keys()

    def _lead_back(self) -> None:
        """What waits is given up; at the next tick all begin anew with the newest there is."""
        self._outbox.clear()
        self._astray = set(self.members)
        self._schedule()
