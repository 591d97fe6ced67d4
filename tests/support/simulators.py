"""Runs the simulators inside a test, and takes the webhooks they send."""

import asyncio
import contextlib
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec

from infrastructure.simulators.cloudflare.courier import tls
from infrastructure.simulators.cloudflare.encoder import ffmpeg_program, picture_arguments
from infrastructure.simulators.config import SimulatorConfig
from infrastructure.simulators.serving import Simulators, running

API_TOKEN = "simulator-token"
VIDEO_SECRET = "85011ed3a913c6ad5f9cf6c5573cc0a7"  # of the docs' example
QUICK: dict[str, Any] = {
    "webhook_delay": 0.0,
    "webhook_retries": (0.05, 0.1),
    "processing_time": 0.05,
}


@contextlib.asynccontextmanager
async def running_simulators(var_dir: Path, **overrides: Any) -> AsyncIterator[Simulators]:
    """On free ports, impatient unless told otherwise."""
    async with running(SimulatorConfig(**(QUICK | {"var_dir": var_dir} | overrides))) as simulators:
        yield simulators


class Caught(msgspec.Struct, frozen=True):
    """A webhook as it arrived; header names are lower case."""

    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class WebhookCatcher:
    """Answers `status` to everything and keeps it. A bare HTTP/1.1 server: the real socket."""

    def __init__(self) -> None:
        self.caught: list[Caught] = []
        self.status = 200
        self.url = ""

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["WebhookCatcher"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
        try:
            yield self
        finally:
            server.close()

    def events(self) -> list[str]:
        return [one.json["data"]["event_type"].partition(".")[2] for one in self.caught]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.caught.append(Caught(headers, body))
        writer.write(
            f"HTTP/1.1 {self.status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode()
        )
        await writer.drain()
        writer.close()


def api_client(simulators: Simulators) -> httpx.AsyncClient:
    """Authorised, at the account's stream address."""
    return httpx.AsyncClient(
        base_url=f"{simulators.url}/client/v4/accounts/{simulators.config.account_id}/stream",
        headers={"authorization": f"Bearer {API_TOKEN}"},
        trust_env=False,
        verify=tls(),
    )


def control_client(simulators: Simulators) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"{simulators.url}/_simulator", trust_env=False, verify=tls())


@contextlib.asynccontextmanager
async def encoder(target: str, *, arguments: list[str] | None = None) -> AsyncIterator[Process]:
    """An ffmpeg that pushes the test picture to `target` in real time, killed at the end."""
    process = await asyncio.create_subprocess_exec(
        ffmpeg_program(),
        *(arguments or picture_arguments(target)),
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
