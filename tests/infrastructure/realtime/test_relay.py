"""The relay puts rooms' frames into Redis: promptly, in growing batches, and nobody's for long."""

import asyncio
import sys

import msgspec
import pytest

from infrastructure.realtime.batch_stream import FIELD, MISSED_AT_MOST, opened
from projections.chat.frames import FeedBatch
from projections.frames import batch_of
from tests.support.builders import recorded
from tests.support.eventually import eventually
from tests.support.projections import Noise
from tests.support.rooms import SOMCHAI, Talk, said, talk, texts_of

pytestmark = pytest.mark.services


async def relayed_upto(there: Talk, position: int) -> list[FeedBatch]:
    """What is in Redis, once it reaches that far."""

    async def all_there() -> list[FeedBatch]:
        batches = await there.batches().beyond(0)
        return batches if batches and batches[-1].upto >= position else []

    return await eventually(all_there)


async def test_batches_join_without_a_gap(
    sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with talk(sqlite_url, redis_url, redis_prefix) as there, there.relaying():
        await there.relays()
        texts = [f"message {number}" for number in range(20)]
        batches = await relayed_upto(there, await there.say(*texts))
        assert [text for batch in batches for text in texts_of(batch.frames)] == texts
        ends = [batch.upto for batch in batches]
        assert [batch.after for batch in batches[1:]] == ends[:-1]


async def test_what_is_no_room_s_is_told_of_now_and_then_without_frames(
    sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with talk(sqlite_url, redis_url, redis_prefix) as there, there.relaying():
        await there.relays()
        for _ in range(20):
            last = await there.make_noise(3)
        batches = await relayed_upto(there, last)
        assert len(batches) < 10
        assert not any(batch.frames for batch in batches)


async def test_nothing_of_an_erased_person_stays_in_redis(
    sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with talk(sqlite_url, redis_url, redis_prefix) as there, there.relaying():
        await there.relays()
        await relayed_upto(there, await there.happen(said("a secret", user_id=SOMCHAI)))
        await there.codec.keyring.erase(SOMCHAI)
        batches = await relayed_upto(there, await there.erase(SOMCHAI))
        assert [batch.erased for batch in batches] == [(SOMCHAI,)]
        assert b"a secret" not in str(await there.redis.xrange(f"{redis_prefix}rooms")).encode()


async def test_nothing_of_somebody_erased_while_no_relay_ran_stays_in_redis(
    sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with talk(sqlite_url, redis_url, redis_prefix) as there:
        async with there.relaying():
            await there.relays()
            await relayed_upto(there, await there.happen(said("a secret", user_id=SOMCHAI)))
        await there.erase(SOMCHAI)
        async with there.relaying():
            await eventually(lambda: _is_free_of(there, "a secret"))


async def _is_free_of(there: Talk, text: str) -> bool:
    return text not in str(await there.redis.xrange(f"{there.prefix}rooms"))


async def test_what_nobody_adds_to_expires(
    sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with talk(sqlite_url, redis_url, redis_prefix) as there:
        await there.batches().add(FeedBatch(after=0, upto=1))
        assert 0 < await there.redis.ttl(f"{redis_prefix}rooms") <= 120


async def test_what_was_said_does_not_stay_in_redis_where_more_is_said(
    sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with talk(sqlite_url, redis_url, redis_prefix) as there, there.relaying() as relay:
        relay.kept_seconds = 0.05
        await there.relays()
        await relayed_upto(there, await there.say("long ago"))

        async def is_gone() -> bool:
            await there.say("later")
            return await _is_free_of(there, "long ago")

        await eventually(is_gone)


async def test_redis_keeps_no_more_than_anybody_catches_up_on(
    redis_url: str, sqlite_url: str, redis_prefix: str
) -> None:
    async with talk(sqlite_url, redis_url, redis_prefix) as there:
        for number in range(1, 3000):
            await there.batches().add(FeedBatch(after=number * 100 - 100, upto=number * 100))
        kept = await there.redis.xlen(f"{redis_prefix}rooms")
        assert kept == MISSED_AT_MOST // 100 + 1


async def test_one_of_several_relays_works_and_the_others_stand_by(
    sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    """All of them have seen everything; what they were refused they do not try again."""
    async with (
        talk(sqlite_url, redis_url, redis_prefix) as there,
        there.relaying(),
        there.relaying(),
    ):
        await there.relays()
        texts = [f"message {number}" for number in range(20)]
        batches = await relayed_upto(there, await there.say(*texts))
        seen = [text for batch in batches for text in texts_of(batch.frames)]
        assert list(dict.fromkeys(seen)) == texts


async def test_a_relay_that_lags_too_far_goes_on_at_the_end(
    sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with talk(sqlite_url, redis_url, redis_prefix) as there, there.relaying():
        await there.relays()
        lagging = await there.append(
            ("room-show", said("lost")), *[("noise-1", Noise())] * (MISSED_AT_MOST + 1000)
        )
        await relayed_upto(there, lagging)
        batches = await relayed_upto(there, await there.say("found"))
        assert any(batch.incomplete for batch in batches)
        assert texts_of(batches[-1].frames)[-1] == "found"


async def test_a_relay_goes_on_after_redis_was_flushed_or_holds_something_else(
    sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with talk(sqlite_url, redis_url, redis_prefix) as there, there.relaying() as relay:
        await there.relays()
        await there.redis.set(f"{redis_prefix}rooms", "no stream")
        await there.say("lost on the way")
        await there.redis.flushdb()
        await there.relays()
        async with asyncio.timeout(5):
            await relay.stop()


def test_a_frame_that_is_kept_does_not_keep_those_it_came_with() -> None:
    frames = batch_of([recorded(said("short")), recorded(said("long"))], after=0, upto=1).frames
    entry = msgspec.json.encode(FeedBatch(after=0, upto=1, frames=frames))
    references = sys.getrefcount(entry)
    batch = opened({FIELD: entry})
    assert batch is not None
    assert texts_of(batch.frames) == ["short", "long"]
    assert sys.getrefcount(entry) == references
