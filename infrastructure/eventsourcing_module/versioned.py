"""Stored events of a type that has changed its shape: they say which shape they are in."""

from dataclasses import dataclass

from eventsourcing.persistence import Notification, StoredEvent


@dataclass(frozen=True)
class VersionedEvent(StoredEvent):
    """Given for schema versions beyond the first; a plain `StoredEvent` is of the first."""

    schema_version: int


@dataclass(frozen=True)
class VersionedNotification(Notification):
    schema_version: int


def schema_version(stored: StoredEvent) -> int:
    if isinstance(stored, VersionedEvent | VersionedNotification):
        return stored.schema_version
    return 1
