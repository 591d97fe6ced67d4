"""How many watch and how many react, over all processes: told to Redis, and shown to rooms."""

from collections.abc import Sequence

from application.audience.ports import Presence, PresenceUnavailable
from application.chat.ports import ReactionsUnavailable, ReactionTotals
from domain.chat.values import ReactionKind
from interfaces.realtime import server_messages
from interfaces.realtime.room import LiveRoom


class Counts:
    """Methods raise `PresenceUnavailable` or `ReactionsUnavailable`; what was not counted then is
    lost, where it is reactions."""

    def __init__(self, presence: Presence, reactions: ReactionTotals) -> None:
        self._presence = presence
        self._reactions = reactions

    @property
    def refresh_seconds(self) -> float:
        return self._presence.refresh_seconds

    async def begin(self, room: LiveRoom) -> None:
        """So that the first to come in is told; never raises."""
        try:
            await self.show_viewers((room,))
            await self.show_reactions((room,))
        except (PresenceUnavailable, ReactionsUnavailable):
            pass

    async def tell(self, rooms: Sequence[LiveRoom]) -> None:
        if rooms:
            await self._presence.seen({room.stream_id: tuple(room.by_user) for room in rooms})

    async def show_viewers(self, rooms: Sequence[LiveRoom]) -> None:
        if not rooms:
            return
        counts = await self._presence.counts([room.stream_id for room in rooms])
        for room in rooms:
            # Who has just come in here may not have been told of yet, or is about to be let in.
            count = max(counts.get(room.stream_id, 0), len(room.by_user), 1)
            room.show("viewers", server_messages.viewers(count))

    async def add_reactions(self, rooms: Sequence[LiveRoom]) -> None:
        for room in rooms:
            counts, room.reactions = room.reactions, {}
            totals = await self._reactions.add(room.stream_id, counts, room.rules.totals)
            _show_totals(room, totals)

    async def show_reactions(self, rooms: Sequence[LiveRoom]) -> None:
        """Those that were counted elsewhere."""
        for room in rooms:
            _show_totals(room, await self._reactions.totals(room.stream_id))


def _show_totals(room: LiveRoom, totals: dict[ReactionKind, int]) -> None:
    room.rules.count(totals)
    if room.rules.totals:
        room.show("reactions", server_messages.reactions(room.rules.totals))
