"""Whoever comes and goes all the time misses nothing and is told nothing twice."""

import asyncio
import random
from collections.abc import Callable

import pytest

from infrastructure.settings import Settings
from tests.interfaces.realtime.test_room import shown
from tests.support.http import Api, running_api
from tests.support.room_client import RoomClient, in_room

pytestmark = pytest.mark.services

_MESSAGES = 125
_AT_ONCE = 25


async def _talk(client: RoomClient) -> int:
    """Says them in bursts; the position of the last."""
    position = 0
    for first in range(0, _MESSAGES, _AT_ONCE):
        for number in range(first, first + _AT_ONCE):
            await client.send("send", ref=f"{number}", text=f"message {number}")
        for number in range(first, first + _AT_ONCE):
            position = (await client.until("ack", ref=f"{number}"))["position"]
    return position


async def _come_and_go(
    api: Api, stream_id: str, token: str, begin: int, last: "asyncio.Future[int]"
) -> list[int]:
    """The positions of what they were shown, over all their visits."""
    seen = [begin]
    while not last.done() or seen[-1] < last.result():
        async with in_room(api, stream_id, token, after=seen[-1]) as (client, welcome):
            assert welcome["recovered"] is True
            for _ in range(random.randint(1, 12)):  # noqa: S311 - any number will do
                if last.done() and seen[-1] >= last.result():
                    break
                seen.append((await client.until("message"))["position"])
    return seen[1:]


async def _watched(api: Api) -> tuple[list[int], list[list[int]]]:
    """Positions of what was said, and of what each of three who come and go was shown."""
    stream_id, host = await shown(api)
    tokens = [await api.token(f"Viewer {number}") for number in range(3)]
    last: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    async with in_room(api, stream_id, host) as (speaker, welcome):
        begin = welcome["position"]
        watching = [
            asyncio.create_task(_come_and_go(api, stream_id, token, begin, last))
            for token in tokens
        ]
        last.set_result(await _talk(speaker))
        seen = [await one for one in watching]
    said = await api.platform.log.read(begin, limit=10_000)
    return [one.position for one in said if one.type == "chat.ChatMessageSent"], seen


def _settings(make: Callable[..., Settings], **more: str) -> Settings:
    return make(
        LIVE_CHAT_MESSAGES="0",
        LIVE_CHAT_ROOM_PER_SECOND="0",
        LIVE_ROOM_FRAMES_PER_SECOND="0",
        **more,
    )


async def test_all_is_shown_once_and_in_order(settings: Callable[..., Settings]) -> None:
    async with running_api(_settings(settings, LIVE_ROOM_SHOWN_PER_SECOND="0")) as api:
        said, seen = await _watched(api)
        assert len(said) == _MESSAGES
        assert seen == [said, said, said]


async def test_also_where_the_hosts_words_stand_in_a_sample(
    settings: Callable[..., Settings],
) -> None:
    async with running_api(_settings(settings, LIVE_ROOM_SHOWN_PER_SECOND="1")) as api:
        said, seen = await _watched(api)
        assert seen == [said, said, said]


async def test_without_redis_streams_all_is_shown_once_and_in_order(
    settings: Callable[..., Settings],
) -> None:
    """What carries the frames is emptied again and again: the log has them."""
    async with running_api(_settings(settings, LIVE_ROOM_SHOWN_PER_SECOND="0")) as api:
        emptying = asyncio.create_task(_empty(api))
        said, seen = await _watched(api)
        emptying.cancel()
        assert seen == [said, said, said]


async def _empty(api: Api) -> None:
    while True:
        await api.platform.redis.delete(f"{api.platform.settings.redis_prefix}rooms")
        await asyncio.sleep(0.05)
