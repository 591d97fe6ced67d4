"""Puts the realtime edge together from a platform."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from infrastructure.realtime.history import RoomHistory
from infrastructure.settings import Settings
from interfaces.http.auth import Doorkeeper
from interfaces.http.limits import RateLimiter
from interfaces.platform import Platform
from interfaces.realtime.connections import Connections
from interfaces.realtime.conversation import RoomServices
from interfaces.realtime.counts import Counts
from interfaces.realtime.endpoint import RoomEndpoint
from interfaces.realtime.hub import Hub
from interfaces.realtime.reader import RoomReader
from interfaces.realtime.room import RoomLimits
from interfaces.realtime.upkeep import Patience, Upkeep


@asynccontextmanager
async def open_hub(platform: Platform) -> AsyncIterator[Hub]:
    """Started; one a process. Raises `LogUnavailable`."""
    reader = RoomReader(
        log=platform.log,
        history=RoomHistory(platform.log),
        rooms=platform.services.rooms,
        views=platform.views,
    )
    counts = Counts(platform.presence, platform.reactions)
    settings = platform.settings
    limits = RoomLimits(
        tick_seconds=settings.room_tick_ms / 1000,
        shown_per_second=settings.room_shown_per_second,
        buffer_bytes=settings.room_buffer_bytes,
    )
    hub = Hub(platform.feed, reader, counts, limits)
    patience = Patience(settings.room_ping_seconds, settings.room_pong_seconds)
    upkeep = Upkeep(hub, reader, counts, sessions=platform.session_watch, patience=patience)
    await hub.start()
    await upkeep.start()
    try:
        yield hub
    finally:
        await upkeep.stop()
        await hub.stop()


def open_connections(settings: Settings) -> Connections:
    """One a process, for WebSockets and feeds together."""
    return Connections(
        per_person=settings.room_connections_per_person,
        per_address=settings.room_connections_per_address,
    )


def open_endpoint(
    platform: Platform,
    hub: Hub,
    doorkeeper: Doorkeeper,
    limiter: RateLimiter,
    connections: Connections,
) -> RoomEndpoint:
    settings = platform.settings
    services = RoomServices(platform.services.chat, doorkeeper, settings.room_frames_per_second)
    return RoomEndpoint(hub, services, limiter, connections, _origins(settings))


def _origins(settings: Settings) -> frozenset[str]:
    """Our own pages are at the public address, whatever host a proxy asks us for."""
    return frozenset((*settings.allowed_origins, settings.public_url)) - {""}
