"""Several processes that serve one shop, the log they write, and the host's client."""

from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import msgspec

from interfaces.bench.shop.stalls import Keeper
from tests.support.serving import LiveServer

_WIDE = {
    "LIVE_RATE_LIMIT_PER_MINUTE": "0",
    "LIVE_SIGN_IN_LIMIT_PER_ADDRESS": "0",
    "LIVE_ACCESS_TOKEN_SECONDS": "3600",
}


@contextmanager
def shop_servers(
    folder: Path, settings: Mapping[str, str], *, more: int
) -> Iterator[list[LiveServer]]:
    """Everything, and beside it so many processes that only serve the API."""
    folders = [folder / str(number) for number in range(more + 1)]
    for each in folders:
        each.mkdir()
    with ExitStack() as stack:
        first = stack.enter_context(LiveServer(folders[0], {**_WIDE, **settings}))
        shared = {
            name: value
            for name, value in first.environ.items()
            if name.startswith("LIVE_") or name == "VAR_DIR"
        }
        others = [LiveServer(each, shared, role="api") for each in folders[1:]]
        with ThreadPoolExecutor() as pool:
            yield [first, *pool.map(stack.enter_context, others)]


@asynccontextmanager
async def keeping(server: LiveServer) -> AsyncIterator[tuple[Keeper, aiohttp.ClientSession]]:
    """Who sells, and connections for those who buy."""
    token = server.live("token", "--role", "host", "--role", "merchant").split()[-1]
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx.AsyncClient(base_url=f"{server.url}/api/v1", headers=headers, timeout=20) as client,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
    ):
        yield Keeper(client), session


class Log:
    """The whole log, as an auditor exports it."""

    def __init__(self, server: LiveServer) -> None:
        lines = server.live("events", "export", "--to", "-").splitlines()
        self.events = [msgspec.json.decode(line) for line in lines]
        assert [event["position"] for event in self.events] == list(range(1, len(lines) + 1))
        assert "intact" in server.live("events", "verify")

    @property
    def head(self) -> int:
        return len(self.events)

    def of(self, tag: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == tag]

    def field(self, tag: str, name: str) -> list[Any]:
        return [event["payload"][name] for event in self.of(tag)]

    def commands(self, tag: str) -> list[str]:
        return [event["command_id"] for event in self.of(tag)]
