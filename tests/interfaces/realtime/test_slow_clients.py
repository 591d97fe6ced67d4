"""Who does not read, or is no longer there, costs the others nothing and is let go."""

import asyncio
import time
from collections.abc import Callable

import pytest

from infrastructure.settings import Settings
from infrastructure.tokens import User
from interfaces.realtime.room import LiveRoom
from tests.interfaces.realtime.test_hostile import RawClient, raw
from tests.interfaces.realtime.test_room import shown
from tests.support.eventually import eventually
from tests.support.http import BASE, Api, running_api
from tests.support.room_client import connected, in_room

pytestmark = pytest.mark.services

_BUFFER = 16_384
_AT_ONCE = 10
_UNLIMITED = {
    "LIVE_CHAT_MESSAGES": "0",
    "LIVE_ROOM_FRAMES_PER_SECOND": "0",
    "LIVE_ROOM_SHOWN_PER_SECOND": "0",
    "LIVE_CHAT_ROOM_PER_SECOND": "0",
}


def room_of(api: Api, stream_id: str) -> LiveRoom:
    (room,) = [room for room in api.hub.rooms if room.stream_id == stream_id]
    return room


async def test_who_never_reads_is_dropped_and_delays_nobody(
    settings: Callable[..., Settings],
) -> None:
    async with running_api(settings(LIVE_ROOM_BUFFER_BYTES=str(_BUFFER), **_UNLIMITED)) as api:
        stream_id, host = await shown(api)
        async with (
            in_room(api, stream_id, host) as (client, _),
            raw(api, stream_id, await api.token("Lin Mei")) as slow,
        ):
            await eventually(lambda: len(room_of(api, stream_id).members) == 2)
            longest, said = 0.0, 0
            while len(room_of(api, stream_id).members) == 2:
                began = time.monotonic()
                for ref in range(said, said + _AT_ONCE):
                    await client.send("send", ref=f"{ref}", text="字" * 400)
                await client.messages(_AT_ONCE)
                longest = max(longest, time.monotonic() - began)
                said += _AT_ONCE
                assert said < 1000
            assert longest < 5.0  # who waited for the slow one would wait until it is dropped
            await client.say("on we go")
            await client.until("message", text="on we go")
            assert await slow.close_code() == 4008


async def _pings(client: RawClient) -> int:
    """How many came until the server ended the connection."""
    async with asyncio.timeout(20):
        return len([1 async for opcode, _ in client.frames() if opcode == 0x9])


async def test_who_gives_no_sign_of_life_is_asked_once_and_cut_off(
    settings: Callable[..., Settings],
) -> None:
    mine = settings(LIVE_ROOM_PING_SECONDS="1.5", LIVE_ROOM_PONG_SECONDS="1.5")
    async with running_api(mine) as api:
        stream_id, host = await shown(api)
        async with (
            in_room(api, stream_id, host, autoping=True) as (client, _),
            raw(api, stream_id, await api.token("Lin Mei")) as dead,
        ):
            alive = asyncio.create_task(client.until("message"))  # reads, and so answers pings
            assert await _pings(dead) == 1
            assert len(room_of(api, stream_id).members) == 1
            await client.send("send", ref="r", text="still here")
            assert (await alive)["text"] == "still here"


async def test_a_token_that_runs_out_ends_the_connection_unless_it_is_renewed(
    settings: Callable[..., Settings],
) -> None:
    mine = settings(LIVE_ROOM_PING_SECONDS="0.2", LIVE_ACCESS_TOKEN_SECONDS="30")
    async with running_api(mine) as api:
        stream_id, _ = await shown(api)
        guest = {"market": "TW", "language": "en"}
        user = (await api.client.post(f"{BASE}/auth/guest", json=guest)).json()["user"]
        token = await _short_lived(api, user["id"])
        async with in_room(api, stream_id, token) as (client, _):
            assert await client.close_code() == 4401
        async with in_room(api, stream_id, await _short_lived(api, user["id"])) as (client, _):
            renewed = await client.ask(
                "token", ref="r", token=await _short_lived(api, user["id"], 60)
            )
            assert renewed["expires_in"] > 50
            (member,) = room_of(api, stream_id).members
            assert member.caller.expires_at > time.time() + 50


async def _short_lived(api: Api, user_id: str, seconds: int = 2) -> str:
    user = User(id=user_id, name="Lin Mei", roles=("viewer",), market="TW", language="en")
    return (await api.platform.tokens.issue(user, seconds=seconds)).text


async def test_a_stopping_server_sends_everybody_elsewhere_spread_over_time(
    settings: Callable[..., Settings],
) -> None:
    async with running_api(settings()) as api:
        stream_id, host = await shown(api)
        async with (
            in_room(api, stream_id, host) as (one, _),
            in_room(api, stream_id, await api.token("Lin Mei")) as (two, _),
        ):
            draining = asyncio.create_task(api.hub.drain(0.5))
            for client in (one, two):
                assert 0 <= (await client.until("reconnect"))["in_seconds"] <= 0.5
                assert await client.close_code() == 1012
            await draining
            async with connected(api, stream_id, host) as late:
                assert (await late.next())["type"] == "reconnect"
                assert await late.close_code() == 1012


async def test_while_no_command_is_taken_the_connection_stays_and_says_when_to_try_again(
    settings: Callable[..., Settings],
) -> None:
    async with running_api(settings()) as api:
        stream_id, host = await shown(api)
        async with in_room(api, stream_id, host) as (client, _):
            await api.platform.bus.stop()
            error = await client.say("hello?")
            assert error["code"] == "overloaded"
            assert error["retry_after"] == 1
            await client.told()
