"""Serves over HTTP and WebSocket until it is told to stop."""

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import uvicorn

_SILENT_SECONDS = 30


class CannotListen(Exception):
    """The address is taken or may not be used. The text is one line."""


class _Server(uvicorn.Server):
    """Leaves signals alone: the role handles them, for all its parts."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def claim_port(host: str, port: int, *, setting: str = "PORT") -> socket.socket:
    """Claims the address without listening yet, so that a role that cannot serve ends before it
    has started anything. Raises `CannotListen`, which names `setting`,
    or HOST where no port would do."""
    claimed = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    claimed.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    _notice_the_dead(claimed)
    try:
        claimed.bind((host, port))
    except (OSError, OverflowError, UnicodeError) as error:
        claimed.close()
        named = "HOST" if _blames_host(error) else setting
        raise CannotListen(f"{named}: cannot listen on {host} port {port}: {error}") from error
    return claimed


def _notice_the_dead(listening: socket.socket) -> None:
    """Connections inherit it: a peer that is gone without a word, or takes nothing any more, is
    cut off by the kernel. An event feed has no other way to know."""
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        ("TCP_KEEPIDLE", _SILENT_SECONDS),
        ("TCP_KEEPINTVL", _SILENT_SECONDS // 3),
        ("TCP_USER_TIMEOUT", 2 * _SILENT_SECONDS * 1000),  # ms, RFC 5482
    ):
        if hasattr(socket, option):  # macOS has not all of them
            listening.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


def _blames_host(error: Exception) -> bool:
    """Not a name or an address at all, or not one of this machine's."""
    if isinstance(error, socket.gaierror | UnicodeError):
        return True
    return isinstance(error, OSError) and error.errno == errno.EADDRNOTAVAIL


async def _nothing() -> None:
    return None


async def serve_http(
    config: uvicorn.Config,
    on: socket.socket,
    stop: asyncio.Event,
    drain: Callable[[], Awaitable[None]] = _nothing,
) -> None:
    """Returns after `stop`, once `drain` is done while all is still served, and then the requests
    under way are answered or their time is over."""
    server = _Server(config)
    serving = asyncio.create_task(server.serve([on]))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not serving.done():
        await drain()
    server.should_exit = True
    await serving
