"""Signing keys: one signs at a time, all know it beforehand, and none outstays its use."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.identity.schema import SIGNING_KEYS
from infrastructure.identity.signing_key_table import SigningKeyTable, thumbprint
from infrastructure.identity.signing_keys import (
    ANNOUNCED_SECONDS,
    LONGEST_USUAL_SECONDS,
    SigningKeys,
)
from infrastructure.sealing import SecretUnreadable
from tests.support.clock import Clock
from tests.support.cut import relayed
from tests.support.jobs import created

pytestmark = pytest.mark.services
DAY = 86400
OLD, NEW = Fernet(Fernet.generate_key()), Fernet(Fernet.generate_key())
# RFC 8037 appendix A.3: the thumbprint of appendix A.1's key.
RFC_8037_SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
RFC_8037_THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    async with created(database_url) as engine:
        yield engine


@pytest.fixture
def clock() -> Clock:
    return Clock()


def process(engine: AsyncEngine, clock: Clock, *master: Fernet) -> SigningKeys:
    return SigningKeys(SigningKeyTable(engine, master or (NEW,)), clock=clock)


async def signing(keys: SigningKeys) -> str:
    return (await keys.signer(until=0))[0]


async def published(keys: SigningKeys) -> list[str]:
    return [key.kid for key in (await keys.published()).keys]


async def private_halves(engine: AsyncEngine) -> list[bytes | None]:
    query = select(SIGNING_KEYS.c.sealed_private_key).order_by(SIGNING_KEYS.c.number)
    async with engine.connect() as connection:
        return list((await connection.execute(query)).scalars())


def test_key_id_is_the_thumbprint_of_rfc_8037() -> None:
    key = Ed25519PrivateKey.from_private_bytes(RFC_8037_SEED)
    assert thumbprint(key.public_key()) == RFC_8037_THUMBPRINT


async def test_processes_that_start_together_sign_with_the_same_key(
    engine: AsyncEngine, clock: Clock
) -> None:
    processes = [process(engine, clock) for _ in range(6)]
    assert len(set(await asyncio.gather(*map(signing, processes)))) == 1


async def test_clock_behind_that_of_the_first_key_s_maker_signs_nevertheless(
    engine: AsyncEngine, clock: Clock
) -> None:
    kid = await signing(process(engine, clock))
    assert await signing(process(engine, Clock(clock.now - 3))) == kid


async def test_one_of_several_schedulers_makes_the_next_key(
    engine: AsyncEngine, clock: Clock
) -> None:
    schedulers = [process(engine, clock) for _ in range(6)]
    first = await asyncio.gather(*(keys.rotate(days=30) for keys in schedulers))
    assert sorted(first) == [False] * 5 + [True]
    clock.now += 30 * DAY
    second = await asyncio.gather(*(keys.rotate(days=30) for keys in schedulers))
    assert sorted(second) == [False] * 5 + [True]
    assert not await schedulers[0].rotate(days=30)
    assert len(await private_halves(engine)) == 2


async def test_next_key_is_published_before_it_signs(engine: AsyncEngine, clock: Clock) -> None:
    api, scheduler = process(engine, clock), process(engine, clock)
    old = await signing(api)
    clock.now += 30 * DAY
    assert await scheduler.rotate(days=30)
    clock.now += 60
    [_, new] = await published(api)
    assert await signing(api) == await signing(scheduler) == old
    assert api.public(new) is not None
    clock.now += ANNOUNCED_SECONDS - 60
    assert await signing(api) == await signing(scheduler) == new


async def test_restarted_process_signs_and_verifies_as_the_others_do(
    engine: AsyncEngine, clock: Clock
) -> None:
    before = process(engine, clock)
    old = await signing(before)
    clock.now += 30 * DAY
    await before.rotate(days=30)
    clock.now += ANNOUNCED_SECONDS
    new = await signing(before)
    restarted = process(engine, clock)
    assert await signing(restarted) == new != old
    assert restarted.public(old) is not None


async def test_key_is_retired_once_the_last_token_it_may_have_signed_is_over(
    engine: AsyncEngine, clock: Clock
) -> None:
    keys = process(engine, clock)
    old = await signing(keys)
    clock.now += 30 * DAY
    await keys.rotate(days=30)
    clock.now += 2 * ANNOUNCED_SECONDS - 1
    assert await keys.retire() == 0
    assert None not in await private_halves(engine)
    clock.now += 1
    assert await keys.retire() == 0
    [destroyed, _] = await private_halves(engine)
    assert destroyed is None
    clock.now += LONGEST_USUAL_SECONDS
    assert await keys.retire() == 1
    clock.now += 60
    assert old not in await published(keys)
    assert await keys.retire() == 0


async def test_key_that_signed_a_token_of_long_life_stays_for_it(
    engine: AsyncEngine, clock: Clock
) -> None:
    keys = process(engine, clock)
    clock.now += 30 * DAY
    kid, _ = await keys.signer(until=clock.now + 40 * DAY)
    clock.now += 30 * DAY
    await keys.rotate(days=30)
    clock.now += 10 * DAY - 1
    assert await keys.retire() == 0
    assert kid in await published(keys)
    clock.now += 1
    assert await keys.retire() == 1


@pytest.mark.parametrize("server", ["mysql", "mariadb"])
async def test_known_key_signs_on_while_the_database_is_away(
    request: pytest.FixtureRequest, clock: Clock, server: str
) -> None:
    direct = request.getfixturevalue(f"{server}_url")
    async with relayed(direct) as (relay, url), created(url) as engine:
        keys = process(engine, clock)
        kid = await signing(keys)
        await relay.cut()
        clock.now += 61
        assert await signing(keys) == kid
        with pytest.raises(DBAPIError):
            await signing(process(engine, clock))
        await relay.join()
        assert await signing(process(engine, clock)) == kid


async def test_leaked_key_is_replaced_at_once(engine: AsyncEngine, clock: Clock) -> None:
    api = process(engine, clock)
    leaked = await signing(api)
    clock.now += 30 * DAY
    await api.rotate(days=30)
    clock.now += 1
    assert await SigningKeyTable(engine, (NEW,)).replace_all(now=clock.now) == 2
    restarted = process(engine, clock)
    replacement = await signing(restarted)
    assert await published(restarted) == [replacement]
    assert restarted.public(leaked) is None
    clock.now += 60
    assert await signing(api) == replacement


async def test_private_halves_stand_sealed_and_bound_to_their_key(
    engine: AsyncEngine, clock: Clock
) -> None:
    keys = process(engine, clock)
    _, private = await keys.signer(until=0)
    [sealed] = await private_halves(engine)
    assert private.private_bytes_raw() not in bytes(sealed or b"")
    [key] = await SigningKeyTable(engine, (NEW,)).all()
    assert str(sealed) not in repr(key)
    async with engine.begin() as connection:
        await connection.execute(update(SIGNING_KEYS).values(kid="another"))
    with pytest.raises(SecretUnreadable):
        await signing(process(engine, clock))


async def test_reseal_lets_the_older_master_key_go(engine: AsyncEngine, clock: Clock) -> None:
    kid = await signing(process(engine, clock, OLD))
    assert await SigningKeyTable(engine, (NEW, OLD)).reseal() == 1
    assert await signing(process(engine, clock, NEW)) == kid
    with pytest.raises(SecretUnreadable):
        await signing(process(engine, clock, OLD))
