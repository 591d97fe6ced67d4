"""Wires the live room's parts: what carries its frames, and what it has been told before."""

from infrastructure.read_models.projector import Projector
from infrastructure.realtime.feed import RoomFeed
from infrastructure.realtime.relay import Relay
from interfaces.bootstrap.parts import Parts


def room_feed(parts: Parts) -> RoomFeed:
    return RoomFeed(parts.store.log, parts.redis, prefix=parts.settings.redis_prefix)


def room_relay(parts: Parts, projector: Projector) -> Relay:
    """It reads what the projector reads, once for both."""
    return Relay(projector.pages, parts.redis, prefix=parts.settings.redis_prefix)
