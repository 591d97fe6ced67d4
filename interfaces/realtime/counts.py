"""How many watch and how many react, over all processes: told to Redis, and shown to rooms."""

import asyncio
from collections.abc import Sequence

from application.audience.ports import Presence
from application.chat.ports import ReactionTotals
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
        """So that the first to come in is told soon; nobody needs to wait for it. Never raises:
        what fails, fails at the next turn for all rooms too, and is reported there."""
        showing = (self.show_viewers((room,)), self.show_reactions((room,)))
        await asyncio.gather(*showing, return_exceptions=True)

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
        """Those that were counted elsewhere. A Redis that lost its own is told ours."""
        for room in rooms:
            shown, totals = room.rules.totals, await self._reactions.totals(room.stream_id)
            if any(count > totals.get(kind, 0) for kind, count in shown.items()):
                totals = await self._reactions.add(room.stream_id, {}, shown)
            _show_totals(room, totals)


def _show_totals(room: LiveRoom, totals: dict[ReactionKind, int]) -> None:
    room.rules.count(totals)
    if room.rules.totals:
        room.show("reactions", server_messages.reactions(room.rules.totals))
