"""An analyst's own application lives in tables of its own, on the same database."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from eventsourcing.application import Application
from eventsourcing.domain import (
    Aggregate,
    BaseAggregate,
    CanInitAggregate,
    CanMutateAggregate,
    MetaDomainEvent,
    event,
)
from eventsourcing.persistence import (
    IntegrityError,
    MapperDeserialisationError,
    OperationalError,
    StoredEvent,
)

from infrastructure.event_store.hash_chain import first_broken
from infrastructure.event_store.schema import GENESIS_HASH
from infrastructure.eventsourcing_module.mapper import LogMapper
from infrastructure.eventsourcing_module.product_log import ProductLog
from tests.support.library import library_env


class Segment(Aggregate):
    def __init__(self, name: str) -> None:
        self.name = name
        self.viewers: list[str] = []

    @event("ViewerAdded")
    def add(self, viewer: str) -> None:
        self.viewers.append(viewer)


class TextAggregate(BaseAggregate[str]):
    class Event(CanMutateAggregate[str], metaclass=MetaDomainEvent):
        originator_id: str
        originator_version: int
        timestamp: datetime

    class Created(Event, CanInitAggregate[str]):
        originator_topic: str


class Report(TextAggregate):
    @staticmethod
    def create_id(day: str) -> str:
        return f"report-{day}"

    def __init__(self, day: str) -> None:
        self.day = day


class Segments(Application[UUID]):
    is_snapshotting_enabled = True


class Reports(Application[str]):
    pass


class SampleTaken(msgspec.Struct, frozen=True):
    """An immutable event in the style of the library's msgspec examples."""

    originator_id: str
    originator_version: int
    viewers: int


def test_aggregates_are_there_after_a_restart(database_url: str) -> None:
    segment = Segment(name="regulars")
    segment.add("v1")
    with Segments(env=library_env(database_url)) as app:
        app.save(segment)
        app.take_snapshot(segment.id)

    with Segments(env=library_env(database_url)) as app:
        again: Segment = app.repository.get(segment.id)
        again.add("v2")
        (recording,) = app.save(again)
        stale = segment
        stale.add("v3")
        with pytest.raises(IntegrityError):
            app.save(stale)

    assert again.viewers == ["v1", "v2"]
    assert recording.notification.id == 3


def test_text_ids_stay_text(database_url: str) -> None:
    with Reports(env=library_env(database_url)) as app:
        app.save(Report("2026-11-23"))
        report: Report = app.repository.get("report-2026-11-23")
        (notification,) = app.recorder.select_notifications(1, 10)

    assert report.day == "2026-11-23"
    assert notification.originator_id == "report-2026-11-23"


def test_uuid_like_text_ids_stay_text_when_told(database_url: str) -> None:
    stream = "0190f3a2-0000-7000-8000-000000000001"
    env = {**library_env(database_url), "ORIGINATOR_ID_TYPE": "text"}
    with Reports(env=env) as app:
        app.recorder.insert_events([StoredEvent(stream, 1, "a:B", b"")])
        (notification,) = app.recorder.select_notifications(1, 10)

    assert notification.originator_id == stream


def test_applications_do_not_see_each_other(database_url: str) -> None:
    with (
        Segments(env=library_env(database_url)) as one,
        Reports(env=library_env(database_url)) as other,
    ):
        one.save(Segment(name="new"))
        other.save(Report("2026-11-23"))

        assert one.recorder.max_notification_id() == 1
        assert other.recorder.max_notification_id() == 1


@pytest.mark.parametrize(
    "extra",
    [{}, {"COMPRESSOR_TOPIC": "zlib", "CIPHER_KEY": "b" * 22 + "=="}],
    ids=["plain", "closed"],
)
def test_struct_events_come_back(sqlite_url: str, extra: dict[str, str]) -> None:
    sample: Any = SampleTaken("sample-1", 1, 42)
    with Reports(env={**library_env(sqlite_url), **extra}) as app:
        app.events.put([sample])

        assert list(app.events.get("sample-1")) == [sample]


def test_struct_event_of_another_shape_is_named(sqlite_url: str) -> None:
    topic = f"{SampleTaken.__module__}:SampleTaken"
    with Reports(env=library_env(sqlite_url)) as app:
        app.recorder.insert_events([StoredEvent("sample-1", 1, topic, b"{}")])

        with pytest.raises(MapperDeserialisationError, match="version 1 of sample-1"):
            list(app.events.get("sample-1"))


def test_unknown_fact_is_known_as_such(sqlite_url: str) -> None:
    with Reports(env=library_env(sqlite_url)) as app:
        app.recorder.insert_events([StoredEvent("sample-1", 1, "future.ThingHappened", b"{}")])
        (unknown,) = app.events.get("sample-1")

        assert isinstance(app.mapper, LogMapper)
        assert type(unknown).__name__ == "UnknownEvent"
        assert unknown.originator_version == 1


def test_log_of_an_application_is_chained_too(database_url: str) -> None:
    with Segments(env=library_env(database_url)) as app:
        for name in ("a", "b", "c"):
            app.save(Segment(name=name))
        datastore = app.factory.datastore  # type: ignore[attr-defined]
        rows = datastore.read(datastore.tables.log.events.select())

    assert first_broken(GENESIS_HASH, 0, rows)[0] is None


def test_product_log_is_never_laid_by_the_library(sqlite_url: str) -> None:
    with ProductLog(env=library_env(sqlite_url)) as app, pytest.raises(OperationalError):
        app.recorder.max_notification_id()
