"""One projector works, the others stand by and take over from one that has fallen silent."""

import asyncio
import sys
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.database import METADATA, create_engine
from infrastructure.read_models.generations import Generation, Generations
from infrastructure.read_models.leases import Leases
from infrastructure.read_models.schema import LEASES
from tests.support.projections import until


@pytest.fixture
async def engine(sqlite_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(sqlite_url)
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all, tables=[LEASES])
    yield engine
    await engine.dispose()


@pytest.fixture
def generation() -> Generation:
    return Generations.draft("scores", 1, 1)


async def claim(leases: Leases, generation: Generation) -> bool:
    """As a projector does at every tick."""
    await leases.held()
    return await leases.claim(generation)


async def holder_becomes(engine: AsyncEngine, holder: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(update(LEASES).values(holder=holder))


async def test_a_lease_has_one_holder(engine: AsyncEngine, generation: Generation) -> None:
    one, other = Leases(engine), Leases(engine)
    assert await claim(one, generation)
    assert not await claim(other, generation)
    assert (await one.held(), await other.held()) == ({("scores", 1)}, set())


async def test_a_lease_given_back_is_free_at_once(
    engine: AsyncEngine, generation: Generation
) -> None:
    one, other = Leases(engine), Leases(engine)
    assert await claim(one, generation)
    await one.release()
    assert await claim(other, generation)
    assert await other.held() == {("scores", 1)}


async def test_a_silent_holder_loses_its_lease(
    engine: AsyncEngine, generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infrastructure.read_models.leases.TAKEOVER_SECONDS", 0.2)
    one, other = Leases(engine), Leases(engine)
    assert await claim(one, generation)
    await holder_becomes(engine, "elsewhere:1:x")
    assert not await claim(other, generation)
    await until(lambda: claim(other, generation))
    assert await other.held() == {("scores", 1)}


async def test_a_holder_whose_process_has_ended_loses_its_lease_at_once(
    engine: AsyncEngine, generation: Generation
) -> None:
    one, other = Leases(engine), Leases(engine)
    assert await claim(one, generation)
    ended = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await ended.wait()
    host = one.holder.rsplit(":", 2)[0]
    await holder_becomes(engine, f"{host}:{ended.pid}:x")
    assert await claim(other, generation)
