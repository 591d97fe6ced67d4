"""The library's recorders of events, on a log like the product's own."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    DataError,
    Notification,
    StoredEvent,
    Subscription,
    Tracking,
)
from sqlalchemy import Select, Table, insert, select

from infrastructure.event_store.appending import Draft
from infrastructure.eventsourcing_module.datastore import Datastore
from infrastructure.eventsourcing_module.schema import stored_events_table
from infrastructure.eventsourcing_module.subscription import LogSubscription
from infrastructure.eventsourcing_module.versioned import (
    VersionedEvent,
    VersionedNotification,
    schema_version,
)
from infrastructure.ids import new_id

_LONGEST_NAME = 255
_LONGEST_ACTOR = 100


class LogAggregateRecorder(AggregateRecorder):
    """Inserts into the log, and does not tell positions."""

    def __init__(self, datastore: Datastore) -> None:
        self.datastore = datastore

    def create_tables(self) -> None:
        self.datastore.create_log()

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        self._append(stored_events)
        return None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        events = self.datastore.tables.log.events.c
        wanted = select(
            events.stream, events.version, events.type, events.payload, events.schema_version
        ).where(events.stream == str(originator_id))
        rows = self.datastore.read(_some_versions(wanted, gt=gt, lte=lte, desc=desc, limit=limit))
        return [self._stored(*row) for row in rows]

    def _append(
        self, stored_events: Sequence[StoredEvent], tracking: Tracking | None = None
    ) -> Sequence[int]:
        if not stored_events:
            return []
        drafts = drafts_of(stored_events, self.datastore.config.application_name)
        return self.datastore.run(self.datastore.backend.append(drafts, tracking))

    def _stored(
        self, stream: str, version: int, topic: str, state: bytes, schema: int
    ) -> StoredEvent:
        originator_id = _originator_id(stream, uuid_ids=self.datastore.config.uuid_ids)
        if schema > 1:
            return VersionedEvent(originator_id, version, topic, state, schema)
        return StoredEvent(originator_id, version, topic, state)


class LogApplicationRecorder(LogAggregateRecorder, ApplicationRecorder):
    """Notification ids are the log's positions: 1, 2, 3 … without gaps, in commit order."""

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        return self._append(stored_events)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        events = self.datastore.tables.log.events.c
        wanted = select(
            events.position, events.stream, events.version, events.type, events.payload,
            events.schema_version,
        ).order_by(events.position).limit(limit)  # fmt: skip
        if start is not None:
            first = events.position >= start if inclusive_of_start else events.position > start
            wanted = wanted.where(first)
        if stop is not None:
            wanted = wanted.where(events.position <= stop)
        if topics:
            wanted = wanted.where(events.type.in_(topics))
        return [self._notification(*row) for row in self.datastore.read(wanted)]

    def max_notification_id(self) -> int | None:
        return self.datastore.run(self.datastore.backend.head()) or None

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        return LogSubscription(self, gt, topics, datastore=self.datastore)

    def _notification(self, position: int, *row: Any) -> Notification:
        stored = self._stored(*row)
        fields = (stored.originator_id, stored.originator_version, stored.topic, stored.state)
        if isinstance(stored, VersionedEvent):
            return VersionedNotification(*fields, id=position, schema_version=stored.schema_version)
        return Notification(*fields, id=position)


class StoredEventsRecorder(AggregateRecorder):
    """A plain table of stored events, for what is no fact of the log: snapshots."""

    def __init__(self, datastore: Datastore, purpose: str) -> None:
        self.datastore = datastore
        self.table: Table = stored_events_table(datastore.tables, purpose)

    def create_tables(self) -> None:
        self.datastore.create([self.table])

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        if stored_events:
            _check(stored_events)
            rows = [
                {
                    "stream": str(event.originator_id),
                    "version": event.originator_version,
                    "type": event.topic,
                    "payload": event.state,
                }
                for event in stored_events
            ]
            self.datastore.write([insert(self.table).values(rows)])
        return None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        wanted = select(self.table).where(self.table.c.stream == str(originator_id))
        rows = self.datastore.read(_some_versions(wanted, gt=gt, lte=lte, desc=desc, limit=limit))
        uuid_ids = self.datastore.config.uuid_ids
        return [StoredEvent(_originator_id(row[0], uuid_ids=uuid_ids), *row[1:]) for row in rows]


def _some_versions(
    wanted: Select[Any], *, gt: int | None, lte: int | None, desc: bool, limit: int | None
) -> Select[Any]:
    version = wanted.selected_columns["version"]
    if gt is not None:
        wanted = wanted.where(version > gt)
    if lte is not None:
        wanted = wanted.where(version <= lte)
    return wanted.order_by(version.desc() if desc else version).limit(limit)


def drafts_of(stored_events: Iterable[StoredEvent], application_name: str) -> list[Draft]:
    """One command's worth of drafts. Raises `DataError`."""
    command_id = new_id()
    actor = f"library:{application_name}".encode("ascii", "replace").decode()[:_LONGEST_ACTOR]
    stored_events = list(stored_events)
    _check(stored_events)
    return [
        Draft(
            stream=str(event.originator_id),
            version=event.originator_version,
            type=event.topic,
            schema_version=schema_version(event),
            payload=event.state,
            event_id=new_id(),
            command_id=command_id,
            correlation_id=command_id,
            causation_id=None,
            actor=actor,
            trace_id=None,
        )
        for event in stored_events
    ]


def _check(stored_events: Iterable[StoredEvent]) -> None:
    """The columns of names are ASCII; a database would say so less clearly, or cut them."""
    for event in stored_events:
        for name in (str(event.originator_id), event.topic):
            if not name.isascii() or not 1 <= len(name) <= _LONGEST_NAME:
                raise DataError(f"an id or topic is 1 to {_LONGEST_NAME} ASCII characters: {name}")


def _originator_id(stream: str, *, uuid_ids: bool) -> UUID | str:
    if uuid_ids and len(stream) == len(str(UUID(int=0))):
        try:
            originator_id = UUID(stream)
        except ValueError:
            return stream
        return originator_id if str(originator_id) == stream else stream
    return stream
