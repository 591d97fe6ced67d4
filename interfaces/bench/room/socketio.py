"""Socket.IO's own server, the baseline: installed with npm, run with node."""

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from interfaces.bench.servers import ANY_CORE, HOST, Cores, free_port, running

_SOURCE = Path(__file__).parent.parent / "socketio"
PATH = "/socket.io/?EIO=4&transport=websocket"


class NoBaseline(Exception):
    """Socket.IO cannot be had on this machine; the text says what is missing."""


@asynccontextmanager
async def socketio_installed() -> AsyncIterator[Path]:
    """A folder with the server and what it needs. Raises `NoBaseline`."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NoBaseline("the Socket.IO baseline needs node and npm on PATH")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for source in _SOURCE.iterdir():
            shutil.copy(source, folder)
        await _install(npm, folder)
        yield folder


@asynccontextmanager
async def socketio_running(folder: Path, cores: Cores = ANY_CORE) -> AsyncIterator[int]:
    """Its port."""
    port = free_port()
    command = ["node", str(folder / "server.mjs"), HOST, str(port)]
    async with running(command, os.environ, port, cores=cores):
        yield port


async def _install(npm: str, folder: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts",
        "--loglevel=error", cwd=folder, stdout=sys.stderr,
    )  # fmt: skip
    if await process.wait():
        raise NoBaseline("npm could not install socket.io")
