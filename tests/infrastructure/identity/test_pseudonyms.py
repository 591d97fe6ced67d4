"""Login ids: the same person gets the same one, and nothing in the table leads back to them."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.database import create_engine
from infrastructure.identity.pseudonyms import KEY_NAME, PseudonymKeyLost, SqlPseudonyms
from infrastructure.identity.schema import LOGIN_PSEUDONYMS
from infrastructure.vault import VAULT_SECRETS, SqlVault
from tests.support.jobs import created

pytestmark = pytest.mark.services
OLD, NEW = Fernet(Fernet.generate_key()), Fernet(Fernet.generate_key())
SUBJECT = "Uplanted0123456789abcdef0123456789"


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    async with created(database_url) as engine:
        yield engine


def process(engine: AsyncEngine, *master: Fernet) -> SqlPseudonyms:
    return SqlPseudonyms(engine, SqlVault(engine, master or (NEW,)))


async def test_same_person_gets_the_same_login_id(engine: AsyncEngine) -> None:
    login_id = await process(engine).login_id("line", SUBJECT)
    assert await process(engine).login_id("line", SUBJECT) == login_id
    assert await process(engine).find("line", SUBJECT) == login_id


async def test_login_ids_differ_by_person_and_by_provider(engine: AsyncEngine) -> None:
    pseudonyms = process(engine)
    made = {
        await pseudonyms.login_id("line", SUBJECT),
        await pseudonyms.login_id("google", SUBJECT),
        await pseudonyms.login_id("line", f"{SUBJECT}0"),
    }
    assert len(made) == 3
    assert await pseudonyms.find("apple", SUBJECT) is None


async def test_processes_that_start_together_make_one_key_and_one_login_id(
    database_url: str, engine: AsyncEngine
) -> None:
    engines = [create_engine(database_url) for _ in range(6)]
    made = await asyncio.gather(*(process(each).login_id("line", SUBJECT) for each in engines))
    for each in engines:
        await each.dispose()
    assert len(set(made)) == 1
    assert await process(engine).find("line", SUBJECT) == made[0]


async def test_login_id_outlives_a_change_of_the_master_key(engine: AsyncEngine) -> None:
    login_id = await process(engine, OLD).login_id("line", SUBJECT)
    await SqlVault(engine, (NEW, OLD)).reseal()
    assert await process(engine, NEW).find("line", SUBJECT) == login_id


async def test_forgotten_person_is_somebody_new(engine: AsyncEngine) -> None:
    pseudonyms = process(engine)
    gone = await pseudonyms.login_id("line", SUBJECT)
    kept = await pseudonyms.login_id("google", SUBJECT)
    for _ in range(2):
        await pseudonyms.forget([gone])
    await pseudonyms.forget([])
    assert await pseudonyms.find("line", SUBJECT) is None
    assert await pseudonyms.find("google", SUBJECT) == kept
    assert await pseudonyms.login_id("line", SUBJECT) != gone


async def test_lost_key_is_told_instead_of_made_anew(engine: AsyncEngine) -> None:
    await process(engine).login_id("line", SUBJECT)
    await SqlVault(engine, (NEW,)).delete(KEY_NAME)
    for work in (process(engine).login_id, process(engine).find):
        with pytest.raises(PseudonymKeyLost):
            await work("line", SUBJECT)


async def test_nothing_of_the_person_or_the_key_stands_in_clear(engine: AsyncEngine) -> None:
    await process(engine).login_id("line", SUBJECT)
    key = await SqlVault(engine, (NEW,)).get(KEY_NAME)
    async with engine.connect() as connection:
        tables = (LOGIN_PSEUDONYMS, VAULT_SECRETS)
        stored = [row for each in tables for row in await connection.execute(select(each))]
    assert SUBJECT not in repr(stored)
    assert not any(key in bytes(value) for row in stored for value in row if key is not None
                   and isinstance(value, bytes))  # fmt: skip
