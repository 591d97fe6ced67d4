"""A person's data opens with that person's key only, and never again once the key is gone."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.shared import ERASED_TEXT
from infrastructure.database import create_engine
from infrastructure.event_store.keyring import Keyring, KeysMissing, KeysUnreadable
from infrastructure.event_store.schema import PERSON_KEYS
from tests.support.accounts import MASTER, table_rows


@pytest_asyncio.fixture
async def engine(log_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(log_url)
    yield engine
    await engine.dispose()


async def test_sealed_text_opens_for_its_person_and_place_only(engine: AsyncEngine) -> None:
    keyring = Keyring(engine, MASTER)
    await keyring.fetch(["p", "q"], create=True)
    sealed = keyring.seal("p", "王小明", "t.name")

    assert "王小明" not in sealed
    assert keyring.open("p", sealed, "t.name") == "王小明"
    assert keyring.open("q", sealed, "t.name") == ERASED_TEXT
    assert keyring.open("p", sealed, "t.phone") == ERASED_TEXT


async def test_damaged_text_is_as_good_as_erased(engine: AsyncEngine) -> None:
    keyring = Keyring(engine, MASTER)
    await keyring.fetch(["p"], create=True)

    for damaged in ("sealed:1:", "sealed:1:x", "sealed:1:AAAA", "plain"):
        assert keyring.open("p", damaged, "t.name") == ERASED_TEXT


async def test_fetch_makes_room_and_leaves_what_was_just_at_hand(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infrastructure.event_store.keyring._CACHED_KEYS", 1)
    keyring = Keyring(engine, MASTER)
    await keyring.fetch(["a", "b"], create=True)
    await keyring.fetch(["c", "d"], create=True)
    assert all(map(keyring.has, "abcd"))
    await keyring.fetch(["e", "f"], create=True)

    assert all(map(keyring.has, "cdef"))
    assert not keyring.has("a")


async def test_keys_are_shared_by_all_who_hold_the_master_key(engine: AsyncEngine) -> None:
    one, other = Keyring(engine, MASTER), Keyring(engine, MASTER)
    await one.fetch(["p"], create=True)
    with pytest.raises(KeysMissing):
        other.seal("p", "x", "t.name")
    await other.fetch(["p"], create=True)

    assert other.open("p", one.seal("p", "สมชาย", "t.name"), "t.name") == "สมชาย"


async def test_erase_makes_the_past_unreadable_and_the_future_unkept(engine: AsyncEngine) -> None:
    keyring = Keyring(engine, MASTER)
    await keyring.fetch(["p"], create=True)
    sealed = keyring.seal("p", "x", "t.name")
    await keyring.erase("p")
    await keyring.fetch(["p"], create=True)

    assert keyring.open("p", sealed, "t.name") == ERASED_TEXT
    assert keyring.seal("p", "again", "t.name") == ERASED_TEXT
    ((_, wrapped, _, erased_us),) = await table_rows(engine, PERSON_KEYS)
    assert wrapped is None
    assert erased_us


async def test_fetch_says_so_when_the_master_key_is_another(engine: AsyncEngine) -> None:
    await Keyring(engine, MASTER).fetch(["p"], create=True)
    stranger = Keyring(engine, MultiFernet([Fernet(Fernet.generate_key())]))
    with pytest.raises(KeysUnreadable):
        await stranger.fetch(["p"], create=False)


async def test_master_key_can_be_replaced_while_the_old_one_still_opens(
    engine: AsyncEngine,
) -> None:
    old, new = Fernet(Fernet.generate_key()), Fernet(Fernet.generate_key())
    before = Keyring(engine, MultiFernet([old]))
    await before.fetch(["p"], create=True)
    sealed = before.seal("p", "x", "t.name")
    after = Keyring(engine, MultiFernet([new, old]))
    await after.fetch(["p"], create=False)

    assert after.open("p", sealed, "t.name") == "x"
