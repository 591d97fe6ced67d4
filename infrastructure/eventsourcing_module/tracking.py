"""The library's recorders that remember how far other applications were processed."""

import time
from collections.abc import Sequence
from threading import Event
from typing import Any

from eventsourcing.persistence import (
    ProcessRecorder,
    StoredEvent,
    Tracking,
    TrackingRecorder,
    WaitInterruptedError,
)
from sqlalchemy import Executable, MetaData, Select, Table, select

from infrastructure.eventsourcing_module.datastore import Datastore
from infrastructure.eventsourcing_module.recorders import LogApplicationRecorder

_LOOK_SECONDS = 0.1  # how soon a wait sees what another process recorded, or an interrupt


class LogTrackingRecorder(TrackingRecorder):
    """A base for materialised views.

    A view names its tables in `define_tables`, changes them with `write` and asks with `read`;
    what it writes and how far it got commit together.
    """

    def __init__(self, datastore: Datastore) -> None:
        self.datastore = datastore
        self.tables = self.define_tables(datastore.tables.metadata, datastore.tables.prefix)

    def define_tables(self, metadata: MetaData, prefix: str) -> Sequence[Table]:
        """A view's own tables; `prefix` stands before their names."""
        return ()

    def create_tables(self) -> None:
        self.datastore.create([self.datastore.tables.tracking, *self.tables])

    def insert_tracking(self, tracking: Tracking) -> None:
        self.write(tracking)

    def write(self, tracking: Tracking, *statements: Executable) -> None:
        """Executes the statements and records the tracking in one transaction.

        Raises `IntegrityError` unless the tracking is beyond what was recorded.
        """
        self.datastore.run(self.datastore.backend.write(statements, tracking))
        self._wake()

    def read(self, wanted: Select[Any]) -> Sequence[Any]:
        return self.datastore.read(wanted)

    def max_tracking_id(self, application_name: str) -> int | None:
        columns = self.datastore.tables.tracking.c
        wanted = select(columns.notification_id)
        rows = self.datastore.read(wanted.where(columns.application_name == application_name))
        return rows[0][0] if rows else None

    def wait(
        self,
        application_name: str,
        notification_id: int | None,
        timeout: float = 1.0,
        interrupt: Event | None = None,
    ) -> None:
        """As the library's, but woken by whoever records in this process."""
        deadline = time.monotonic() + timeout
        with self.datastore.tracked:
            while not self.has_tracking_id(application_name, notification_id):
                if interrupt is not None and interrupt.is_set():
                    raise WaitInterruptedError
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    raise TimeoutError(
                        f"{application_name} was not processed up to {notification_id}"
                        f" within {timeout:g} s"
                    )
                self.datastore.tracked.wait(min(remaining, _LOOK_SECONDS))

    def _wake(self) -> None:
        with self.datastore.tracked:
            self.datastore.tracked.notify_all()


class LogProcessRecorder(LogTrackingRecorder, LogApplicationRecorder, ProcessRecorder):
    """New events and how far was processed to make them, in one transaction."""

    def create_tables(self) -> None:
        LogApplicationRecorder.create_tables(self)
        LogTrackingRecorder.create_tables(self)

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        tracking: Tracking | None = kwargs.get("tracking")
        if tracking is None:
            return self._append(stored_events)
        if not stored_events:
            self.insert_tracking(tracking)
            return []
        positions = self._append(stored_events, tracking)
        self._wake()
        return positions
