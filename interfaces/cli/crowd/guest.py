"""One simulated viewer: comes in as a guest, watches a room, speaks, reacts, comes back."""

import asyncio
import contextlib
import json
from http import HTTPStatus
from random import Random
from time import monotonic
from typing import Any
from uuid import uuid4

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from interfaces.cli.crowd import phrases
from interfaces.cli.crowd.figures import Figures

_TIMEOUT_SECONDS = 30.0
_TOKEN_OVER = 4401
_BANNED = 4403
_NO_SUCH_ROOM = 4404
_BROKEN_OFF = 1006  # no close frame came (RFC 6455 §7.4.1)
_BACK_SECONDS = 4.0
_RENEWED_AT = 0.8  # of a token's life


class Shut(Exception):
    """The server lets nobody into this room. The text is one line."""


class _SentHome(Exception):
    """This guest is let in no more."""


class Server:
    """`address` is the server's, such as http://127.0.0.1:8000."""

    def __init__(self, address: str, stream_id: str) -> None:
        self.address = address
        self.api = httpx.AsyncClient(base_url=f"{address}/api/v1", timeout=_TIMEOUT_SECONDS)
        self._room = f"ws{address.removeprefix('http')}/api/v1/streams/{stream_id}/room"

    def room(self, token: str, after: int | None) -> connect:
        came_before = "" if after is None else f"&after={after}"
        return connect(f"{self._room}?token={token}{came_before}", compression=None)


class Guest:
    """After `sign_in`, `watch` goes on until it is cancelled; meanwhile the guest can speak."""

    def __init__(self, server: Server, figures: Figures, chance: Random) -> None:
        self.language = phrases.language(chance)
        self._name = phrases.name(chance, self.language)
        self._server = server
        self._figures = figures
        self._chance = chance
        self._tokens: dict[str, Any] = {}
        self._room: ClientConnection | None = None
        self._position: int | None = None
        self._welcomed_at = 0
        self._waiting: dict[str, float] = {}

    @property
    def is_present(self) -> bool:
        return self._room is not None

    @property
    def user_id(self) -> str:
        """Once signed in."""
        return str(self._tokens["user"]["id"])

    async def sign_in(self) -> None:
        """Waits as long as it is told to. Raises `Shut`."""
        path, body = self._arrival()
        try:
            while True:
                answer = await self._server.api.post(path, json=body)
                if answer.status_code != HTTPStatus.TOO_MANY_REQUESTS:
                    break
                self._figures.waits += 1
                await asyncio.sleep(float(answer.headers.get("retry-after", "5")))
            self._tokens = answer.raise_for_status().json()
        except httpx.HTTPError as problem:
            raise Shut(f"{self._server.address} lets no guest in: {problem}") from problem

    async def watch(self) -> None:
        """Comes back whenever it is cut off, until it is banned: then it returns. Raises `Shut`."""
        renewing = asyncio.create_task(self._keep_renewed())
        try:
            while True:
                await self._stay_until_cut_off()
                await asyncio.sleep(self._chance.uniform(0.2, _BACK_SECONDS))
        except _SentHome:
            return
        finally:
            renewing.cancel()

    async def say(self, text: str) -> None:
        ref = uuid4().hex
        self._waiting[ref] = monotonic()
        await self._send(type="send", ref=ref, text=text)

    async def react(self, kind: str, count: int) -> None:
        self._figures.reactions += count
        await self._send(type="react", kind=kind, count=count)

    def _arrival(self) -> tuple[str, dict[str, Any]]:
        """How this one signs in: where, and with what."""
        market = phrases.MARKET[self.language]
        return "/auth/guest", {"market": market, "language": self.language, "name": self._name}

    async def _stay_until_cut_off(self) -> None:
        try:
            await self._stay()
        except ConnectionClosed as end:
            code = end.rcvd.code if end.rcvd else _BROKEN_OFF
            self._figures.lost[str(code)] += 1
            if code == _NO_SUCH_ROOM:
                raise Shut(f"a viewer was turned away: {end}") from end
            if code == _BANNED:
                raise _SentHome from end
            if code == _TOKEN_OVER:
                await self._sign_in_again()
        except (OSError, InvalidHandshake):
            self._figures.lost["unreachable"] += 1

    async def _stay(self) -> None:
        async with self._server.room(self._tokens["access_token"], self._position) as room:
            self._room = room
            self._figures.come()
            try:
                async for frame in room:
                    found = json.loads(frame)
                    for each in found if isinstance(found, list) else [found]:
                        self._hear(each)
            finally:
                self._room = None
                self._waiting.clear()
                self._figures.leave()

    def _hear(self, frame: dict[str, Any]) -> None:
        """What was said before the guest came in does not count as shown. An acknowledgement is
        ahead of what others said, so its position is not one to come back with."""
        position: int = frame.get("position", 0)
        if position and frame["type"] != "ack":
            self._position = max(position, self._position or 0)
        match frame["type"]:
            case "welcome":
                self._welcomed_at = position
            case "message" if position > self._welcomed_at:
                self._figures.shown += 1
            case "viewers":
                self._figures.counted = frame["count"]
            case "ack" if (sent := self._waiting.pop(frame["ref"], None)) is not None:
                self._figures.acknowledged(monotonic() - sent)
            case "error":
                self._waiting.pop(frame.get("ref") or "", None)
                self._figures.refused[frame["code"]] += 1

    async def _send(self, **frame: object) -> None:
        if self._room is not None:
            with contextlib.suppress(ConnectionClosed):  # `watch` sees it too
                await self._room.send(json.dumps(frame))

    async def _keep_renewed(self) -> None:
        """An access token lives minutes; the room takes a new one without a new connection."""
        while True:
            await asyncio.sleep(self._tokens["expires_in"] * _RENEWED_AT)
            with contextlib.suppress(httpx.HTTPError):
                await self._renew()
                await self._send(type="token", token=self._tokens["access_token"])

    async def _sign_in_again(self) -> None:
        """As somebody new, where the session is over too."""
        try:
            await self._renew()
        except httpx.HTTPError:
            await self.sign_in()

    async def _renew(self) -> None:
        body = {"refresh_token": self._tokens["refresh_token"]}
        answer = await self._server.api.post("/auth/refresh", json=body)
        self._tokens = answer.raise_for_status().json()
