"""Reads from the log what a room needs that it has not heard: its beginning, gaps, and what a
viewer who was long away has missed."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Protocol

import structlog

from application.ports import EventLog
from application.processes.rooms import Rooms
from domain.chat.errors import RoomClosedError
from domain.inventory.deciding import SKU
from domain.showcase.deciding import SHOWCASE
from domain.streaming.deciding import LIVE_STREAM
from infrastructure.faults import fault_text
from infrastructure.realtime.history import RoomHistory, is_erased
from interfaces.realtime.offers import RoomOffers
from interfaces.realtime.picture import GONE, Beginning
from interfaces.realtime.room import LiveRoom
from interfaces.realtime.rules import RoomRules
from interfaces.realtime.tail import KEPT
from projections.chat.frames import RoomFrame, frames_of
from projections.chat.messages import MESSAGES
from projections.projection import Views
from projections.showcase.frames import StockLevel

_RETRY_SECONDS = 1.0
_PATIENCE_SECONDS = 3.0  # the feed reads the log itself after half a second of silence
_log = structlog.get_logger("live.room")


class Reading(Protocol):
    """A room that is being read. Reading that ends before `wanted` leaves a gap."""

    stream_id: str
    wanted: int


class RoomReader:
    """Methods raise `LogUnavailable`, or what a database that is away raises."""

    def __init__(self, *, log: EventLog, history: RoomHistory, rooms: Rooms, views: Views) -> None:
        self._log = log
        self._history = history
        self._rooms = rooms
        self._views = views

    async def open(self, room: Reading) -> Beginning:
        """For the first who comes in here. Raises `RoomNotFoundError`."""
        with suppress(RoomClosedError):  # it was over before anybody came: nothing was said
            await self._rooms.open(room.stream_id)
        return await self._begin(room)

    async def heal(self, room: LiveRoom) -> None:
        """After a gap in what it heard. Where too much was missed, it begins anew."""
        while True:
            try:
                await self._go_on(room)
            except Exception as error:  # noqa: BLE001 - the log is away; rooms stay
                _log.warning("room_waits_for_log", error=fault_text(error))
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                return

    async def _go_on(self, room: LiveRoom) -> None:
        while (missed := await self._history.since(room.stream_id, room.reached, KEPT)) is not None:
            offers = await self._offers(room.stream_id)
            if missed[1] >= room.wanted:
                room.renew_offers(offers)
                room.go_on(*missed)
                return
        room.begin_anew(await self._begin(room))

    async def _begin(self, room: Reading) -> Beginning:
        """Rules and status are read after the frames: they may be ahead of them, never behind."""
        while True:
            frames, upto = await self._history.tail(room.stream_id, KEPT, private=True)
            show = await self._log.load(LIVE_STREAM, LIVE_STREAM.stream(room.stream_id))
            state = (await self._history.room(room.stream_id)).state
            offers = await self._offers(room.stream_id)
            if upto >= room.wanted:  # it may have grown meanwhile
                return Beginning(RoomRules(state, show.state), frames, upto, offers)

    async def _offers(self, stream_id: str) -> RoomOffers:
        loaded = await self._log.load(SHOWCASE, SHOWCASE.stream(stream_id))
        return RoomOffers(loaded, await self.stock(RoomOffers(loaded).unknown))

    async def stock(self, skus: Iterable[str]) -> list[StockLevel]:
        """How much there is of each now, or was a moment ago."""
        names = tuple(skus)
        loaded = await asyncio.gather(*(self._log.load(SKU, SKU.stream(sku)) for sku in names))
        return [
            StockLevel(sku=sku, version=one.version, available=one.state.available)
            for sku, one in zip(names, loaded, strict=True)
        ]

    async def missed(self, room: LiveRoom, after: int) -> list[RoomFrame] | None:
        """Every frame beyond `after` up to where the room's members stand as this returns.

        None: that cannot be told, since it is too much or `after` lies in the future.
        """
        if after > room.flushed and not await self._come_to(room, after):
            return None
        tail = room.tail
        if after >= tail.begins_after:
            return tail.beyond(after, room.flushed)
        found = await self._history.since(room.stream_id, after, KEPT)
        tail = room.tail
        if found is None or found[1] < tail.begins_after:
            return None
        frames, upto = found
        known = [frame for frame in frames if frame.position <= room.flushed]
        return room.readable(known) + tail.beyond(upto, room.flushed)

    async def look_at_ban(self, room: LiveRoom, user_id: str) -> None:
        """It may have been lifted a moment ago, and be heard of here a moment later."""
        if user_id not in (await self._history.room(room.stream_id)).state.banned:
            room.rules.banned.discard(user_id)

    async def _come_to(self, room: LiveRoom, after: int) -> bool:
        """Whoever was connected elsewhere may know more than this process has heard yet."""
        if after > room.reached and after > await self._log.head():
            return False
        return await room.come_to(after, _PATIENCE_SECONDS)

    async def pinned(self, message_id: str) -> bytes | None:
        """The frame's body of a message said long ago, `GONE` where that is removed or its author
        erased; None: it is not known yet."""
        found = (await self._views.get(MESSAGES, message_id)).value
        if found is None:
            return None
        if found.removed:
            return GONE
        said = await self._log.read(found.position - 1, limit=1)
        left = (one for one in said if not is_erased(one))
        return next((bytes(frame.body) for one in left for frame in frames_of(one)), GONE)
