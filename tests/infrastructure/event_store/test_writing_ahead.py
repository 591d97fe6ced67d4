"""A batch whose rows are written while the one before commits lands after it, or not at all."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.database import create_engine
from infrastructure.event_store.appending import Batch, Draft, Head, Overtaken, chained
from infrastructure.event_store.mysql_writer import MySqlLogWriter
from infrastructure.event_store.schema import GENESIS_HASH, LOG
from infrastructure.ids import new_id
from tests.support.accounts import table_rows

_GENESIS = Head(0, GENESIS_HASH, 0)
_AT_ONCE_SECONDS = 3.0  # well below the five a lock is waited for


@pytest_asyncio.fixture
async def engine(server_log_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(server_log_url)
    yield engine
    await engine.dispose()


@pytest_asyncio.fixture
async def writer(engine: AsyncEngine) -> AsyncIterator[MySqlLogWriter]:
    writer = MySqlLogWriter(engine, LOG)
    yield writer
    await writer.close()


async def test_append_behind_lands_once_the_batch_before_stands(
    writer: MySqlLogWriter, engine: AsyncEngine
) -> None:
    first = _batch(_GENESIS)
    before = asyncio.create_task(_appended(writer, first))
    await writer.append(_batch(first.after), behind=before)

    assert await _positions(engine) == [1, 2]


async def test_append_behind_leaves_nothing_when_the_batch_before_failed(
    writer: MySqlLogWriter, engine: AsyncEngine
) -> None:
    before = asyncio.get_running_loop().create_future()
    before.set_result(False)

    with pytest.raises(Overtaken):
        await writer.append(_batch(_batch(_GENESIS).after), behind=before)
    await writer.append(_batch(_GENESIS), behind=None)

    assert await _positions(engine) == [1]


async def test_append_behind_yields_to_whoever_has_the_head(
    writer: MySqlLogWriter, engine: AsyncEngine
) -> None:
    first, before = _batch(_GENESIS), asyncio.get_running_loop().create_future()
    await writer.append(first, behind=None)
    async with engine.connect() as other:
        await other.execute(select(LOG.log_head).with_for_update())
        before.set_result(True)
        async with asyncio.timeout(_AT_ONCE_SECONDS):
            with pytest.raises(Overtaken):
                await writer.append(_batch(first.after), behind=before)

    assert await _positions(engine) == [1]


async def test_append_behind_leaves_nothing_when_it_is_cancelled(
    writer: MySqlLogWriter, engine: AsyncEngine
) -> None:
    first = _batch(_GENESIS)
    never: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(writer.append(_batch(first.after), behind=never))
    await asyncio.wait([waiting], timeout=0.1)
    waiting.cancel()
    await asyncio.wait([waiting])
    await writer.append(first, behind=None)
    await writer.append(_batch(first.after), behind=None)

    assert await _positions(engine) == [1, 2]


async def _appended(writer: MySqlLogWriter, batch: Batch) -> bool:
    await writer.append(batch, behind=None)
    return True


async def _positions(engine: AsyncEngine) -> list[Any]:
    return [row.position for row in await table_rows(engine, LOG.events)]


def _batch(before: Head) -> Batch:
    """One event of a new stream."""
    draft = Draft(
        stream=f"account-{new_id()}",
        version=1,
        type="accounts.Noted",
        schema_version=1,
        payload=b"{}",
        event_id=new_id(),
        command_id=new_id(),
        correlation_id=new_id(),
        causation_id=None,
        actor="system:test",
        trace_id=None,
    )
    rows, after = chained(before, [draft], now_us=1)
    return Batch(before, after, rows, [])
