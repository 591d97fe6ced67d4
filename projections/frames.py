"""All that rooms are told of the log: what is said in them, what is sold, and to single buyers what
became of their orders."""

from collections.abc import Callable, Iterable
from typing import Any

from domain.identity.events import PersonalDataErased
from domain.inventory.events import StockFact
from domain.shared import Event, Recorded
from projections.chat import frames as chat
from projections.chat.frames import FeedBatch, RoomFrame
from projections.ordering import frames as ordering
from projections.showcase import frames as showcase

_MAKES: dict[type[Event], Callable[[Recorded, Any], RoomFrame]] = {
    **chat.MAKES,
    **showcase.MAKES,
    **ordering.MAKES,
}

# All that `batch_of` wants to see.
TYPES = frozenset({PersonalDataErased.tag, *(event.tag for event in (*_MAKES, *showcase.OF_STOCK))})


def batch_of(events: Iterable[Recorded], *, after: int, upto: int) -> FeedBatch:
    """What rooms learn from the `events`, which are all of `TYPES` between the two positions. Of a
    SKU's stock only the last is in it."""
    frames: list[RoomFrame] = []
    stock: dict[str, RoomFrame] = {}
    erased: list[str] = []
    for recorded in events:
        event = recorded.event
        make = _MAKES.get(type(event))
        if isinstance(event, PersonalDataErased):
            erased.append(event.user_id)
        elif isinstance(event, StockFact):
            stock[recorded.stream] = showcase.stock(recorded, event)
        elif make is not None:
            frames.append(make(recorded, event))
    told = sorted((*frames, *stock.values()), key=_position)
    return FeedBatch(after=after, upto=upto, frames=tuple(told), erased=tuple(erased))


def _position(frame: RoomFrame) -> int:
    return frame.position
