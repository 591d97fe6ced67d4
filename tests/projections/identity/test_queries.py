"""Accounts on real databases, through the real engine."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest_asyncio
from cryptography.fernet import Fernet, MultiFernet
from redis.asyncio import Redis

from application.identity.handlers import HANDLERS
from application.ports import Dispatch
from domain.identity import commands as ask
from domain.identity.events import EVENTS
from domain.shared import Command
from infrastructure.database import METADATA, create_engine
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.keyring import Keyring
from infrastructure.event_store.opening import EventStore, lay_head, open_event_store
from infrastructure.event_store.signal import LogSignal
from infrastructure.ids import new_id
from infrastructure.read_models.projector import Projector
from infrastructure.read_models.read_models import ReadModels
from projections.identity.accounts import Listed, get_account, list_accounts
from projections.identity.catalogue import PROJECTIONS
from tests.support.builders import NOON
from tests.support.people import PERSON, register
from tests.support.projections import running

PEOPLE = [f"0190f3a2-0000-7000-8000-{number:012d}" for number in range(1, 6)]


@dataclass
class Shown:
    """Commands go in, views come out."""

    store: EventStore
    views: ReadModels

    async def ask(self, *commands: Command) -> int:
        """The position the last of them reached."""
        position = 0
        for command in commands:
            dispatch = Dispatch(command=command, command_id=new_id(), actor="user:test", now=NOON)
            position = (await self.store.sequencer.execute(dispatch)).position
        return position

    async def listed(self, wanted: Listed, **page: Any) -> list[str]:
        seen = await list_accounts(self.views, wanted, **{"limit": 10, **page})
        return [view.id for view in seen.value]


@pytest_asyncio.fixture
async def shown(database_url: str, redis_url: str, redis_prefix: str) -> AsyncIterator[Shown]:
    engine, redis = create_engine(database_url), Redis.from_url(redis_url)
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    await lay_head(engine)
    codec = EventCodec(EVENTS, Keyring(engine, MultiFernet([Fernet(Fernet.generate_key())])))
    store = open_event_store(engine, codec, HANDLERS, LogSignal())
    await store.sequencer.start()
    projector = Projector(
        PROJECTIONS, log=store.log, engine=engine, redis=redis, prefix=redis_prefix
    )
    async with running(projector), ReadModels(engine, redis, prefix=redis_prefix) as views:
        yield Shown(store, views)
    await store.sequencer.stop()
    await redis.aclose()
    await engine.dispose()


def opening(user_id: str, kind: Any = "registered", roles: Any = ("viewer",)) -> ask.OpenAccount:
    return ask.OpenAccount(
        user_id=user_id, kind=kind, name="Mei", market="TW", language="th", roles=roles
    )


async def test_an_account_is_read_as_soon_as_it_was_written(shown: Shown) -> None:
    position = await shown.ask(register(), ask.ReviseProfile(user_id=PERSON, name="小美"))
    seen = await get_account(shown.views, PERSON, min_position=position)
    assert seen.value is not None
    assert (seen.value.name, seen.value.identities[0].email) == ("小美", "mei@mail.example")
    assert seen.position >= position
    assert (await get_account(shown.views, "nobody")).value is None


async def test_an_erased_account_is_gone(shown: Shown) -> None:
    position = await shown.ask(
        register(),
        ask.RequestErasure(user_id=PERSON),
        ask.RecordErasure(user_id=PERSON, subject_key_id=PERSON, method="key_destroyed"),
    )
    assert (await get_account(shown.views, PERSON, min_position=position)).value is None


async def test_accounts_are_listed_page_by_page_the_newest_first(shown: Shown) -> None:
    position = await shown.ask(*(opening(person) for person in PEOPLE))
    newest_first = list(reversed(PEOPLE))
    wanted = Listed(min_position=position)
    page = await list_accounts(shown.views, wanted, limit=2)
    assert [view.id for view in page.value] == newest_first[:2]
    rest = await shown.listed(wanted, before=page.value[-1].listed_at)
    assert rest == newest_first[2:]


async def test_accounts_are_listed_by_kind_and_role(shown: Shown) -> None:
    guest, viewer, host, admin, _ = PEOPLE
    position = await shown.ask(
        opening(guest, kind="guest"),
        opening(viewer),
        opening(host, roles=("viewer", "host")),
        opening(admin),
        ask.ChangeRoles(user_id=admin, roles=("viewer", "admin")),
    )
    asked: dict[str, dict[str, Any]] = {
        "guests": {"kind": "guest"},
        "hosts": {"role": "host"},
        "admins": {"role": "admin", "kind": "registered"},
        "guest hosts": {"role": "host", "kind": "guest"},
    }
    found = {
        name: await shown.listed(Listed(min_position=position, **wanted))
        for name, wanted in asked.items()
    }
    assert found == {"guests": [guest], "hosts": [host], "admins": [admin], "guest hosts": []}
