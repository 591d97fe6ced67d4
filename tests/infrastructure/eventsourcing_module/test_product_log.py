"""An analyst's code follows the product's log, and may append to it, by the library's own means."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.persistence import StoredEvent, Tracking
from eventsourcing.projection import Projection, ProjectionRunner
from sqlalchemy import Column, MetaData, String, Table, insert, select

from application.streaming.handlers import HANDLERS
from domain.shared import ERASED_TEXT
from domain.streaming.commands import CancelLiveStream
from domain.streaming.events import EVENTS, LiveStreamRevised, LiveStreamScheduled
from infrastructure.event_store.hash_chain import first_broken
from infrastructure.event_store.opening import EventStore
from infrastructure.event_store.schema import GENESIS_HASH
from infrastructure.eventsourcing_module.facts import located, plain
from infrastructure.eventsourcing_module.product_log import ProductLog
from infrastructure.eventsourcing_module.tracking import LogTrackingRecorder
from tests.support.accounts import send, started_store
from tests.support.builders import HOST, SHOW, schedule
from tests.support.library import library_env

STREAM = f"live_stream-{SHOW}"
REVISED = LiveStreamRevised(title="Winter sale", description="", scheduled_at=None)


class HostsView(LogTrackingRecorder):
    """Who hosts which show."""

    def define_tables(self, metadata: MetaData, prefix: str) -> Sequence[Table]:
        self.hosts = Table(
            f"{prefix}hosts",
            metadata,
            Column("stream", String(60), primary_key=True),
            Column("host", String(100), nullable=False),
        )
        return [self.hosts]


class Hosts(Projection[HostsView]):
    """Its default moves the tracking on: then waiting for any event's position is meaningful."""

    @singledispatchmethod
    def process_event(self, _: Any, tracking: Tracking) -> None:
        self.view.insert_tracking(tracking)

    @process_event.register
    def scheduled(self, fact: LiveStreamScheduled, tracking: Tracking) -> None:
        row = {"stream": fact.originator_id, "host": fact.host_name}  # type: ignore[attr-defined]
        self.view.write(tracking, insert(self.view.hosts).values(row))


class ScheduledOnly(Hosts):
    topics = (LiveStreamScheduled.tag,)


@asynccontextmanager
async def product(url: str) -> AsyncIterator[EventStore]:
    async with started_store(url, event_types=EVENTS, handlers=HANDLERS) as (store, _):
        yield store


def cancel() -> CancelLiveStream:
    return CancelLiveStream(stream_id=SHOW, by=HOST)


async def test_notification_log_shows_the_products_facts(log_url: str) -> None:
    async with product(log_url) as store:
        await send(store, schedule())
        await send(store, cancel())

    with ProductLog(env=library_env(log_url)) as app:
        section = app.notification_log["1,10"]
        (scheduled, cancelled) = app.events.get(STREAM)

    assert [(item.id, item.topic) for item in section.items] == [
        (1, "streaming.LiveStreamScheduled"),
        (2, "streaming.LiveStreamCancelled"),
    ]
    assert isinstance(scheduled, LiveStreamScheduled)
    assert (scheduled.host_name, scheduled.title) == ("Mei", "Autumn sale")
    assert (cancelled.originator_id, cancelled.originator_version) == (STREAM, 2)


async def test_erased_person_reads_as_placeholder(log_url: str) -> None:
    async with product(log_url) as store:
        await send(store, schedule())
        await store.codec.keyring.erase(HOST)

    with ProductLog(env=library_env(log_url)) as app:
        (scheduled,) = app.events.get(STREAM)

    assert scheduled.host_name == ERASED_TEXT  # type: ignore[attr-defined]


async def test_sealed_fields_stay_sealed_without_the_master_key(log_url: str) -> None:
    async with product(log_url) as store:
        await send(store, schedule())

    with ProductLog(env={**library_env(log_url), "LIVE_MASTER_KEY": ""}) as app:
        (scheduled,) = app.events.get(STREAM)
        with pytest.raises(ValueError, match="LIVE_MASTER_KEY"):
            app.events.put([located(scheduled, STREAM, 2)])  # type: ignore[arg-type]

    assert scheduled.host_name.startswith("sealed:")  # type: ignore[attr-defined]


async def test_projection_follows_the_product_as_it_appends(log_url: str) -> None:
    with runner_of(Hosts, log_url) as runner:
        async with product(log_url) as store:
            await send(store, schedule())
            position = (await send(store, cancel())).position
            await asyncio.to_thread(runner.wait, position, 10)
        hosts = runner.projection.view.read(select(runner.projection.view.hosts))

    assert [tuple(row) for row in hosts] == [(STREAM, "Mei")]


async def test_projection_of_some_topics_gets_only_these(log_url: str) -> None:
    async with product(log_url) as store:
        await send(store, schedule())
        await send(store, cancel())
        last = await send(store, schedule(stream_id="0190f3a2-0000-7000-8000-000000000002"))

    with runner_of(ScheduledOnly, log_url) as runner:
        await asyncio.to_thread(runner.wait, last.position, 10)
        hosts = runner.projection.view.read(select(runner.projection.view.hosts))

    assert len(hosts) == 2


def runner_of(projection: type[Hosts], url: str) -> "ProjectionRunner[ProductLog, HostsView]":
    return ProjectionRunner(
        application_class=ProductLog,
        projection_class=projection,
        view_class=HostsView,
        env=library_env(url),
    )


async def test_product_decides_on_what_the_library_appended(log_url: str) -> None:
    async with product(log_url) as store:
        await send(store, schedule())
        with ProductLog(env=library_env(log_url)) as app:
            (recording,) = app.events.put([located(REVISED, STREAM, 2)])
        outcome = await send(store, cancel())
        rows = await store.log.read_rows(0, 10)
        recorded = await store.log.decode(rows)

    assert (recording.notification.id, outcome.position, outcome.version) == (2, 3, 3)
    assert recorded[1].event == REVISED
    assert recorded[1].actor == "library:ProductLog"
    assert first_broken(GENESIS_HASH, 0, rows)[0] is None


async def test_personal_data_appended_by_the_library_is_sealed(log_url: str) -> None:
    async with product(log_url) as store:
        await send(store, schedule())
        with ProductLog(env=library_env(log_url)) as app:
            fact: Any = next(app.events.get(STREAM))
            app.events.put([located(fact, "live_stream-b", 1)])
        row = (await store.log.read_rows(1, 1))[0]
        (recorded,) = await store.log.decode([row])

    assert b"Mei" not in row[5]
    assert recorded.event == plain(fact)


async def test_sequencer_and_library_append_at_once(log_url: str) -> None:
    shows = [f"0190f3a2-0000-7000-8000-{number:012}" for number in range(200)]

    def insert_each(app: ProductLog) -> None:
        for number in range(60):
            app.recorder.insert_events([StoredEvent("analysis-1", number, "analysis.Made", b"\0")])

    async with product(log_url) as store:
        with ProductLog(env=library_env(log_url)) as app:
            inserting = asyncio.create_task(asyncio.to_thread(insert_each, app))
            await asyncio.gather(*(send(store, schedule(stream_id=show)) for show in shows))
            await inserting
            notifications = app.recorder.select_notifications(1, 1000)
        rows = await store.log.read_rows(0, 1000)

    assert [notification.id for notification in notifications] == list(range(1, 261))
    assert first_broken(GENESIS_HASH, 0, rows)[0] is None
