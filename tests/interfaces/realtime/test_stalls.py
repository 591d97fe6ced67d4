"""What a connection has said waits while the log cannot be written to."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from sqlalchemy.engine import make_url

from infrastructure.settings import Settings
from tests.interfaces.realtime.test_connections import comes_in
from tests.interfaces.realtime.test_hostile import frame, raw
from tests.interfaces.realtime.test_room import shown
from tests.interfaces.realtime.test_slow_clients import room_of
from tests.support.eventually import eventually
from tests.support.http import Api, running_api
from tests.support.room_client import in_room

pytestmark = pytest.mark.services


@asynccontextmanager
async def stalled(api: Api) -> AsyncGenerator[None]:
    """Nothing can be appended inside. Who writes as we ask for the lock commits on our own loop,
    which must not stand still meanwhile."""
    path = make_url(api.platform.settings.database_url).database
    assert path is not None
    connection = sqlite3.connect(Path(path), isolation_level=None, check_same_thread=False)
    await asyncio.to_thread(connection.execute, "BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


async def test_who_waits_to_be_acknowledged_is_not_taken_for_gone(
    settings: Callable[..., Settings],
) -> None:
    """While they do nothing is read of them, no pong either."""
    mine = settings(LIVE_ROOM_PING_SECONDS="0.2", LIVE_ROOM_PONG_SECONDS="0.2")
    async with running_api(mine) as api:
        stream_id, host = await shown(api)
        async with in_room(api, stream_id, host, autoping=True) as (client, _):
            await client.say("before")
            (member,) = room_of(api, stream_id).members
            loop = asyncio.get_running_loop()
            async with stalled(api):
                await client.send("send", ref="r", text="meanwhile")
                await client.send("ping")
                await eventually(lambda: member.busy)
                began = loop.time()
                await eventually(lambda: loop.time() - began > 1.5)
                assert room_of(api, stream_id).members == {member}
            assert (await client.until("ack", ref="r"))["id"]
            await client.until("pong")
            began = loop.time()
            answering = asyncio.create_task(client.until("message", text="after"))
            await eventually(lambda: member.pinged_at > began)
            await client.send("send", ref="s", text="after")
            await answering


async def test_what_was_said_before_one_was_shown_out_is_not_done_any_more(
    settings: Callable[..., Settings],
) -> None:
    async with running_api(settings(LIVE_ROOM_CONNECTIONS_PER_PERSON="1")) as api:
        stream_id, host = await shown(api)
        async with raw(api, stream_id, host) as client:
            await client.text()
            room = room_of(api, stream_id)
            (member,) = room.members
            async with stalled(api):
                # In one piece, so that all of it has been read already.
                await client.send(b"".join(map(_sending, ("first", "second", "third"))))
                await eventually(lambda: member.busy)
                room.end(member, 4401, "session ended")
                assert await client.close_code() == 4401
        # Not before the first connection has come to its end.
        await eventually(lambda: comes_in(api, stream_id, host))
        async with in_room(api, stream_id, await api.token("Lin Mei")) as (again, _):
            await again.say("after")
            messages = []
            while "after" not in messages:
                messages.append((await again.until("message"))["text"])
            assert messages == ["first", "after"]


def _sending(text: str) -> bytes:
    return frame(0x1, msgspec.json.encode({"type": "send", "ref": text, "text": text}))
