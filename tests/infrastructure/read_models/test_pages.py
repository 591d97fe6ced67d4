"""Readers of one process that follow the log's end read it once between them, and miss nothing."""

from collections.abc import Sequence

from infrastructure.event_store.schema import Row
from infrastructure.read_models.pages import LogPages
from tests.support.jobs import created
from tests.support.processes import WrittenLog


class NotedLog(WrittenLog):
    """Remembers what it was asked for."""

    asked: list[int]

    async def read_rows(self, after: int, limit: int, *, upto: int | None = None) -> Sequence[Row]:
        self.asked.append(after)
        return await super().read_rows(after, limit, upto=upto)


async def test_what_one_reader_found_at_the_end_is_at_hand_for_the_others(sqlite_url: str) -> None:
    async with created(sqlite_url) as engine:
        log = NotedLog(engine)
        log.asked = []
        pages = LogPages(log)
        await log.write("wish-1", "x", "x")
        assert positions(await pages.read(0, 10)) == [1, 2]
        await log.write("wish-1", "x")
        assert positions(await pages.read(1, 10)) == [2]
        assert positions(await pages.read(2, 10)) == [3]
        assert positions(await pages.read(0, 10)) == [1, 2, 3]
        assert positions(await pages.read(0, 2)) == [1, 2]
        assert positions(await pages.read(3, 10)) == []
        assert log.asked == [0, 2, 3]


async def test_pages_far_from_the_end_are_not_kept(sqlite_url: str) -> None:
    async with created(sqlite_url) as engine:
        log = NotedLog(engine)
        log.asked = []
        pages = LogPages(log)
        await log.write("wish-1", "x", "x", "x")
        assert positions(await pages.read(0, 2)) == [1, 2]
        assert positions(await pages.read(0, 2)) == [1, 2]
        assert log.asked == [0, 0]


def positions(rows: Sequence[Row]) -> list[int]:
    return [row[0] for row in rows]
