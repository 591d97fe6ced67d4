"""A room's frames as server-sent events, for clients that only read."""

import asyncio
from collections.abc import AsyncGenerator
from typing import NamedTuple

from domain.shared import Language
from infrastructure.tokens import Caller
from interfaces.http.limits import Client
from interfaces.realtime.connections import Connections
from interfaces.realtime.hub import Hub
from interfaces.realtime.member import Member
from interfaces.realtime.packet import Packet

_RETRY = b"retry: 2000\n\n"
_KEEP_ALIVE = b": still here\n\n"


class FeedSink:
    """Implements `Sink` for a client that an HTTP answer is streamed to."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.heard_at = asyncio.get_running_loop().time()
        self._parts: list[bytes] = []
        self._size = 0
        self._ended = False
        self._something = asyncio.Event()

    def push(self, packet: Packet) -> bool:
        part = packet.server_sent
        if self._size and self._size + len(part) > self.limit:
            return False
        self._add(part)
        return True

    def ping(self) -> None:
        self._add(_KEEP_ALIVE)

    def end(self, code: int, reason: str) -> None:
        """Why, as an event of its own: a feed has no close codes."""
        self._add(b'event: end\ndata: {"code":%d,"reason":"%b"}\n\n' % (code, reason.encode()))
        self._ended = True

    def abort(self) -> None:
        self._parts.clear()
        self._ended = True
        self._something.set()

    async def next(self) -> bytes | None:
        """What has come; None after the end. That it is asked for is the sign of life: the
        server asks once the client has taken most of what it was given."""
        self.heard_at = asyncio.get_running_loop().time()
        await self._something.wait()
        self._something.clear()
        parts, self._parts, self._size = self._parts, [], 0
        if self._ended:
            self._something.set()
        return b"".join(parts) or None

    def _add(self, part: bytes) -> None:
        if self._ended:
            return
        self._parts.append(part)
        self._size += len(part)
        self._something.set()


class Reader(NamedTuple):
    """`after`: the position of the last frame they have seen, if they were here before."""

    caller: Caller
    language: Language
    client: Client
    after: int | None


async def open_feed(
    hub: Hub, connections: Connections, stream_id: str, reader: Reader
) -> AsyncGenerator[bytes, None]:
    """Joins, and gives what is to be streamed: the frames of the WebSocket, each event's `id` the
    position it comes to. It ends with the reader's token or session, and when they are too slow.

    Raises what `Hub.join` raises, and `TooManyConnections`.
    """
    events = _events(hub, connections, stream_id, reader)
    await anext(events)  # once it has begun, its end is seen to, even if nobody ever reads it
    return events


async def _events(
    hub: Hub, connections: Connections, stream_id: str, reader: Reader
) -> AsyncGenerator[bytes, None]:
    """Nothing at first: they are in."""
    person = connections.of_person(reader.caller.user_id)
    with connections.from_address(reader.client), person:
        sink = FeedSink(hub.limits.buffer_bytes)
        member = Member(reader.caller, reader.language, sink)
        room = await hub.join(stream_id, member, reader.after)
        try:
            yield b""
            yield _RETRY
            while (part := await sink.next()) is not None:
                yield part
        finally:
            hub.leave(room, member)
