"""An event is found by its id or its time, without an index."""

import pytest
from sqlalchemy import select

from infrastructure.event_store.finding import first_since, position_of
from infrastructure.event_store.schema import LOG
from infrastructure.ids import derived_id, new_id
from tests.support.accounts import PayIn, send, started_store


async def test_every_event_is_found_by_its_id(log_url: str) -> None:
    async with started_store(log_url) as (store, engine):
        for number in range(7):
            await send(store, PayIn(account=f"a{number}", amount=1))
        async with engine.connect() as connection:
            events = LOG.events.c
            rows = (await connection.execute(select(events.event_id, events.position))).all()
        assert [await position_of(engine, row.event_id) for row in rows] == [
            row.position for row in rows
        ]


@pytest.mark.parametrize(
    "event_id",
    [new_id(), derived_id("x"), "no id", ""],
    ids=["of now", "not of a time", "no id", "empty"],
)
async def test_unknown_id_is_not_found(log_url: str, event_id: str) -> None:
    async with started_store(log_url) as (store, engine):
        assert await position_of(engine, event_id) is None
        await send(store, PayIn(account="a", amount=1))
        assert await position_of(engine, event_id) is None


async def test_first_event_since_a_moment_is_found_by_its_time(log_url: str) -> None:
    async with started_store(log_url) as (store, engine):
        assert await first_since(engine, 0) == 1  # where the first would be
        for number in range(7):
            await send(store, PayIn(account=f"a{number}", amount=1))
        async with engine.connect() as connection:
            events = LOG.events.c
            wanted = select(events.recorded_us).order_by(events.position)
            times = list((await connection.execute(wanted)).scalars())
        moments = [0, *times, times[-1] + 1]
        expected = [1, *(times.index(moment) + 1 for moment in times), len(times) + 1]
        assert [await first_since(engine, moment) for moment in moments] == expected
