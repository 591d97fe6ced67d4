"""A room without a log, a network or a clock that is waited for: frames go in, and what each
member was sent is read back."""

import asyncio
from typing import Any

import msgspec

from application.ports import Loaded
from domain.chat.room import Room
from domain.showcase.deciding import SHOWCASE
from domain.streaming.live_stream import LiveStream
from interfaces.realtime.erasures import Erasures
from interfaces.realtime.feed import FeedSink
from interfaces.realtime.member import Member
from interfaces.realtime.offers import RoomOffers
from interfaces.realtime.picture import Beginning
from interfaces.realtime.room import LiveRoom, RoomLimits
from interfaces.realtime.rules import RoomRules
from projections.chat.frames import RoomFrame
from tests.support.room_frames import ROOM

_QUIET_SECONDS = 0.3  # longer than a room ever waits with what is due
LIMITS = RoomLimits(tick_seconds=0.001, shown_per_second=0, buffer_bytes=256 * 1024)


def beginning(*frames: RoomFrame, upto: int = 0, **state: Any) -> Beginning:
    """`state`: what a `Room` has."""
    rules = RoomRules(Room(host_id="host", **state), LiveStream(host_id="host"))
    offers = RoomOffers(Loaded(state=SHOWCASE.initial, version=0))
    return Beginning(rules, frames, upto or (frames[-1].position if frames else 0), offers)


def opened(begun: Beginning | None = None, limits: RoomLimits = LIMITS) -> LiveRoom:
    return LiveRoom(ROOM, begun or beginning(), limits, lambda: 0, Erasures())


async def told(member: Member) -> list[dict[str, Any]]:
    """All that waits for them, once nothing more comes for a moment."""
    assert isinstance(member.sink, FeedSink)
    found: list[dict[str, Any]] = []
    while True:
        try:
            async with asyncio.timeout(_QUIET_SECONDS):
                part = await member.sink.next()
        except TimeoutError:
            return found
        if part is None:
            return found
        for line in part.splitlines():
            if line.startswith(b"data: "):
                read = msgspec.json.decode(line.removeprefix(b"data: "))
                found += read if isinstance(read, list) else [read]


def kinds(frames: list[dict[str, Any]]) -> list[str]:
    return [frame.get("type", "end") for frame in frames]
