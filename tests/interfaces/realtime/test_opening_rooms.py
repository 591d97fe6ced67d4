"""Rooms that are being read, while the feed goes on and people wait to be let in."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from domain.chat.commands import SendChatMessage
from infrastructure.ids import new_id
from infrastructure.realtime.history import RoomHistory
from infrastructure.realtime.presence import RedisPresence
from infrastructure.realtime.reactions import RedisReactionTotals
from infrastructure.settings import Settings
from interfaces.realtime.counts import Counts
from interfaces.realtime.hub import Hub
from interfaces.realtime.reader import RoomReader
from projections.chat.frames import FeedBatch
from tests.interfaces.realtime.test_room import shown
from tests.support.eventually import eventually
from tests.support.http import Api, running_api
from tests.support.room_client import in_room
from tests.support.room_members import somebody
from tests.support.room_rig import LIMITS, kinds, told

pytestmark = [pytest.mark.services, pytest.mark.asyncio(loop_scope="module")]


async def said(api: Api, stream_id: str, text: str, by: str) -> None:
    """As somebody connected elsewhere does."""
    command = SendChatMessage(
        stream_id=stream_id, message_id=new_id(), by=by, name="Somebody", text=text,
        language="en", now=datetime.now(UTC),
    )  # fmt: skip
    await api.reported(command)


async def talked_in(api: Api) -> str:
    """A show whose room nobody here is in yet."""
    stream_id, _ = await shown(api)
    await api.platform.services.rooms.open(stream_id)
    return stream_id


async def test_a_gap_heard_of_while_a_room_opens_does_not_make_it_deaf(api: Api) -> None:
    stream_id, member = await talked_in(api), somebody(new_id())
    joining = asyncio.create_task(api.hub.join(stream_id, member, None))
    while not joining.done():
        head = api.platform.feed.position
        api.hub.hear(FeedBatch(after=head, upto=head, incomplete=True))
        await asyncio.sleep(0)
    room = await joining
    await said(api, stream_id, "heard", new_id())
    await eventually(lambda: room.tail.newest(1, 10**9), timeout=10)
    assert "heard" in str(await told(member))
    api.hub.leave(room, member)


async def test_gap_after_gap_heals(api: Api) -> None:
    """Also one that is heard of in the very turn in which the one before it is healed."""
    stream_id, member = await talked_in(api), somebody(new_id())
    room = await api.hub.join(stream_id, member, None)
    await told(member)
    for number in range(10):
        await said(api, stream_id, f"{number}", new_id())
        for _ in range(200):
            await asyncio.sleep(0)
            head = api.platform.feed.position
            api.hub.hear(FeedBatch(after=head, upto=head, incomplete=True))
    await said(api, stream_id, "last", new_id())
    await eventually(lambda: b"last" in bytes(room.tail.newest(1, 10**9)[0].body), timeout=10)
    seen = [frame["text"] for frame in await told(member) if frame["type"] == "message"]
    assert seen == [*map(str, range(10)), "last"]
    api.hub.leave(room, member)


async def test_who_is_erased_while_a_room_opens_is_not_shown_in_it(api: Api) -> None:
    stream_id, gone, member = await talked_in(api), new_id(), somebody(new_id())
    await said(api, stream_id, "of somebody erased", gone)
    await said(api, stream_id, "known", new_id())
    joining = asyncio.create_task(api.hub.join(stream_id, member, None))
    await asyncio.sleep(0)
    head = api.platform.feed.position
    api.hub.hear(FeedBatch(after=head, upto=head, erased=(gone,)))
    room = await joining
    seen = str(await told(member))
    assert "known" in seen
    assert "of somebody erased" not in seen
    late = somebody(new_id())
    await api.hub.join(stream_id, late, 0)
    assert "of somebody erased" not in str(await told(late))
    for one in (member, late):
        api.hub.leave(room, one)


async def test_a_room_whose_joiners_are_still_to_wake_is_kept(api: Api) -> None:
    """Opening may take longer than an empty room is kept."""
    stream_id = await talked_in(api)
    joining = asyncio.create_task(api.hub.join(stream_id, somebody(new_id()), None))
    while not any(room.stream_id == stream_id for room in api.hub.rooms):
        api.hub.drop_empty(asyncio.get_running_loop().time() + 3600)
        await asyncio.sleep(0)
    api.hub.drop_empty(asyncio.get_running_loop().time() + 3600)
    room = await joining
    assert room in list(api.hub.rooms)


async def test_nobody_waits_for_a_redis_that_does_not_answer(api: Api) -> None:
    stream_id = await talked_in(api)
    async with silent_redis() as redis:
        prefix = api.platform.settings.redis_prefix
        counts = Counts(
            RedisPresence(redis, prefix=prefix), RedisReactionTotals(redis, prefix=prefix)
        )
        hub = Hub(api.platform.feed, reader_of(api), counts, LIMITS)
        async with asyncio.timeout(1):
            room = await hub.join(stream_id, member := somebody(new_id()), None)
        assert kinds(await told(member))[0] == "welcome"
        assert member in room.members
        counting = tuple(hub._counting)
        for task in counting:
            task.cancel()
        await asyncio.gather(*counting, return_exceptions=True)


@asynccontextmanager
async def silent_redis() -> AsyncIterator[Redis]:
    """It takes connections and never says a word."""

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.read()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    redis = Redis(host="127.0.0.1", port=port)
    try:
        yield redis
    finally:
        await redis.aclose()
        server.close()


def reader_of(api: Api) -> RoomReader:
    platform = api.platform
    return RoomReader(
        log=platform.log,
        history=RoomHistory(platform.log),
        rooms=platform.services.rooms,
        views=platform.views,
    )


async def test_who_works_for_the_platform_comes_in_though_a_host_banned_them(api: Api) -> None:
    stream_id, host = await shown(api)
    staff = await api.token("Staff", "moderator")
    async with in_room(api, stream_id, host) as (moderator, _):
        async with in_room(api, stream_id, staff) as (client, welcome):
            await moderator.ask("ban", ref="r1", user_id=welcome["viewer_id"])
            await moderator.say("on we go")
            await client.until("message")
        async with in_room(api, stream_id, staff):
            pass


async def test_a_mute_is_told_while_it_lasts(settings: Callable[..., Settings]) -> None:
    async with running_api(settings()) as api:
        stream_id, host = await shown(api)
        token = await api.token("Lin Mei")
        async with in_room(api, stream_id, host) as (moderator, _):
            async with in_room(api, stream_id, token) as (viewer, welcome):
                await moderator.ask("mute", ref="r1", user_id=welcome["viewer_id"], seconds=1)
                muted = await viewer.until("muted")
            over = datetime.fromisoformat(muted["until"]) + timedelta(seconds=0.1)
            await eventually(lambda: datetime.now(UTC) > over)
            async with in_room(api, stream_id, token) as (_, again):
                assert again["muted_until"] is None
