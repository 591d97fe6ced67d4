"""Who comes in sees what was said last; who comes back gets what was missed, or is told to start
afresh."""

import pytest
from sqlalchemy import text

from domain.chat import events as chat
from domain.chat.deciding import ROOM
from infrastructure.realtime.history import RoomHistory
from tests.support.rooms import LIN, SOMCHAI, Talk, removed, said, talk, texts_of

pytestmark = pytest.mark.services
HOST = "user-host"
OPENED = chat.RoomOpened(host_id=HOST, market="TW", language="zh-TW")
COUNTED = chat.ReactionsCounted(totals={"like": 3})
BANNED = chat.ViewerBanned(user_id=LIN, by=HOST)
NOWHERE = "redis://127.0.0.1:1"


def history(there: Talk) -> RoomHistory:
    return RoomHistory(there.log)


async def test_tail_is_the_newest_in_order_and_says_how_far_it_is_complete(
    database_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with talk(database_url, redis_url, redis_prefix) as there:
        await there.happen(OPENED, *(said(f"message {number}") for number in range(9)))
        await there.say("elsewhere", room="other")
        head = await there.make_noise(3)
        frames, position = await history(there).tail("show", 3)
        assert texts_of(frames) == ["message 6", "message 7", "message 8"]
        assert position == head


async def test_tail_is_of_what_everybody_is_shown(
    sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with talk(sqlite_url, redis_url, redis_prefix) as there:
        await there.happen(said("one"), BANNED, chat.SlowModeChanged(seconds=5, by=HOST))
        await there.happen(*[COUNTED] * 100)
        frames, _ = await history(there).tail("show", 10)
        assert [frame.kind for frame in frames] == ["message", "room"]
        frames, _ = await history(there).tail("show", 10, private=True)
        assert [frame.kind for frame in frames] == ["message", "banned", "room"]


async def test_a_removed_message_is_not_shown_and_its_removal_is(
    sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with talk(sqlite_url, redis_url, redis_prefix) as there:
        await there.happen(said("one"), said("two"), said("three"), removed("two"))
        for frames, _ in (
            await history(there).tail("show", 10),
            await history(there).since("show", 1, 10) or ([], 0),
        ):
            assert "two" not in texts_of(frames)
            assert [frame.kind for frame in frames][-2:] == ["message", "message_removed"]
        frames, _ = await history(there).tail("show", 2)
        assert [frame.position for frame in frames] == [3, 4]


async def test_who_comes_back_gets_all_that_was_missed(
    database_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with talk(database_url, redis_url, redis_prefix) as there:
        seen = await there.say("one")
        await there.happen(said("two"), COUNTED, BANNED, said("three"))
        head = await there.say("elsewhere", room="other")
        frames, position = await history(there).since("show", seen, 3) or ([], 0)
        assert [frame.kind for frame in frames] == ["message", "banned", "message"]
        assert texts_of(frames) == ["two", "three"]
        assert position == head
        assert await history(there).since("show", head, 3) == ([], head)


@pytest.mark.parametrize("after", [0, 1, 6, 1_000_000])
async def test_who_missed_too_much_or_never_was_here_starts_afresh(
    after: int, sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with talk(sqlite_url, redis_url, redis_prefix) as there:
        await there.say("one", "two", "three", "four", "five")
        assert await history(there).since("show", after, 3) is None


async def test_a_room_nobody_spoke_in_has_an_empty_history(
    sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with talk(sqlite_url, redis_url, redis_prefix) as there:
        head = await there.make_noise(2)
        assert await history(there).tail("show", 10) == ([], head)
        assert await history(there).since("show", 1, 10) == ([], head)
        assert (await history(there).room("show")).version == 0


async def test_it_needs_no_redis(mysql_url: str, redis_prefix: str) -> None:
    async with talk(mysql_url, NOWHERE, redis_prefix) as there:
        await there.happen(OPENED, said("one"))
        frames, _ = await history(there).tail("show", 10)
        assert texts_of(frames) == ["one"]
        room = await history(there).room("show")
        assert (room.state.host_id, room.version) == (HOST, 2)


async def test_who_was_erased_said_nothing_that_can_be_read(
    sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with talk(sqlite_url, redis_url, redis_prefix) as there:
        await there.happen(said("a secret", user_id=SOMCHAI), said("known"))
        await there.codec.keyring.erase(SOMCHAI)
        frames, _ = await history(there).tail("show", 10)
        assert texts_of(frames) == ["known"]
        missed, _ = await history(there).since("show", 0, 10) or ([], 0)
        assert texts_of(missed) == ["known"]


async def test_it_is_read_from_the_end_by_an_index(
    database_url: str, redis_url: str, redis_prefix: str
) -> None:
    """A room of a million messages must not be sorted, nor read from its beginning."""
    async with talk(database_url, redis_url, redis_prefix) as there:
        for _ in range(5):
            await there.happen(*(said(f"{number}") for number in range(500)))
            await there.make_noise(100)
        plan = (await explained(there)).lower()
        assert "uq_events_stream_version" in plan or "autoindex_events" in plan
        assert "filesort" not in plan
        assert "temp b-tree" not in plan


async def explained(there: Talk) -> str:
    """How the database goes about the very statement of `read_stream_back`."""
    wanted = there.log.newest(ROOM.stream("show"), frozenset({chat.ChatMessageSent.tag}), 50)
    dialect = there.engine.dialect
    statement = wanted.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN QUERY PLAN" if dialect.name == "sqlite" else "EXPLAIN"
    async with there.engine.connect() as connection:
        found = await connection.execute(text(f"{explain} {statement}"))
        return "\n".join(str(row) for row in found)
