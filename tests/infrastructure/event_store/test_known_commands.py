"""What is known of commands by their ids, asked of one by one or many at once."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from application.ports import CommandIdReused, Dispatch, LogUnavailable, Outcome
from infrastructure.database import create_engine
from infrastructure.event_store.known_commands import SqlKnownCommands
from infrastructure.event_store.schema import LOG
from tests.support.builders import NOON
from tests.support.chatting import send
from tests.support.jobs import created

pytestmark = pytest.mark.services
SAID = b"s" * 32


@pytest.fixture
async def known(database_url: str) -> AsyncIterator[SqlKnownCommands]:
    """`c1` was accepted before, at position 7."""
    async with created(database_url) as engine:
        await _accepted(engine, "c1")
        yield SqlKnownCommands(engine)


async def _accepted(engine: AsyncEngine, command_id: str) -> None:
    kept = {"position": 7, "version": 3, "answer": b'{"id":"m1"}', "recorded_us": 1}
    async with engine.begin() as connection:
        row = insert(LOG.commands).values(command_id=command_id, fingerprint=SAID, **kept)
        await connection.execute(row)


def asked(command_id: str, fingerprint: bytes = SAID) -> Dispatch:
    return Dispatch(
        command=send(), command_id=command_id, actor="user:x", now=NOON, fingerprint=fingerprint
    )


async def test_each_of_many_is_told_of_its_own(known: SqlKnownCommands) -> None:
    first = Outcome(position=7, version=3, answer=b'{"id":"m1"}', replayed=True)
    ids = [f"c{number}" for number in range(300)] + ["c1"]
    found = await asyncio.gather(*(known.outcome(asked(each)) for each in ids))
    assert [each for each in found if each] == [first, first]
    assert (found[1], found[-1]) == (first, first)


async def test_an_id_that_stood_for_something_else_is_refused(known: SqlKnownCommands) -> None:
    with pytest.raises(CommandIdReused):
        await known.outcome(asked("c1", b"o" * 32))


async def test_all_who_asked_are_told_when_the_database_is_away() -> None:
    engine = create_engine("mysql+asyncmy://nobody@127.0.0.1:9/none")
    known = SqlKnownCommands(engine)
    told = await asyncio.gather(
        *(known.outcome(asked(f"c{n}")) for n in range(3)), return_exceptions=True
    )
    assert [type(each) for each in told] == [LogUnavailable] * 3
    await engine.dispose()
