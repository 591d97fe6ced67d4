"""What there is to be seen of a room: its rules, what was said last, what is pinned, and how things
stand."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import msgspec

from interfaces.realtime import server_messages
from interfaces.realtime.offers import RoomOffers
from interfaces.realtime.rules import RoomRules
from interfaces.realtime.tail import Tail
from projections.chat.frames import RoomFrame
from projections.ordering.frames import REFUSED
from projections.showcase.frames import OFFER

GONE = b"null"
# They would push what was said out of the tail; who comes back looks at their cart.
_OF_BUYERS = frozenset({"order", REFUSED})


class _Author(msgspec.Struct, gc=False):
    id: str


class _Message(msgspec.Struct, gc=False):
    user: _Author


_message = msgspec.json.Decoder(_Message).decode
_decode = msgspec.json.decode
_encode = msgspec.json.encode


class Beginning(NamedTuple):
    """The newest `frames`, complete to `upto`, and how things stand there, or later."""

    rules: RoomRules
    frames: Sequence[RoomFrame]
    upto: int
    offers: RoomOffers


class RoomPicture:
    """`states` has what whoever comes in is told. `pinned` is a message as its frame has it, `GONE`
    where nobody can be shown it any more; None: there is none, or it has to be looked up."""

    __slots__ = ("offers", "pinned", "rules", "states", "tail")

    def __init__(self, beginning: Beginning) -> None:
        self.rules, frames, upto, self.offers = beginning
        self.tail = Tail(frames, upto)
        self.states = {"stream": server_messages.stream(self.rules.status)}
        self.pinned = self._at_hand()

    def take(self, frame: RoomFrame) -> RoomFrame:
        """As it is shown."""
        if frame.kind == OFFER:
            frame = self.offers.take(frame)
        else:
            self.rules.learn(frame)
        if frame.kind == "pinned":
            self.pinned = self._at_hand()
        elif lasts(frame) and frame.kind not in _OF_BUYERS:
            self.tail.append(frame)
        return frame

    @property
    def lacks_pinned(self) -> bool:
        """A message is pinned that was said too long ago to be at hand."""
        return self.rules.pinned is not None and self.pinned is None

    @property
    def shown_pinned(self) -> bytes:
        """Of one that has to be looked up, the id."""
        if self.pinned is not None:
            return self.pinned
        return GONE if self.rules.pinned is None else _encode({"id": self.rules.pinned})

    def forget(self, persons: Collection[str]) -> list[str]:
        """Ids of the messages that are gone with them."""
        if self.pinned is not None and author_of(self.pinned) in persons:
            self.pinned = GONE
        return self.tail.forget(persons)

    def _at_hand(self) -> bytes | None:
        return self.tail.message(self.rules.pinned) if self.rules.pinned else None


def author_of(message: bytes) -> str:
    """Nobody's, where it is gone."""
    return "" if message == GONE else _message(message).user.id


def lasts(frame: RoomFrame) -> bool:
    """It happened, in an order that counts; else it says how things stand, or is for us alone."""
    return frame.kind not in {"stream", "pinned"} and bool(not frame.hidden or frame.user_id)


def as_state(frame: RoomFrame) -> bytes:
    """A state goes out beside the order of what happened: its position would lie about that."""
    body = _decode(frame.body)
    body.pop("position", None)
    return _encode(body)
