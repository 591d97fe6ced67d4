"""One application's place in the database, for synchronous callers in any thread."""

import threading
import weakref
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import msgspec
from redis.asyncio import Redis
from sqlalchemy import Executable, Select, Table

from infrastructure.database import create_engine
from infrastructure.eventsourcing_module.backend import Backend
from infrastructure.eventsourcing_module.errors import library_errors
from infrastructure.eventsourcing_module.loop_thread import LoopThread
from infrastructure.eventsourcing_module.schema import ApplicationTables, application_tables
from infrastructure.settings import Settings

T = TypeVar("T")


class DatastoreConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`prefix` names the tables, empty: the product's own log, which is then never created here.

    With `uuid_ids`, originator ids that look like UUIDs are given back as UUIDs.
    """

    application_name: str
    settings: Settings
    prefix: str
    uuid_ids: bool = True


class Datastore:
    """Shared by the recorders of one factory. Closed with the factory, or with the last of them.

    Its methods raise the library's errors.
    """

    def __init__(self, config: DatastoreConfig) -> None:
        settings = config.settings
        self.config = config
        self.tables: ApplicationTables = application_tables(config.prefix)
        self.tracked = threading.Condition()
        self.backend = Backend(
            create_engine(settings.database_url),
            self.tables,
            Redis.from_url(settings.redis_url) if settings.redis_url else None,
            settings.redis_prefix,
        )
        self._loop = LoopThread(f"eventsourcing-{config.application_name}")
        self._close = weakref.finalize(self, self._loop.close, self.backend)
        self.run(self.backend.start())

    def close(self) -> None:
        """Leaves no thread and no connection. Harmless twice."""
        self._close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        with library_errors():
            return self._loop.submit(work).result()

    def listen(self, wake: threading.Event) -> None:
        """As `Backend.listen`."""
        self.run(self.backend.listen(wake))

    def create_log(self) -> None:
        """Lays the application's log. The product's own is laid by its migrations alone."""
        if self.config.prefix:
            log = self.tables.log
            tables = (log.events, log.log_head, log.commands)
            self.run(self.backend.create_tables(tables, with_head=True))

    def create(self, tables: Sequence[Table]) -> None:
        self.run(self.backend.create_tables(tables, with_head=False))

    def read(self, wanted: Select[Any]) -> Sequence[Any]:
        return self.run(self.backend.read(wanted))

    def write(self, statements: Sequence[Executable]) -> None:
        self.run(self.backend.write(statements, None))
