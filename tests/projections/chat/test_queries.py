"""Messages on real databases, through the real engine."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine

from application.chat.ports import SentMessage
from domain.shared import ERASED_TEXT
from infrastructure.database import create_engine
from infrastructure.ids import new_id
from infrastructure.read_models.read_models import ReadModels
from infrastructure.read_models.schema import generation_table
from infrastructure.sent_messages import ProjectedSentMessages
from projections.chat.messages import (
    MESSAGES,
    MessageView,
    Stretch,
    find_message,
    list_messages,
)
from projections.projection import ProjectionBehind, Views
from tests.support.builders import NOON
from tests.support.projections import caught_up, until
from tests.support.rooms import LIN, SOMCHAI, Talk, removed, said, talk
from tests.support.searching import Search, rows

pytestmark = pytest.mark.services

FEW_ROWS = 60
MANY = 100_000
A, B, C = (f"0190f3a2-0000-7000-8000-00000000c00{number}" for number in range(3))


@pytest.fixture
async def there(database_url: str, redis_url: str, redis_prefix: str) -> AsyncIterator[Talk]:
    async with talk(database_url, redis_url, redis_prefix) as made:
        yield made


async def listed(
    views: Views, *, newest_first: bool = False, limit: int = 10, **wanted: Any
) -> list[str]:
    stretch = Stretch(**{"stream_id": "show", **wanted})
    seen = await list_messages(views, stretch, limit=limit, newest_first=newest_first)
    return [view.text for view in seen.value]


async def test_messages_of_a_room_are_listed_from_either_end(there: Talk) -> None:
    places = [await there.say(each) for each in ("a", "b", "c", "d")]
    head = await there.say("elsewhere", room="another")
    async with there.projecting(MESSAGES) as views:
        await caught_up(views, MESSAGES, head)
        newest = await listed(views, newest_first=True, limit=3, min_position=head)
        assert newest == ["d", "c", "b"]
        assert await listed(views, newest_first=True, before=places[1]) == ["a"]
        assert await listed(views, after=places[1]) == ["c", "d"]
        assert await listed(views, after=places[0], before=places[3], limit=1) == ["b"]
        assert await listed(views, stream_id="nowhere") == []


async def test_removed_message_stays_in_its_place_without_its_words(there: Talk) -> None:
    await there.say("a", "b", "c")
    await there.happen(removed("b"))
    async with there.projecting(MESSAGES) as views:
        await caught_up(views, MESSAGES, await there.log.head())
        assert await listed(views) == ["a", "", "c"]
        view = (await find_message(views, "b")).value
    assert view is not None
    assert (view.removed, view.name) == (True, "")


async def test_erased_person_s_words_are_forgotten_and_a_rebuild_is_the_same(
    there: Talk,
) -> None:
    await there.happen(said("plain words", user_id=SOMCHAI, name="Somchai"))
    await there.happen(said("a secret", name="Unmistakable"), said("removed before"))
    await there.happen(removed("removed before"))
    async with there.projecting(MESSAGES) as views:
        await caught_up(views, MESSAGES, await there.log.head())
        assert await listed(views) == ["plain words", "a secret", ""]
        await there.codec.keyring.erase(LIN)
        await there.erase(LIN)
        await caught_up(views, MESSAGES, await there.log.head())
        served = await everything(views)
        assert [view.text for view in served] == ["plain words", "", ""]
        assert [view.removed for view in served] == [False, True, True]
        await there.control(MESSAGES).rebuild("messages")
        await is_served_anew(views, there)
        assert await everything(views) == served
    hits = Search(["Unmistakable", ERASED_TEXT]).everywhere(rows(there.engine, but=["events"]))
    assert not await hits


async def everything(views: Views) -> list[MessageView]:
    wanted = Stretch(stream_id="show")
    return (await list_messages(views, wanted, limit=100, newest_first=False)).value


async def is_served_anew(views: ReadModels, there: Talk) -> None:
    """Waits until generation 2 serves all there is."""
    control = there.control(MESSAGES)

    async def serves() -> bool:
        found = {each.generation: each for each in await control.status()}
        return 2 in found and found[2].state == "active"

    await until(serves)
    await caught_up(views, MESSAGES, await there.log.head())


async def test_sent_message_is_found_for_moderation(there: Talk) -> None:
    await there.happen(said(A), said(B, user_id=SOMCHAI))
    await there.happen(removed(A))
    async with there.projecting(MESSAGES) as views:
        await caught_up(views, MESSAGES, 1)
        messages = ProjectedSentMessages(views, there.log)
        found = [await messages.find("show", each) for each in (A, B)]
        assert [(each.user_id, each.removed) for each in found if each] == [
            (LIN, True),
            (SOMCHAI, False),
        ]
        assert await messages.find("another", B) is None
        for unknown in (C, "", "x" * 5000, "ＺＥＲＯ", "\x00"):
            assert await messages.find("show", unknown) is None


async def test_message_of_this_moment_is_found_whatever_becomes_of_the_view(
    sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    """Nobody is told that a message they have just seen was never said."""
    async with talk(sqlite_url, redis_url, redis_prefix) as there:
        async with there.projecting(MESSAGES) as views:
            await caught_up(views, MESSAGES, 0)
            messages = ProjectedSentMessages(views, there.log)
            await there.say(A)
            assert await messages.find("show", A)
        async with there.views() as views:
            messages = ProjectedSentMessages(views, there.log)
            await there.say(B)
            assert await messages.find("show", B) == SentMessage(
                stream_id="show", message_id=B, user_id=LIN, removed=False
            )
            await there.happen(removed(B))
            assert (await messages.find("show", B)).removed  # type: ignore[union-attr]
            with pytest.raises(ProjectionBehind):
                await messages.find("show", C)


@pytest.fixture(params=["mysql", "mariadb"])
def server_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


async def test_any_page_of_a_huge_room_reads_no_more_rows_than_it_shows(
    server_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with talk(server_url, redis_url, redis_prefix) as there:
        async with there.projecting(MESSAGES) as views:
            await caught_up(views, MESSAGES, 0)
        engine = create_engine(server_url, pool_size=1)
        await fill(engine)
        views = ReadModels(engine, there.redis, prefix=redis_prefix)
        asked: list[dict[str, Any]] = [
            {"newest_first": True},
            {"newest_first": True, "before": MANY // 2},
            {"newest_first": False, "after": MANY // 2},
            {"newest_first": False, "after": 10, "before": MANY - 10},
        ]
        for wanted in asked:
            before = await rows_read(engine)
            assert len(await listed(views, limit=50, **wanted)) == 50
            assert await rows_read(engine) - before <= FEW_ROWS
        await engine.dispose()


async def fill(engine: AsyncEngine) -> None:
    """Two rooms that talk in turn; as if it had been projected."""
    table = generation_table(MESSAGES, 1)
    async with engine.begin() as connection:
        for start in range(0, 2 * MANY, 5000):
            positions = range(start, start + 5000)
            await connection.execute(insert(table), [stored(each) for each in positions])
        await connection.execute(text(f"ANALYZE TABLE {table.name}"))


def stored(position: int) -> dict[str, Any]:
    view = MessageView(
        id=new_id(),
        stream_id=("show", "another")[position % 2],
        user_id=LIN,
        role="viewer",
        language="th",
        sent_at=NOON,
        position=position,
        recorded_us=position,
    )
    encoded = msgspec.json.encode(view)
    return {"key": view.id, "position": position, "view": encoded, **MESSAGES.row(view)}


async def rows_read(engine: AsyncEngine) -> int:
    """By this engine's one connection so far, from any index or table."""
    async with engine.connect() as connection:
        found = await connection.execute(text("SHOW SESSION STATUS LIKE 'Handler_read%'"))
        return sum(int(row[1]) for row in found)
