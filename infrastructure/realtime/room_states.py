"""Rooms' states, current and cheap to ask for again: a process goes on from what it saw last.

Loading one anew decodes whatever came since its snapshot, up to a thousand messages.
"""

from collections import OrderedDict
from functools import reduce

from application.ports import EventLog, Loaded
from domain.chat.deciding import ROOM
from domain.chat.room import Room

_ROOMS = 1000
_FACTS_AT_ONCE = 500  # beyond these, the snapshot is nearer


class RoomStates:
    """Methods raise `LogUnavailable`."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._seen: OrderedDict[str, Loaded[Room]] = OrderedDict()

    async def room(self, stream_id: str) -> Loaded[Room]:
        """As of now; version 0: nobody has opened it."""
        seen = self._seen.get(stream_id)
        now = await (self._loaded(stream_id) if seen is None else self._since(stream_id, seen))
        if now.version:
            self._remember(stream_id, now)
        return now

    async def _loaded(self, stream_id: str) -> Loaded[Room]:
        return await self._log.load(ROOM, ROOM.stream(stream_id))

    async def _since(self, stream_id: str, seen: Loaded[Room]) -> Loaded[Room]:
        facts = await self._log.read_stream(
            ROOM.stream(stream_id), after_version=seen.version, limit=_FACTS_AT_ONCE
        )
        if len(facts) == _FACTS_AT_ONCE:
            return await self._loaded(stream_id)
        state = reduce(ROOM.evolve, (fact.event for fact in facts), seen.state)
        return Loaded(state, seen.version + len(facts))

    def _remember(self, stream_id: str, now: Loaded[Room]) -> None:
        self._seen[stream_id] = now
        self._seen.move_to_end(stream_id)
        if len(self._seen) > _ROOMS:
            self._seen.popitem(last=False)
