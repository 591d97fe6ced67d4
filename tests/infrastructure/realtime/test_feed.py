"""Every process hears what happens in rooms: in order, once, whatever fails on the way."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import make_url

from domain.identity.events import PersonalDataErased
from domain.shared import ERASED_TEXT
from infrastructure.realtime.batch_stream import MISSED_AT_MOST
from projections.chat.frames import FeedBatch
from tests.support.cut import relayed
from tests.support.eventually import eventually
from tests.support.projections import Noise
from tests.support.rooms import SOMCHAI, Heard, Talk, said, talk
from tests.support.servers import PrivateRedis, free_port

pytestmark = pytest.mark.services
MANY = [f"message {number}" for number in range(60)]


async def heard_all(heard: Heard, *texts: str) -> None:
    """In their order, none twice, and nothing missing between."""
    await eventually(lambda: heard.has(*texts))
    assert heard.texts == list(texts)
    heard.assert_seamless()


async def passed(heard: Heard, position: int) -> None:
    await eventually(lambda: heard.feed.position >= position)


async def test_what_is_said_is_heard_in_another_process(
    mysql_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with (
        talk(mysql_url, redis_url, redis_prefix) as here,
        talk(mysql_url, redis_url, redis_prefix, create=False) as relaying,
        talk(mysql_url, redis_url, redis_prefix, create=False) as there,
        relaying.relaying(),
        there.hearing() as heard,
    ):
        await here.say(*MANY)
        await heard_all(heard, *MANY)


async def test_a_feed_begins_at_the_end_of_the_log(
    sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with talk(sqlite_url, redis_url, redis_prefix) as there, there.relaying():
        before = await there.say("before")
        async with there.hearing() as heard:
            assert heard.begun == before
            await there.say("after")
            await heard_all(heard, "after")


async def test_without_a_relay_it_is_read_from_the_log(
    sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with talk(sqlite_url, redis_url, redis_prefix) as there, there.hearing() as heard:
        await there.say("one", "two")
        await heard_all(heard, "one", "two")


async def test_with_no_redis_at_all_it_is_read_from_the_log(
    sqlite_url: str, redis_prefix: str
) -> None:
    nowhere = f"redis://127.0.0.1:{free_port()}"
    async with (
        talk(sqlite_url, nowhere, redis_prefix) as there,
        there.relaying(),
        there.hearing() as heard,
    ):
        await there.say("one", "two")
        await heard_all(heard, "one", "two")
        async with asyncio.timeout(5):
            await heard.feed.stop()


@pytest.mark.parametrize("loss", ["flush", "trim"])
async def test_what_redis_loses_is_read_from_the_log(
    loss: str, mysql_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with (
        talk(mysql_url, redis_url, redis_prefix) as there,
        there.relaying(),
        there.hearing() as heard,
    ):
        for text in MANY:
            await there.say(text)
            await (there.redis.flushdb() if loss == "flush" else there.batches().empty())
        await heard_all(heard, *MANY)


@pytest.mark.parametrize("kept", ["no", "yes"])
async def test_redis_may_be_killed_and_come_back_with_or_without_what_it_had(
    kept: str, sqlite_url: str, redis_prefix: str
) -> None:
    with PrivateRedis(arguments=("--appendonly", kept)) as server:
        async with (
            talk(sqlite_url, server.url, redis_prefix) as there,
            there.relaying(),
            there.hearing() as heard,
        ):
            await there.say("before")
            await heard_all(heard, "before")
            await asyncio.to_thread(server.kill)
            await there.say("without")
            await heard_all(heard, "before", "without")
            await asyncio.to_thread(server.start)
            await there.relays()
            await there.say("again")
            await heard_all(heard, "before", "without", "again")


async def test_a_redis_that_answers_no_more_holds_nothing_up(
    sqlite_url: str, redis_prefix: str
) -> None:
    """Paused, it is connected and silent, as one behind a network that drops everything."""
    with PrivateRedis() as server:
        async with talk(sqlite_url, server.url, redis_prefix) as there, there.hearing() as heard:
            await there.redis.client_pause(30_000, all=True)
            began = asyncio.get_running_loop().time()
            await there.say("meanwhile")
            await heard_all(heard, "meanwhile")
            assert (
                asyncio.get_running_loop().time() - began < 4
            )  # redis-py itself would take longer


async def test_batches_of_several_relays_overlap(
    sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    """Each frame is handed on once, from whichever batch comes first."""
    async with talk(sqlite_url, redis_url, redis_prefix) as there:
        async with there.hearing() as source:
            await there.say(*MANY[:9])
            await heard_all(source, *MANY[:9])
        frames = source.frames
        async with there.hearing() as heard:
            heard.feed.position = heard.begun = 0
            for after, upto in ((0, 3), (1, 5), (5, 6), (2, 8), (8, 9)):
                await there.batches().add(
                    FeedBatch(after=after, upto=upto, frames=tuple(frames[after:upto]))
                )
            await heard_all(heard, *MANY[:9])


async def test_several_relays_at_once_change_nothing(
    mysql_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with (
        talk(mysql_url, redis_url, redis_prefix) as here,
        talk(mysql_url, redis_url, redis_prefix, create=False) as there,
        here.relaying(),
        there.relaying(),
        here.relaying() as third,
        there.hearing() as heard,
    ):
        await here.say(*MANY[:30])
        await third.stop()
        await here.say(*MANY[30:])
        await heard_all(heard, *MANY)


async def test_a_relay_that_ends_is_succeeded(
    sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with (
        talk(sqlite_url, redis_url, redis_prefix) as there,
        there.hearing() as heard,
        there.relaying(),
    ):
        await there.relays()
        head = await there.log.head()
        await there.batches().add(FeedBatch(after=head + 2, upto=head + 3))  # one that was ahead
        await there.say("one", "two")
        await there.make_noise(1)
        await there.relays()
        await there.say("three")
        await heard_all(heard, "one", "two", "three")


async def test_entries_of_another_log_are_passed_over(
    sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    """As after somebody restored the database, but not Redis."""
    async with talk(sqlite_url, redis_url, redis_prefix) as there, there.hearing() as heard:
        await there.batches().add(FeedBatch(after=990_000, upto=990_001))
        await there.say("one")
        await heard_all(heard, "one")
        async with there.relaying():
            await eventually(lambda: _is_of_the_log(there))
            await there.relays()
            await there.say("two")
            await heard_all(heard, "one", "two")


async def _is_of_the_log(there: Talk) -> bool:
    return await there.batches().last() <= await there.make_noise(1)


async def test_entries_written_by_other_code_are_read_from_the_log(
    sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with talk(sqlite_url, redis_url, redis_prefix) as there, there.hearing() as heard:
        for text in ("one", "two"):
            last = await there.say(text)
            entry: Any = {"batch": '{"of": "tomorrow"}'}
            await there.redis.xadd(f"{redis_prefix}rooms", entry, id=f"{last}-0")
        await heard_all(heard, "one", "two")


async def test_a_gap_is_filled_once_the_database_is_back(
    mysql_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with (
        talk(mysql_url, redis_url, redis_prefix) as here,
        relayed(mysql_url) as (line, through),
        talk(through, redis_url, redis_prefix, create=False) as there,
        there.hearing() as heard,
    ):
        await here.say("one")
        await heard_all(heard, "one")
        await line.cut()
        last = await here.say("two", "three")
        await here.batches().add(FeedBatch(after=last - 1, upto=last))
        await line.join()
        await heard_all(heard, "one", "two", "three")
        assert make_url(through).port == line.port


async def test_whoever_is_too_far_behind_is_told_so(
    sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with talk(sqlite_url, redis_url, redis_prefix) as there, there.hearing() as heard:
        await there.append(
            ("room-show", said("lost")), *[("noise-1", Noise())] * (MISSED_AT_MOST + 1000)
        )
        await eventually(lambda: heard.batches)
        await passed(heard, await there.say("found"))
        assert heard.batches[0].incomplete
        assert heard.texts == ["found"]
        heard.assert_seamless()


async def test_a_listener_s_fault_does_not_end_the_feed(
    sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with talk(sqlite_url, redis_url, redis_prefix) as there, there.hearing() as heard:
        listen = heard.feed.hear

        def stumble_once(_batch: FeedBatch) -> None:
            heard.feed.hear = listen
            raise ValueError("a fault")

        heard.feed.hear = stumble_once
        heard.begun = await there.say("one")
        await passed(heard, heard.begun)
        await there.say("two")
        await heard_all(heard, "two")


@pytest.mark.parametrize("through", ["redis", "log"])
async def test_erasures_are_told_and_erased_persons_say_nothing_any_more(
    through: str, sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with talk(sqlite_url, redis_url, redis_prefix) as there, there.hearing() as heard:
        await there.happen(said("one", user_id=SOMCHAI))
        await there.codec.keyring.erase(SOMCHAI)
        await there.erase(SOMCHAI)
        if through == "redis":
            await there.batches().add(FeedBatch(after=1, upto=2, erased=(SOMCHAI,)))
        await eventually(lambda: heard.erased == {SOMCHAI})
        assert heard.texts == [ERASED_TEXT]
        assert PersonalDataErased.tag not in {frame.kind for frame in heard.frames}
