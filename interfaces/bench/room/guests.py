"""A show, and guests to come into its room: by the public API, as apps do it."""

import asyncio
from collections.abc import Iterator

import httpx

from interfaces.bench.servers import HOST, Deployment, live

_AT_ONCE = 64
_TIMEOUT_SECONDS = 30.0
_GUEST = {"market": "TW", "language": "zh-TW"}


async def room_paths(deployment: Deployment, guests: int, stream_id: str = "") -> list[str]:
    """The room's address for each of so many guests, of a new show where none is given."""
    url = f"http://{HOST}:{deployment.port}/api/v1"
    async with httpx.AsyncClient(base_url=url, timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
        if not stream_id:
            stream_id = await _scheduled(client, deployment)
        waiting, tokens = iter(range(guests)), list[str]()
        await asyncio.gather(*(_come_in(client, waiting, tokens) for _ in range(_AT_ONCE)))
    return [f"/api/v1/streams/{stream_id}/room?token={token}" for token in tokens]


async def _scheduled(client: httpx.AsyncClient, deployment: Deployment) -> str:
    token = (await live(deployment.environ, "token", "--role", "host")).split()[-1]
    answer = await client.post(
        "/streams",
        json={"title": "Test Stream", "description": "Testing"},
        headers={"Authorization": f"Bearer {token}"},
    )
    stream_id: str = answer.raise_for_status().json()["id"]
    return stream_id


async def _come_in(client: httpx.AsyncClient, waiting: Iterator[int], tokens: list[str]) -> None:
    for _ in waiting:
        answer = await client.post("/auth/guest", json=_GUEST)
        tokens.append(answer.raise_for_status().json()["access_token"])
