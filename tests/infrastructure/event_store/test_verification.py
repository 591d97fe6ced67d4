"""A changed, removed or added record, and a log that was cut short, are all noticed."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import cast

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace
from sqlalchemy import Delete, Update, delete, update
from sqlalchemy.ext.asyncio import AsyncEngine

from application.ports import ObjectStore, ProviderUnavailable, StoredObject
from infrastructure.event_store.checkpoints import Checkpoints, is_genuine
from infrastructure.event_store.log import SqlEventLog
from infrastructure.event_store.schema import LOG
from infrastructure.event_store.verification import Verification, verify
from tests.support.accounts import PayIn, send, started_store

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
EVENTS = LOG.events


@dataclass(frozen=True)
class Told:
    """A log of twenty records, the fifteenth of which bears a checkpoint."""

    engine: AsyncEngine
    log: SqlEventLog
    checkpoints: Checkpoints

    async def tamper(self, statement: Update | Delete) -> Verification:
        async with self.engine.begin() as connection:
            await connection.execute(statement)
        return await verify(self.log, self.checkpoints)


@pytest_asyncio.fixture
async def told(log_url: str) -> AsyncIterator[Told]:
    async with started_store(log_url) as (store, engine):
        checkpoints = Checkpoints(engine, store.log, KEY)
        for count in (15, 5):
            await asyncio.gather(
                *(send(store, PayIn(account=f"a{n}", amount=1)) for n in range(count))
            )
            if count == 15:
                await checkpoints.sign()
        yield Told(engine, store.log, checkpoints)


async def test_untouched_log_is_intact(told: Told) -> None:
    found = await verify(told.log, told.checkpoints)
    assert (found.intact, found.events, found.first_broken) == (True, 20, None)
    assert found.checkpoint_holds


async def test_part_of_the_log_can_be_verified(told: Told) -> None:
    found = await verify(told.log, told.checkpoints, first=6, last=18)
    assert (found.intact, found.events, found.last) == (True, 13, 18)


async def test_what_is_yet_to_come_is_not_broken(told: Told) -> None:
    found = await verify(told.log, told.checkpoints, first=6, last=1000)
    assert (found.intact, found.events, found.last) == (True, 15, 20)


async def test_changed_payload_is_noticed(told: Told) -> None:
    changed = update(EVENTS).where(EVENTS.c.position == 7).values(payload=b'{"amount":9}')
    found = await told.tamper(changed)
    assert (found.intact, found.first_broken, found.events) == (False, 7, 6)


async def test_changed_envelope_is_noticed(told: Told) -> None:
    changed = update(EVENTS).where(EVENTS.c.position == 7).values(actor="user:2")
    assert (await told.tamper(changed)).first_broken == 7


async def test_removed_record_is_noticed(told: Told) -> None:
    removed = delete(EVENTS).where(EVENTS.c.position == 7)
    assert (await told.tamper(removed)).first_broken == 7


async def test_two_swapped_records_are_noticed(told: Told) -> None:
    position = EVENTS.c.position
    async with told.engine.begin() as connection:
        for old, new in ((7, 1000), (9, 7), (1000, 9)):
            await connection.execute(update(EVENTS).where(position == old).values(position=new))
    assert (await verify(told.log, told.checkpoints)).first_broken == 7


async def test_log_cut_short_is_noticed_by_its_checkpoint(told: Told) -> None:
    async with told.engine.begin() as connection:
        await connection.execute(update(LOG.log_head).values(position=12))
    found = await told.tamper(delete(EVENTS).where(EVENTS.c.position > 12))
    assert (found.intact, found.first_broken) == (False, 13)


async def test_rewritten_log_is_noticed_by_its_checkpoint(told: Told) -> None:
    """Even one whose hashes were all made to fit again."""
    async with told.engine.begin() as connection:
        await connection.execute(
            update(EVENTS).where(EVENTS.c.position == 15).values(hash=b"\x01" * 32)
        )
    found = await verify(told.log, told.checkpoints, first=15, last=15)
    assert not found.intact


async def test_checkpoint_is_genuine_with_its_key_and_content_only(told: Told) -> None:
    checkpoint = await told.checkpoints.latest()
    assert checkpoint is not None
    assert is_genuine(checkpoint, KEY.public_key())
    assert not is_genuine(replace(checkpoint, position=14), KEY.public_key())
    assert not is_genuine(checkpoint, Ed25519PrivateKey.generate().public_key())


async def test_sign_signs_a_position_once(told: Told) -> None:
    signed = await told.checkpoints.sign()
    assert signed is not None
    assert signed.position == 20
    assert await told.checkpoints.sign() is None


class ForgetfulStore:
    """An object store whose next puts fail."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.failures = 0

    async def head(self, key: str) -> StoredObject | None:
        body = self.kept.get(key)
        return None if body is None else StoredObject(key=key, size=len(body), content_type="")

    async def put(self, key: str, body: bytes, *, content_type: str) -> None:
        if self.failures:
            self.failures -= 1
            raise ProviderUnavailable(f"no {content_type} now")
        self.kept[key] = body


async def test_checkpoint_that_could_not_be_stored_elsewhere_is_stored_next_time(
    told: Told,
) -> None:
    objects = ForgetfulStore()
    checkpoints = Checkpoints(told.engine, told.log, KEY, cast("ObjectStore", objects))
    objects.failures = 1
    with pytest.raises(ProviderUnavailable):
        await checkpoints.sign()
    assert await checkpoints.sign() is None
    assert [int(key[-10:-5]) for key in objects.kept] == [15, 20]
