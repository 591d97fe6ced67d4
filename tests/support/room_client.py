"""Somebody in a live room, by a WebSocket library that is not the server's."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec

from tests.support.http import BASE, Api

Frame = dict[str, Any]
_PATIENCE_SECONDS = 10.0


class RoomClient:
    """Frames one by one, as they came; arrays are taken apart. `position` is what the docs say
    to come back with, of the frames taken so far."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self._frames: deque[Frame] = deque()
        self.position = 0

    async def next(self) -> Frame:
        while not self._frames:
            text = await self.socket.receive_str(timeout=_PATIENCE_SECONDS)
            found = msgspec.json.decode(text)
            self._frames.extend(found if isinstance(found, list) else [found])
        frame = self._frames.popleft()
        if frame["type"] != "ack":
            self.position = max(self.position, frame.get("position", 0))
        return frame

    async def until(self, kind: str, /, **fields: Any) -> Frame:
        """The next of that type with those fields; what comes before it is dropped."""
        while True:
            frame = await self.next()
            if frame["type"] == kind and fields.items() <= frame.items():
                return frame

    async def messages(self, count: int) -> list[Frame]:
        return [await self.until("message") for _ in range(count)]

    async def send(self, kind: str, /, **fields: Any) -> None:
        await self.socket.send_json({"type": kind, **fields})

    async def say(self, text: str, ref: str | None = None, **fields: Any) -> Frame:
        """The acknowledgement. Other frames meanwhile are kept."""
        return await self.ask("send", ref=ref or text, text=text, **fields)

    async def ask(self, kind: str, /, *, ref: str, **fields: Any) -> Frame:
        """The answer to `ref`: an `ack` or an `error`. Other frames meanwhile are kept."""
        await self.send(kind, ref=ref, **fields)
        kept = []
        while True:
            frame = await self.next()
            if frame["type"] in {"ack", "error", "token"} and frame.get("ref") == ref:
                self._frames.extendleft(reversed(kept))
                return frame
            kept.append(frame)

    async def told(self) -> list[Frame]:
        """All that had been sent before our `ping` was answered."""
        await self.send("ping")
        frames = []
        while (frame := await self.next())["type"] != "pong":
            frames.append(frame)
        return frames

    async def close_code(self) -> int | None:
        """Reads on to the end."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not self.socket.closed:
                await self.socket.receive()
        return self.socket.close_code


@asynccontextmanager
async def connected(
    api: Api, stream_id: str, token: str | None = None, **options: Any
) -> AsyncIterator[RoomClient]:
    """`options`: `after`, and those of aiohttp."""
    after, query = options.pop("after", None), {}
    if token is not None:
        query["token"] = token
    if after is not None:
        query["after"] = str(after)
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(
            f"{api.url}{BASE}/streams/{stream_id}/room", params=query, **options
        ) as socket,
    ):
        yield RoomClient(socket)


@asynccontextmanager
async def in_room(
    api: Api, stream_id: str, token: str, **options: Any
) -> AsyncIterator[tuple[RoomClient, Frame]]:
    """Welcomed; with the welcome."""
    async with connected(api, stream_id, token, **options) as client:
        welcome = await client.next()
        assert welcome["type"] == "welcome", welcome
        yield client, welcome
