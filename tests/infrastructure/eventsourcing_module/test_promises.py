"""What the library's own cases do not ask: batches, races, lost answers, bad input, closing."""

import gc
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from eventsourcing.persistence import (
    DataError,
    InfrastructureFactory,
    IntegrityError,
    InterfaceError,
    OperationalError,
    PersistenceError,
    StoredEvent,
    Tracking,
)
from eventsourcing.utils import Environment

from infrastructure.event_store.hash_chain import first_broken
from infrastructure.event_store.schema import GENESIS_HASH
from infrastructure.eventsourcing_module.factory import LogFactory
from infrastructure.eventsourcing_module.recorders import LogApplicationRecorder, drafts_of
from infrastructure.eventsourcing_module.tracking import LogProcessRecorder
from infrastructure.eventsourcing_module.versioned import VersionedEvent, VersionedNotification
from infrastructure.settings import SettingError
from tests.support.library import library_env

ODD = "odd'\"%s%%\\;:x-1"
_ANY_BYTES = bytes(range(256)) + b"\0'\"\\;--"


@contextmanager
def recorder_on(url: str, **env: str) -> Iterator[LogProcessRecorder]:
    factory = LogFactory(Environment("Promises", {**library_env(url), **env}))
    try:
        recorder = factory.process_recorder()
        assert isinstance(recorder, LogProcessRecorder)
        yield recorder
    finally:
        factory.close()


def stored(
    stream: str = "s", version: int = 1, topic: str = "m:T", state: bytes = b""
) -> StoredEvent:
    return StoredEvent(stream, version, topic, state)


def outcomes(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each returned or raised, all of them called at once."""
    together = threading.Barrier(len(calls))

    def outcome(call: Callable[[], Any]) -> Any:
        together.wait()
        try:
            return call()
        except PersistenceError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(outcome, calls))


def test_conflict_of_one_costs_its_neighbours_nothing(database_url: str) -> None:
    with recorder_on(database_url) as recorder:
        recorder.insert_events([stored(ODD)])
        conflicting = partial(recorder.insert_events, [stored("other"), stored(ODD)])
        fine = [partial(recorder.insert_events, [stored(f"fine-{n}")]) for n in range(8)]
        refused, *rest = outcomes([conflicting, *fine])

        assert isinstance(refused, IntegrityError)
        assert sorted(position for (position,) in rest) == list(range(2, 10))
        assert recorder.select_events("other") == []


def test_one_of_many_gets_a_contested_version(database_url: str) -> None:
    with recorder_on(database_url) as recorder:
        calls = [partial(recorder.insert_events, [stored("wanted")])] * 8
        results = outcomes(calls)

        assert [result for result in results if not isinstance(result, IntegrityError)] == [[1]]
        assert recorder.max_notification_id() == 1


def test_tracking_moves_forward_only_when_raced(database_url: str) -> None:
    with recorder_on(database_url) as recorder:
        for position in range(1, 6):
            tracking = Tracking("upstream", position)
            alone = [partial(recorder.insert_tracking, tracking)] * 3
            with_events = [
                partial(recorder.insert_events, [stored(f"t{n}", position)], tracking=tracking)
                for n in range(3)
            ]
            results = outcomes([*alone, *with_events])

            assert sum(not isinstance(result, IntegrityError) for result in results) == 1
            assert recorder.max_tracking_id("upstream") == position


def test_refused_tracking_leaves_no_events(database_url: str) -> None:
    with recorder_on(database_url) as recorder:
        recorder.insert_tracking(Tracking("upstream", 5))
        with pytest.raises(IntegrityError):
            recorder.insert_events([stored()], tracking=Tracking("upstream", 5))

        assert recorder.max_notification_id() is None


def test_refused_events_leave_no_tracking(database_url: str) -> None:
    with recorder_on(database_url) as recorder:
        recorder.insert_events([stored()])
        with pytest.raises(IntegrityError):
            recorder.insert_events([stored()], tracking=Tracking("upstream", 5))

        assert recorder.max_tracking_id("upstream") is None


def test_event_that_cannot_be_stored_costs_its_neighbours_nothing(mysql_url: str) -> None:
    with recorder_on(mysql_url) as recorder:
        started = time.monotonic()
        impossible = partial(recorder.insert_events, [stored(version=2**40)])
        fine = [partial(recorder.insert_events, [stored(f"fine-{n}")]) for n in range(8)]
        refused, *rest = outcomes([impossible, *fine])

    assert isinstance(refused, DataError)
    assert sorted(position for (position,) in rest) == list(range(1, 9))
    assert time.monotonic() - started < 1.5


def test_later_shape_of_an_event_is_told(sqlite_url: str) -> None:
    with recorder_on(sqlite_url) as recorder:
        event = VersionedEvent("s", 1, "future.Thing", b"{}", schema_version=3)
        recorder.insert_events([event])
        (notification,) = recorder.select_notifications(None, 10)

        assert recorder.select_events("s") == [event]
        assert isinstance(notification, VersionedNotification)
        assert notification.schema_version == 3


def test_append_whose_answer_was_lost_is_not_repeated(database_url: str) -> None:
    with recorder_on(database_url) as recorder:
        datastore = recorder.datastore
        drafts = drafts_of([stored(version=1), stored(version=2)], "Promises")
        first = datastore.run(datastore.backend.append(drafts, None))
        again = datastore.run(datastore.backend.append(drafts, None))

        assert first == again == [1, 2]
        assert recorder.max_notification_id() == 2


def test_any_bytes_come_back_and_are_chained(database_url: str) -> None:
    with recorder_on(database_url) as recorder:
        recorder.insert_events([stored(state=_ANY_BYTES), stored(version=2, state=b"")])
        found = recorder.select_events("s")
        events = recorder.datastore.tables.log.events
        rows = recorder.read(events.select().order_by(events.c.position))

    assert [event.state for event in found] == [_ANY_BYTES, b""]
    assert first_broken(GENESIS_HASH, 0, rows)[0] is None


def test_factories_on_one_log_append_without_gaps(database_url: str) -> None:
    def insert_ten(recorder: LogProcessRecorder, stream: str) -> None:
        for version in range(10):
            recorder.insert_events([stored(stream, version)])

    with recorder_on(database_url) as one, recorder_on(database_url) as other:
        recorders = enumerate((one, other) * 3)
        outcomes([partial(insert_ten, recorder, f"s{n}") for n, recorder in recorders])
        ids = [found.id for found in one.select_notifications(None, 100)]

    assert ids == list(range(1, 61))


@pytest.mark.parametrize(
    "event", [stored(topic="é"), stored(topic="t" * 256), stored(stream="流"), stored(stream="")]
)
def test_names_the_log_cannot_hold_are_refused(sqlite_url: str, event: StoredEvent) -> None:
    with recorder_on(sqlite_url) as recorder:
        with pytest.raises(DataError):
            recorder.insert_events([event])

        assert recorder.max_notification_id() is None


def test_subscription_passes_over_other_topics(sqlite_url: str) -> None:
    with recorder_on(sqlite_url) as recorder:
        recorder.insert_events([stored(version=version) for version in range(600)])
        recorder.insert_events([stored(version=600, topic="m:Rare")])
        with recorder.subscribe(topics=["m:Rare"]) as subscription:
            found = next(subscription)
            recorder.insert_events([stored(version=601), stored(version=602, topic="m:Rare")])
            later = next(subscription)

    assert (found.id, later.id) == (601, 603)


def test_subscription_is_woken_through_redis(
    sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    env = {"LIVE_REDIS_URL": redis_url, "LIVE_REDIS_PREFIX": redis_prefix}
    with (
        recorder_on(sqlite_url, **env) as reading,
        recorder_on(sqlite_url, **env) as writing,
        reading.subscribe() as subscription,
    ):
        started = time.monotonic()
        for version in range(20):
            writing.insert_events([stored(version=version)])
            assert next(subscription).originator_version == version

    assert time.monotonic() - started < 5  # by its slow poll alone it takes twice as long


def test_close_leaves_no_thread_and_ends_subscriptions(database_url: str) -> None:
    before = set(threading.enumerate())
    with recorder_on(database_url) as recorder:
        recorder.insert_events([stored()])
        subscription = recorder.subscribe()
        assert next(subscription).id == 1
    with pytest.raises(InterfaceError):
        next(subscription)
    with pytest.raises(InterfaceError):
        recorder.insert_events([stored(version=2)])
    for thread in set(threading.enumerate()) - before:
        thread.join(5)

    assert set(threading.enumerate()) <= before


def test_datastore_closes_with_its_last_recorder(sqlite_url: str) -> None:
    before = set(threading.enumerate())
    recorder = LogFactory(Environment("Promises", library_env(sqlite_url))).application_recorder()
    recorder.insert_events([stored()])
    del recorder
    gc.collect()

    assert set(threading.enumerate()) <= before


def test_unreachable_database_is_an_operational_error() -> None:
    env = library_env("mysql+asyncmy://root@127.0.0.1:1/none")
    factory = LogFactory(Environment("Promises", {**env, "CREATE_TABLE": "no"}))
    recorder = LogApplicationRecorder(factory.datastore)
    try:
        with pytest.raises(OperationalError):
            recorder.insert_events([stored()])
    finally:
        factory.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LIVE_DATABASE_URL", ""),
        ("LIVE_DATABASE_URL", "postgresql://x/y"),
        ("LIVE_TABLE_PREFIX", "es-`;"),
        ("ORIGINATOR_ID_TYPE", "number"),
        ("LIVE_MASTER_KEY", "short"),
    ],
)
def test_setting_that_cannot_be_used_is_named(sqlite_url: str, name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        InfrastructureFactory.construct(Environment("X", {**library_env(sqlite_url), name: value}))
