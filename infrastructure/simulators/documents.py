"""Keeps a simulator's state: structs in memory, written through to one SQLite file."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)

_CREATE = (
    "CREATE TABLE IF NOT EXISTS documents "
    "(kind TEXT NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (kind, id))"
)
_SAVE = (
    "INSERT INTO documents (kind, id, body) VALUES (?, ?, ?) "
    "ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body"
)


def open_documents(path: Path) -> sqlite3.Connection:
    """A connection for the one thread that runs the simulators. Survives a killed process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute(_CREATE)
    return database


class Documents(Generic[T]):
    """The structs of one kind by id, in the order they were first saved."""

    def __init__(self, database: sqlite3.Connection, kind: str, shape: type[T]) -> None:
        self._database = database
        self._kind = kind
        rows = database.execute(
            "SELECT id, body FROM documents WHERE kind = ? ORDER BY rowid", (kind,)
        )
        self._held: dict[str, T] = {
            key: msgspec.json.decode(body, type=shape) for key, body in rows
        }

    def __iter__(self) -> Iterator[T]:
        return iter(tuple(self._held.values()))

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: str) -> T | None:
        return self._held.get(key)

    def save(self, key: str, document: T) -> T:
        self._held[key] = document
        self._database.execute(_SAVE, (self._kind, key, msgspec.json.encode(document)))
        return document

    def remove(self, key: str) -> T | None:
        self._database.execute("DELETE FROM documents WHERE kind = ? AND id = ?", (self._kind, key))
        return self._held.pop(key, None)

    def clear(self) -> None:
        self._database.execute("DELETE FROM documents WHERE kind = ?", (self._kind,))
        self._held.clear()
