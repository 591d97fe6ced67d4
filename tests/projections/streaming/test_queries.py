"""Both projections on real databases and Redis, through the real engine."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest_asyncio
from cryptography.fernet import Fernet, MultiFernet
from redis.asyncio import Redis

from application.audience.handlers import HANDLERS as AUDIENCE_HANDLERS
from application.ports import Dispatch
from application.streaming.handlers import HANDLERS
from domain.audience.commands import SampleAudience
from domain.audience.events import AudienceSampled
from domain.shared import Command
from domain.streaming import commands as ask
from domain.streaming.events import EVENTS
from infrastructure.broadcast_index import ProjectedBroadcastIndex
from infrastructure.database import METADATA, create_engine
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.keyring import Keyring
from infrastructure.event_store.opening import EventStore, lay_head, open_event_store
from infrastructure.event_store.signal import LogSignal
from infrastructure.ids import new_id
from infrastructure.read_models.projector import Projector
from infrastructure.read_models.read_models import ReadModels
from projections.projection import Views
from projections.streaming.broadcasts import BROADCASTS, get_broadcast
from projections.streaming.catalogue import PROJECTIONS
from projections.streaming.live_streams import (
    LIVE_STREAMS,
    Listed,
    cursor_of,
    get_live_stream,
    list_live_streams,
    watched_streams,
)
from tests.support.builders import CUSTOMER_HOST, HOST, INPUT, NOON, SHOW, STRANGER, schedule
from tests.support.projections import caught_up, running

SHOWS = [f"0190f3a2-0000-7000-8000-{number:012d}" for number in range(1, 6)]


@dataclass
class Shown:
    """Commands go in, views come out."""

    store: EventStore
    views: ReadModels

    async def ask(self, *commands: Command) -> int:
        """The position the last of them reached."""
        position = 0
        for command in commands:
            dispatch = Dispatch(command=command, command_id=new_id(), actor="user:host", now=NOON)
            position = (await self.store.sequencer.execute(dispatch)).position
        return position


@pytest_asyncio.fixture
async def shown(database_url: str, redis_url: str, redis_prefix: str) -> AsyncIterator[Shown]:
    engine, redis = create_engine(database_url), Redis.from_url(redis_url)
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    await lay_head(engine)
    keyring = Keyring(engine, MultiFernet([Fernet(Fernet.generate_key())]))
    codec = EventCodec((*EVENTS, AudienceSampled), keyring)
    handlers = {**HANDLERS, **AUDIENCE_HANDLERS}
    store = open_event_store(engine, codec, handlers, LogSignal(redis, prefix=redis_prefix))
    await store.signal.start()
    await store.sequencer.start()
    projector = Projector(
        PROJECTIONS, log=store.log, engine=engine, redis=redis, prefix=redis_prefix
    )
    async with running(projector), ReadModels(engine, redis, prefix=redis_prefix) as views:
        for projection in PROJECTIONS:
            await caught_up(views, projection, 0)
        yield Shown(store, views)
    await store.sequencer.stop()
    await store.signal.stop()
    await redis.aclose()
    await engine.dispose()


async def ids(views: Views, wanted: Listed) -> list[str]:
    return [view.id for view in (await list_live_streams(views, wanted, limit=50)).value]


async def test_a_host_reads_their_own_show_right_after_scheduling_it(shown: Shown) -> None:
    position = await shown.ask(schedule())
    everybody = await get_live_stream(shown.views, SHOW, min_position=position)
    host = await get_broadcast(shown.views, SHOW, min_position=position)
    assert everybody.value is not None
    assert everybody.value.host_name == "Mei"
    assert everybody.position >= position
    assert host.value is not None
    assert host.value.host_id == HOST


async def test_an_unknown_show_is_not_there(shown: Shown) -> None:
    assert (await get_live_stream(shown.views, STRANGER)).value is None
    assert (await get_broadcast(shown.views, STRANGER)).value is None


async def test_shows_are_listed_by_status_market_and_host_newest_first(shown: Shown) -> None:
    first, second, third = SHOWS[:3]
    position = await shown.ask(
        schedule(stream_id=first),
        schedule(stream_id=second, market="TH", language="th"),
        schedule(stream_id=third, by=STRANGER),
        ask.CancelLiveStream(stream_id=first, by=HOST),
    )
    await shown.views.wait(LIVE_STREAMS, position)
    assert await ids(shown.views, Listed()) == [third, second, first]
    assert await ids(shown.views, Listed(status="scheduled")) == [third, second]
    assert await ids(shown.views, Listed(market="TW")) == [third, first]
    assert await ids(shown.views, Listed(host=HOST)) == [second, first]
    assert await ids(shown.views, Listed(status="cancelled", market="TW", host=HOST)) == [first]
    assert await ids(shown.views, Listed(status="scheduled", market="TW", host=HOST)) == []


async def test_paging_neither_repeats_nor_hides_a_show_when_others_change(shown: Shown) -> None:
    position = await shown.ask(*(schedule(stream_id=show) for show in SHOWS[:4]))
    wanted = Listed(min_position=position)
    page = (await list_live_streams(shown.views, wanted, limit=2)).value
    assert [view.id for view in page] == [SHOWS[3], SHOWS[2]]
    position = await shown.ask(
        schedule(stream_id=SHOWS[4]), ask.CancelLiveStream(stream_id=SHOWS[2], by=HOST)
    )
    wanted = Listed(min_position=position)
    before = cursor_of(page[-1])
    rest = (await list_live_streams(shown.views, wanted, limit=2, before=before)).value
    assert [view.id for view in rest] == [SHOWS[1], SHOWS[0]]


async def test_the_index_finds_shows_by_input_and_those_with_work_left(shown: Shown) -> None:
    index = ProjectedBroadcastIndex(shown.views)
    made = ask.RecordLiveInput(stream_id=SHOWS[0], input_uid=INPUT, customer_host=CUSTOMER_HOST)
    position = await shown.ask(
        *(schedule(stream_id=show) for show in SHOWS[:3]),
        made,
        ask.CancelLiveStream(stream_id=SHOWS[1], by=HOST),
    )
    await shown.views.wait(BROADCASTS, position)
    assert await index.stream_of_input(INPUT) == SHOWS[0]
    assert await index.stream_of_input("0" * 32) is None
    opened = {each.stream_id: each for each in await index.open_broadcasts()}
    assert list(opened) == [SHOWS[0], SHOWS[2]]
    assert (opened[SHOWS[0]].input_uid, opened[SHOWS[0]].status) == (INPUT, "ready")
    assert opened[SHOWS[2]].input_uid is None


def sample(stream_id: str, viewers: int) -> SampleAudience:
    return SampleAudience(stream_id=stream_id, viewers=viewers, most=viewers)


async def test_watched_shows_are_found_however_many(shown: Shown) -> None:
    many = [f"0190f3a2-0000-7000-8000-{number:012d}" for number in range(1, 252)]
    await shown.ask(*(schedule(stream_id=each) for each in many))
    position = await shown.ask(*(sample(each, 3) for each in many[1:]), sample(many[7], 0))
    await shown.views.wait(LIVE_STREAMS, position)
    assert set(await watched_streams(shown.views)) == {*many[1:7], *many[8:]}
