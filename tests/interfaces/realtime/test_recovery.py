"""Who comes back gets what they missed, in order and once, or is told that they do not."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from domain.chat.commands import SendChatMessage
from infrastructure.ids import new_id
from infrastructure.settings import Settings
from interfaces.realtime.greeting import NEWEST
from interfaces.realtime.tail import KEPT
from projections.chat.frames import FeedBatch
from tests.interfaces.realtime.test_room import shown
from tests.support.http import Api, running_api
from tests.support.room_client import Frame, RoomClient, in_room

pytestmark = [pytest.mark.services, pytest.mark.asyncio(loop_scope="module")]


async def said(api: Api, stream_id: str, host: str, *texts: str) -> list[int]:
    async with in_room(api, stream_id, host) as (client, _):
        return [(await client.say(text))["position"] for text in texts]


def shown_texts(frames: list[Frame]) -> list[str]:
    return [frame["text"] for frame in frames if frame["type"] == "message"]


async def texts(client: RoomClient, last: str) -> list[str]:
    """Of the messages up to that one: what was said a moment ago may come a moment later."""
    found: list[str] = []
    while not found or found[-1] != last:
        found.append((await client.until("message"))["text"])
    return found


async def test_who_comes_back_gets_what_they_missed_in_order(api: Api) -> None:
    stream_id, host = await shown(api)
    first, *_ = await said(api, stream_id, host, "a", "b", "c")
    async with in_room(api, stream_id, host, after=first) as (client, welcome):
        assert welcome["recovered"] is True
        assert await texts(client, "c") == ["b", "c"]
        await client.say("d")
        assert await texts(client, "d") == ["d"]


async def test_who_missed_nothing_has_recovered_too(api: Api) -> None:
    stream_id, host = await shown(api)
    *_, last = await said(api, stream_id, host, "a", "b")
    async with in_room(api, stream_id, host, after=last) as (client, welcome):
        assert welcome["recovered"] is True
        await client.say("c")
        assert await texts(client, "c") == ["c"]


async def test_the_position_of_a_welcome_is_one_to_come_back_with(api: Api) -> None:
    stream_id, host = await shown(api)
    async with in_room(api, stream_id, host) as (_, welcome):
        pass
    await said(api, stream_id, host, "a")
    async with in_room(api, stream_id, host, after=welcome["position"]) as (client, again):
        assert again["recovered"] is True
        assert await texts(client, "a") == ["a"]


async def test_who_is_cut_off_right_after_the_welcome_loses_nothing(api: Api) -> None:
    stream_id, host = await shown(api)
    first, *_ = await said(api, stream_id, host, "a", "b", "c")
    async with in_room(api, stream_id, host, after=first) as (client, _):
        await texts(client, "c")
    async with in_room(api, stream_id, host, after=first) as (_, welcome):
        pass
    async with in_room(api, stream_id, host, after=welcome["position"]) as (client, _):
        assert await texts(client, "c") == ["b", "c"]


async def test_who_is_cut_off_right_after_an_ack_is_shown_what_others_said_before_it(
    settings: Callable[..., Settings],
) -> None:
    """An acknowledgement is ahead of what the room is shown."""
    async with running_api(settings()) as api:
        stream_id, host = await shown(api)
        async with in_room(api, stream_id, host) as (client, _):
            heard = api.platform.feed.position
            await api.platform.feed.stop()
            await _say(api, stream_id, "from somebody else")
            ack = await client.say("my own")
            seen = await client.told()
            assert shown_texts(seen) == []
            assert ack["position"] > client.position
        await api.platform.feed.start()
        head = await api.platform.log.head()
        api.hub.hear(FeedBatch(after=heard, upto=head, incomplete=True))
        async with in_room(api, stream_id, host, after=client.position) as (again, welcome):
            assert welcome["recovered"] is True
            assert await texts(again, "my own") == ["from somebody else", "my own"]


@pytest.mark.parametrize("after", [10**17, 10**30, "-1", "soon", ""])
async def test_a_position_that_cannot_be_gets_the_newest_there_is(api: Api, after: object) -> None:
    stream_id, host = await shown(api)
    await said(api, stream_id, host, "a", "b")
    async with in_room(api, stream_id, host, after=after) as (client, welcome):
        assert welcome["recovered"] is False
        assert await texts(client, "b") == ["a", "b"]


async def test_what_was_removed_is_not_shown_to_who_comes_back(api: Api) -> None:
    stream_id, host = await shown(api)
    async with in_room(api, stream_id, host) as (client, welcome):
        gone = await client.say("gone")
        await client.say("stays")
        while (await client.ask("remove", ref=gone["id"], id=gone["id"]))["type"] != "ack":
            await client.told()
        await client.until("message_removed")
    async with in_room(api, stream_id, host, after=welcome["position"]) as (client, again):
        assert again["recovered"] is True
        frames = await client.told()
        assert shown_texts(frames) == ["stays"]
        assert [frame["id"] for frame in frames if frame["type"] == "message_removed"] == [
            gone["id"]
        ]


async def test_after_a_restart_the_log_has_what_was_missed(
    settings: Callable[..., Settings],
) -> None:
    """A new process knows nothing but the log; Redis has forgotten everything."""
    mine = settings(LIVE_CHAT_MESSAGES="0", LIVE_ROOM_FRAMES_PER_SECOND="0")
    async with running_api(mine) as api:
        stream_id, host = await shown(api)
        async with in_room(api, stream_id, host) as (client, _):
            positions = [(await client.say(f"{n}"))["position"] for n in range(12)]
            await client.until("message", text="11")
    async with running_api(mine) as api:
        await api.platform.redis.flushdb()
        host = await api.token("Host", "host")
        async with in_room(api, stream_id, host, after=positions[3]) as (client, welcome):
            assert welcome["recovered"] is True
            assert await texts(client, "11") == [f"{n}" for n in range(4, 12)]
            await client.say("on we go")
            assert await texts(client, "on we go") == ["on we go"]


async def test_more_than_can_be_given_at_once_is_not_recovered(
    settings: Callable[..., Settings],
) -> None:
    mine = settings(LIVE_CHAT_MESSAGES="0", LIVE_ROOM_BUFFER_BYTES="16384")
    async with running_api(mine) as api:
        stream_id, host = await shown(api)
        async with in_room(api, stream_id, host) as (client, welcome):
            for n in range(36):
                await client.say(f"{n} " + "字" * 400, f"{n}")
            await client.until("message", text="35 " + "字" * 400)
        async with in_room(api, stream_id, host, after=welcome["position"]) as (client, again):
            assert again["recovered"] is False
            frames = shown_texts(await client.told())
            assert frames
            assert frames[-1].startswith("35 ")


async def test_a_gap_too_wide_is_told_to_those_who_are_in(api: Api) -> None:
    """As the feed does when too much was missed to be handed on."""
    stream_id, host = await shown(api)
    async with in_room(api, stream_id, host) as (client, _):
        await client.say("a")
        await client.until("message")
        head = await api.platform.log.head()
        api.hub.hear(FeedBatch(after=head, upto=head, incomplete=True))
        await client.say("b")
        assert (await client.until("message"))["text"] == "b"
        assert "welcome" not in [frame["type"] for frame in await client.told()]


async def test_those_who_are_in_are_welcomed_anew_where_too_much_was_missed(
    settings: Callable[..., Settings],
) -> None:
    """As after an outage in which more was said than a room keeps at hand."""
    mine = settings(
        LIVE_CHAT_MESSAGES="0", LIVE_CHAT_ROOM_PER_SECOND="0", LIVE_ROOM_FRAMES_PER_SECOND="0"
    )
    async with running_api(mine) as api:
        stream_id, host = await shown(api)
        async with in_room(api, stream_id, host) as (client, welcome):
            await api.platform.feed.stop()
            await asyncio.gather(*(_say(api, stream_id, f"{n}") for n in range(KEPT + 1)))
            head = await api.platform.log.head()
            api.hub.hear(FeedBatch(after=welcome["position"], upto=head, incomplete=True))
            again = await client.until("welcome")
            assert again["recovered"] is False
            newest = shown_texts(await client.told())
            assert len(newest) == NEWEST
            assert len(set(newest)) == NEWEST


async def _say(api: Api, stream_id: str, text: str) -> None:
    """As somebody connected elsewhere does."""
    command = SendChatMessage(
        stream_id=stream_id, message_id=new_id(), by=new_id(), name="Somebody", text=text,
        language="en", now=datetime.now(UTC),
    )  # fmt: skip
    await api.reported(command)
