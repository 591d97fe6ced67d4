"""A person's data opens with that person's key only, and never again once the key is gone."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from cryptography.fernet import Fernet, MultiFernet
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.shared import ERASED_TEXT
from infrastructure.database import create_engine
from infrastructure.event_store.keyring import Keyring, KeysMissing, KeysUnreadable
from infrastructure.event_store.schema import PERSON_KEYS
from infrastructure.news import News
from tests.support.accounts import MASTER, table_rows
from tests.support.eventually import eventually
from tests.support.servers import free_port


@pytest_asyncio.fixture
async def engine(log_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(log_url)
    yield engine
    await engine.dispose()


@asynccontextmanager
async def telling(keyring: Keyring, redis_url: str, prefix: str) -> AsyncIterator[None]:
    redis = Redis.from_url(redis_url)
    news = News(redis, f"{prefix}erased", keyring.drop)
    keyring.tell = news.tell
    await news.start()
    try:
        yield
    finally:
        await news.stop()
        await redis.aclose()


async def _is_heard(redis_url: str, prefix: str) -> bool:
    async with Redis.from_url(redis_url) as redis:
        ((_, listeners),) = await redis.pubsub_numsub(f"{prefix}erased")
    return bool(listeners == 2)


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


async def test_erase_destroys_a_key_no_master_key_opens_and_one_that_never_was(
    engine: AsyncEngine,
) -> None:
    await Keyring(engine, MASTER).fetch(["p"], create=True)
    stranger = Keyring(engine, MultiFernet([Fernet(Fernet.generate_key())]))
    await stranger.erase("p")
    await stranger.erase("q")
    await stranger.fetch(["p", "q"], create=True)

    assert stranger.seal("p", "x", "t.name") == stranger.seal("q", "x", "t.name") == ERASED_TEXT
    assert [row.wrapped_key for row in await table_rows(engine, PERSON_KEYS)] == [None, None]


async def test_erasing_again_changes_nothing(engine: AsyncEngine) -> None:
    keyring = Keyring(engine, MASTER)
    await keyring.fetch(["p"], create=True)
    await keyring.erase("p")
    once = await table_rows(engine, PERSON_KEYS)
    await keyring.erase("p")

    assert await table_rows(engine, PERSON_KEYS) == once


async def test_a_key_read_while_it_was_destroyed_is_not_kept(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring = Keyring(engine, MASTER)
    await keyring.fetch(["p"], create=True)
    read = keyring._stored

    async def overtaken(persons: Collection[str]) -> dict[str, bytes | None]:
        monkeypatch.undo()
        before = await read(persons)
        await keyring.erase("p")
        return before

    monkeypatch.setattr(keyring, "_stored", overtaken)
    await keyring.fetch(["p"], create=True)

    assert keyring.seal("p", "x", "t.name") == ERASED_TEXT


async def test_keys_asked_for_while_they_are_destroyed_never_come_back(
    engine: AsyncEngine,
) -> None:
    one, other = Keyring(engine, MASTER), Keyring(engine, MASTER)
    persons = [f"p{number}" for number in range(8)]
    for person in persons:
        await asyncio.gather(
            one.fetch([person], create=True), other.erase(person), one.fetch([person], create=True)
        )

    assert [row.wrapped_key for row in await table_rows(engine, PERSON_KEYS)] == [None] * 8


async def test_every_process_hears_of_an_erasure_at_once(
    engine: AsyncEngine, redis_url: str, redis_prefix: str
) -> None:
    one, other = Keyring(engine, MASTER), Keyring(engine, MASTER)
    async with telling(one, redis_url, redis_prefix), telling(other, redis_url, redis_prefix):
        await asyncio.gather(*(each.fetch(["p"], create=True) for each in (one, other)))
        await eventually(lambda: _is_heard(redis_url, redis_prefix))
        await one.erase("p")
        await eventually(lambda: not other.has("p"))


async def test_an_erasure_is_done_though_nobody_can_be_told(
    engine: AsyncEngine, redis_prefix: str
) -> None:
    keyring = Keyring(engine, MASTER)
    async with telling(keyring, f"redis://127.0.0.1:{free_port()}", redis_prefix):
        await keyring.erase("p")
        await keyring.fetch(["p"], create=True)

    assert keyring.seal("p", "x", "t.name") == ERASED_TEXT


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
