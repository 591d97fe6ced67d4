"""A whole server that is told to stop while people watch."""

import asyncio
from pathlib import Path

import aiohttp
import httpx
import pytest

from tests.support.http import BASE
from tests.support.room_client import RoomClient
from tests.support.serving import LiveServer

pytestmark = [pytest.mark.services, pytest.mark.system]


async def test_viewers_are_sent_elsewhere_before_the_server_ends(tmp_path: Path) -> None:
    server = LiveServer(tmp_path, {"LIVE_ROOM_DRAIN_SECONDS": "0.3"})
    await asyncio.to_thread(server.start)
    try:
        stream_id, token = await _show(server.url)
        room = f"{server.url}{BASE}/streams/{stream_id}/room?token={token}"
        async with aiohttp.ClientSession() as session, session.ws_connect(room) as socket:
            client = RoomClient(socket)
            await client.until("welcome")
            stopping = asyncio.create_task(asyncio.to_thread(server.stop))
            await client.until("reconnect")
            assert await client.close_code() == 1012
            await stopping
        assert "Traceback" not in server.output
        assert token not in server.output
    finally:
        server.kill()


async def _show(url: str) -> tuple[str, str]:
    async with httpx.AsyncClient(base_url=url + BASE, timeout=30) as http:
        body = {"name": "Host", "roles": ["host"]}
        token = (await http.post("/auth/dev", json=body)).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        show = {"title": "Test Stream", "description": "Testing"}
        return (await http.post("/streams", json=show, headers=headers)).json()["id"], token
