"""The vault on every database we run on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import cast

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.database import create_engine
from infrastructure.sealing import SecretUnreadable
from infrastructure.settings import Secret, SettingError, Settings
from infrastructure.vault import VAULT_SECRETS, SqlVault, master_keys

pytestmark = pytest.mark.services
OLD, NEW = Fernet(Fernet.generate_key()), Fernet(Fernet.generate_key())


@pytest.fixture
async def engine(
    database_url: str, tables: Callable[[str], Awaitable[None]]
) -> AsyncIterator[AsyncEngine]:
    await tables(database_url)
    engine = create_engine(database_url)
    yield engine
    await engine.dispose()


async def _sealed(engine: AsyncEngine, name: str) -> bytes:
    async with engine.connect() as connection:
        query = select(VAULT_SECRETS.c.sealed).where(VAULT_SECRETS.c.name == name)
        return bytes((await connection.execute(query)).scalar_one())


async def test_get_returns_what_was_put_last(engine: AsyncEngine) -> None:
    vault = SqlVault(engine, [NEW])
    assert await vault.get("ingest-1") is None
    for secret in (b"first", b"\x00second\xff"):
        await vault.put("ingest-1", secret)
        assert await vault.get("ingest-1") == secret
    assert b"second" not in await _sealed(engine, "ingest-1")


async def test_put_first_leaves_what_stands_there(engine: AsyncEngine) -> None:
    vault = SqlVault(engine, [NEW])
    put = await asyncio.gather(*(vault.put_first("key", b"%d" % number) for number in range(5)))
    assert sorted(put) == [False] * 4 + [True]
    assert await vault.get("key") == b"%d" % put.index(True)


async def test_delete_is_done_when_it_is_gone(engine: AsyncEngine) -> None:
    vault = SqlVault(engine, [NEW])
    await vault.put("ingest-1", b"secret")
    for _ in range(2):
        await vault.delete("ingest-1")
    assert await vault.get("ingest-1") is None


async def test_get_seals_anew_what_an_older_key_sealed(engine: AsyncEngine) -> None:
    await SqlVault(engine, [OLD]).put("ingest-1", b"secret")
    assert await SqlVault(engine, [NEW, OLD]).get("ingest-1") == b"secret"
    assert await SqlVault(engine, [NEW]).get("ingest-1") == b"secret"


async def test_reseal_lets_the_older_key_go(engine: AsyncEngine) -> None:
    older = SqlVault(engine, [OLD])
    for number in range(3):
        await older.put(f"ingest-{number}", b"secret")
    assert await SqlVault(engine, [NEW, OLD]).reseal() == 3
    assert await SqlVault(engine, [NEW]).get("ingest-2") == b"secret"


async def test_get_refuses_when_no_key_opens_it(engine: AsyncEngine) -> None:
    await SqlVault(engine, [OLD]).put("ingest-1", b"secret")
    with pytest.raises(SecretUnreadable):
        await SqlVault(engine, [NEW]).get("ingest-1")


async def test_get_refuses_when_the_row_was_moved(engine: AsyncEngine) -> None:
    vault = SqlVault(engine, [NEW])
    await vault.put("ingest-1", b"secret")
    async with engine.begin() as connection:
        await connection.execute(update(VAULT_SECRETS).values(name="ingest-2"))
    with pytest.raises(SecretUnreadable):
        await vault.get("ingest-2")


@pytest.mark.parametrize("name", ["", "with space", "é", "x" * 201, "nul\0"])
async def test_name_is_refused_when_it_is_not_plain(name: str) -> None:
    vault = SqlVault(create_engine("sqlite+aiosqlite:///:memory:"), [NEW])
    with pytest.raises(ValueError, match="vault name"):
        await vault.get(name)


def _settings(master: str, previous: str) -> Settings:
    named = SimpleNamespace(master_key=Secret(master), previous_master_keys=Secret(previous))
    return cast(Settings, named)


def test_master_keys_are_the_present_one_and_the_previous_ones() -> None:
    keys = [Fernet.generate_key().decode() for _ in range(3)]
    present, *previous = master_keys(_settings(keys[0], f"{keys[1]}, {keys[2]},"))
    assert len(previous) == 2
    assert Fernet(keys[0].encode()).decrypt(present.encrypt(b"secret")) == b"secret"


def test_master_keys_refuse_what_is_no_key() -> None:
    with pytest.raises(SettingError, match="LIVE_PREVIOUS_MASTER_KEYS"):
        master_keys(_settings(Fernet.generate_key().decode(), "short"))
