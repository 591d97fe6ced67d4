"""People in a live room, by a WebSocket library that is not the server's.

They come back when they are cut off, with the position they had reached, and say again what was
not acknowledged, as a client app does.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import aiohttp
import msgspec

_PAUSE_SECONDS = 0.1
_PATIENCE_SECONDS = 60.0


class Viewer:
    """`servers` are addresses of which one is tried after the other.

    `seen` has the positions of all messages in the order they came; `gaps` counts the times that
    a position could not be recovered from; `said` has what was acknowledged, text by position.
    """

    def __init__(self, servers: Sequence[str], stream_id: str, token: str) -> None:
        self._servers = list(servers)
        self._stream_id = stream_id
        self._token = token
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._connected = asyncio.Event()
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._stopping = False
        self.reached = 0
        self.seen: list[int] = []
        self.texts: dict[int, str] = {}
        self.gaps = 0
        self.connections = 0
        self.viewers = 0
        self.said: dict[int, str] = {}

    @property
    def is_here(self) -> bool:
        return self._connected.is_set()

    async def run(self) -> None:
        async with aiohttp.ClientSession() as session:
            while not self._stopping:
                try:
                    await self._stay(session)
                except (aiohttp.ClientError, OSError):
                    pass
                finally:
                    self._connected.clear()
                self._servers.append(self._servers.pop(0))
                await asyncio.sleep(_PAUSE_SECONDS)

    async def stop(self) -> None:
        self._stopping = True
        if self._socket is not None:
            await self._socket.close()

    async def say(self, ref: str, text: str) -> dict[str, Any]:
        """The acknowledgement, or the error, in the end; said again until there is one."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                await self._connected.wait()
                answered = self._waiting.setdefault(ref, asyncio.get_running_loop().create_future())
                await self._send({"type": "send", "ref": ref, "text": text})
                done, _ = await asyncio.wait({answered}, timeout=2)
                if done:
                    answer = self._waiting.pop(ref).result()
                    if answer["type"] == "ack":
                        self.said[answer["position"]] = text
                        return answer
                    if answer["code"] not in {"log_unavailable", "overloaded"}:
                        return answer

    async def _send(self, frame: dict[str, Any]) -> None:
        if self._socket is not None and not self._socket.closed:
            try:
                await self._socket.send_str(msgspec.json.encode(frame).decode())
            except (aiohttp.ClientError, OSError):
                return

    async def _stay(self, session: aiohttp.ClientSession) -> None:
        url = f"{self._servers[0]}/api/v1/streams/{self._stream_id}/room?token={self._token}"
        if self.reached:
            url += f"&after={self.reached}"
        async with session.ws_connect(url) as socket:
            self._socket = socket
            self.connections += 1
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    heard = msgspec.json.decode(message.data)
                    for frame in heard if isinstance(heard, list) else [heard]:
                        self._hear(frame)

    def _hear(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "welcome":
                self.gaps += bool(self.reached) and not frame["recovered"]
                self._connected.set()
            case "message":
                self.seen.append(frame["position"])
                self.texts[frame["position"]] = frame["text"]
            case "viewers":
                self.viewers = frame["count"]
            case "ack" | "error" if answered := self._waiting.get(frame.get("ref") or ""):
                if not answered.done():
                    answered.set_result(frame)
            case _:
                pass
        if frame["type"] != "ack":
            self.reached = max(self.reached, frame.get("position") or 0)
