"""Keyed digests: all processes of an installation make the same, and nobody else does."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from cryptography.fernet import Fernet
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.database import create_engine
from infrastructure.keyed_digests import KeyedDigests
from infrastructure.vault import SqlVault
from tests.support.jobs import created

pytestmark = pytest.mark.services
OLD, NEW = Fernet(Fernet.generate_key()), Fernet(Fernet.generate_key())


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    async with created(database_url) as engine:
        yield engine


def process(engine: AsyncEngine, *master: Fernet) -> KeyedDigests:
    return KeyedDigests(SqlVault(engine, master or (NEW,)), "a-key")


async def test_processes_that_start_together_digest_alike(
    database_url: str, engine: AsyncEngine
) -> None:
    engines = [create_engine(database_url) for _ in range(6)]
    made = await asyncio.gather(*(process(each)(b"hello") for each in engines))
    for each in engines:
        await each.dispose()
    assert {*made} == {await process(engine)(b"hello")}
    assert await process(engine)(b"hello!") not in made


async def test_a_digest_tells_nothing_to_who_has_another_key(engine: AsyncEngine) -> None:
    digest = await process(engine)(b"hello")
    await SqlVault(engine, (NEW,)).delete("a-key")
    assert await process(engine)(b"hello") != digest


async def test_digests_outlive_a_change_of_the_master_key(engine: AsyncEngine) -> None:
    digest = await process(engine, OLD)(b"hello")
    assert await process(engine, NEW, OLD)(b"hello") == digest
    assert await process(engine, NEW)(b"hello") == digest
