"""Who waits for a position is woken; who wrote reads it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from infrastructure.read_models.announcer import Announcer, projected_channel
from infrastructure.read_models.waiting import PositionFeed, Wanted
from projections.projection import Projection, ProjectionBehind
from tests.support.eventually import eventually
from tests.support.projections import (
    Score,
    World,
    caught_up,
    redis_scores,
    table_scores,
    world,
)

pytestmark = pytest.mark.services


class Store:
    """A projection's position, and how often it was asked for."""

    def __init__(self) -> None:
        self.position = 0
        self.looks = 0

    async def look(self) -> int:
        self.looks += 1
        return self.position

    def wanted(self, position: int) -> Wanted:
        return Wanted("scores", position, self.look)


@pytest.fixture
async def there(sqlite_url: str, redis_url: str, redis_prefix: str) -> AsyncIterator[World]:
    async with world(sqlite_url, redis_url, redis_prefix) as made:
        yield made


@pytest.fixture
async def feed(there: World) -> AsyncIterator[PositionFeed]:
    feed = PositionFeed(there.redis, there.prefix)
    feed.start()
    await eventually(lambda: feed.is_connected)
    yield feed
    await feed.stop()


@pytest.fixture
async def announcer(there: World) -> AsyncIterator[Announcer]:
    announcer = Announcer(there.redis, there.prefix)
    task = asyncio.create_task(announcer.run())
    yield announcer
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_waiting_is_woken_and_hardly_ever_looks(
    feed: PositionFeed, announcer: Announcer
) -> None:
    store = Store()
    waiting = [asyncio.create_task(feed.reach(store.wanted(each), 2)) for each in (1, 2, 3, 3)]
    await asyncio.sleep(0.3)
    assert not any(task.done() for task in waiting)
    announcer.reached("scores", 2)
    await asyncio.wait_for(asyncio.gather(*waiting[:2]), 1)
    assert not waiting[2].done()
    announcer.reached("scores", 3)
    assert await asyncio.wait_for(asyncio.gather(*waiting), 1) == [True] * 4
    assert store.looks <= 2 * len(waiting)
    assert await feed.reach(store.wanted(3), 2)
    assert store.looks <= 2 * len(waiting)


async def test_waiting_ends_in_time_when_nothing_comes(feed: PositionFeed) -> None:
    store, loop = Store(), asyncio.get_running_loop()
    before = loop.time()
    assert not await feed.reach(store.wanted(10**15), 0.3)
    assert loop.time() - before < 1
    assert not any(feed.waiting.values())


async def test_a_lost_announcement_is_made_up_for_by_looking(feed: PositionFeed) -> None:
    store = Store()
    store.position = 7
    assert await feed.reach(store.wanted(7), 2)
    assert store.looks == 1


async def test_waiting_looks_now_and_then_while_redis_is_silent(there: World) -> None:
    feed, store = PositionFeed(there.redis, there.prefix), Store()
    waiting = asyncio.create_task(feed.reach(store.wanted(5), 2))
    await eventually(lambda: store.looks >= 2)
    store.position = 5
    assert await asyncio.wait_for(waiting, 1)


async def test_the_feed_hears_again_after_its_connection_was_cut(
    there: World, feed: PositionFeed, announcer: Announcer
) -> None:
    channel = projected_channel(there.prefix)
    for client in await there.redis.client_list():
        if client["sub"] != "0":
            await there.redis.client_kill_filter(_id=client["id"])
    await eventually(lambda: not feed.is_connected)
    await eventually(lambda: feed.is_connected)
    assert dict(await there.redis.pubsub_numsub(channel))[channel.encode()] == 1
    store = Store()
    waiting = asyncio.create_task(feed.reach(store.wanted(9), 2))
    await eventually(lambda: store.looks == 1)
    announcer.reached("scores", 9)
    assert await asyncio.wait_for(waiting, 1)


@pytest.mark.parametrize("projection", [table_scores(), redis_scores()], ids=["table", "redis"])
async def test_a_thousand_times_written_then_read_is_never_stale(
    mysql_url: str, redis_url: str, redis_prefix: str, projection: Projection[Any]
) -> None:
    async with (
        world(mysql_url, redis_url, redis_prefix) as there,
        there.projecting(projection) as views,
    ):
        await caught_up(views, projection, 0)

        async def write_then_read(writer: int) -> None:
            for number in range(1, 126):
                position = await there.score(f"writer{writer}")
                await views.wait(projection, position)
                seen = await views.get(projection, f"writer{writer}")
                assert seen.position >= position
                assert isinstance(seen.value, Score)
                assert seen.value.points == number

        await asyncio.gather(*(write_then_read(writer) for writer in range(8)))


async def test_wait_raises_behind_with_when_to_come_again(there: World) -> None:
    projection = table_scores()
    async with there.projecting(projection) as views:
        await caught_up(views, projection, 0)
        with pytest.raises(ProjectionBehind) as behind:
            await views.wait(projection, 5)
    assert (behind.value.projection, behind.value.wanted) == ("scores", 5)
    assert behind.value.retry_after > 0
