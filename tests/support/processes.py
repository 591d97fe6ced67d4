"""A process over plain test events, and a log to read them from."""

import time
from collections.abc import Sequence
from datetime import timedelta

import msgspec
from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from application.processes.process import ClearDeadline, Enqueue, Reaction, SetDeadline
from domain.shared import Event, Recorded
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.keyring import Keyring
from infrastructure.event_store.log import SqlEventLog
from infrastructure.event_store.schema import LOG
from infrastructure.event_store.signal import LogSignal
from infrastructure.ids import new_id


class Wished(Event, frozen=True, kw_only=True):
    """Wants `what`: a job by name, `wait:<seconds>`, `stop waiting`, or `poison`."""

    tag = "test.Wished"
    what: str


class Wishes:
    """A process that grants wishes. While `broken`, it chokes on `poison`."""

    name = "wishes"
    contexts = frozenset({"test"})

    def __init__(self) -> None:
        self.broken = True

    def react(self, recorded: Recorded) -> Sequence[Reaction]:
        if not isinstance(recorded.event, Wished):
            return ()
        what, args = recorded.event.what, (f"{recorded.stream}/{recorded.version}",)
        if what == "poison" and self.broken:
            raise ValueError("cannot swallow that")
        if what.startswith("wait:"):
            due_at = recorded.recorded_at + timedelta(seconds=float(what.removeprefix("wait:")))
            return (SetDeadline(key=recorded.stream, due_at=due_at, job="test.note", args=args),)
        if what == "stop waiting":
            return (ClearDeadline(recorded.stream),)
        return (Enqueue("test.note", args),)


class WrittenLog(SqlEventLog):
    """A log that tests write to as they please."""

    def __init__(self, engine: AsyncEngine) -> None:
        keyring = Keyring(engine, MultiFernet([Fernet(Fernet.generate_key())]))
        self.signal = LogSignal()
        self.engine = engine
        super().__init__(engine, EventCodec([Wished], keyring), self.signal)

    async def write(self, stream: str, *wishes: str, tag: str = Wished.tag) -> None:
        events = LOG.events
        async with self.engine.begin() as connection:
            last = (await connection.execute(select(func.max(events.c.position)))).scalar() or 0
            version = (
                await connection.execute(
                    select(func.max(events.c.version)).where(events.c.stream == stream)
                )
            ).scalar() or 0
            for offset, wish in enumerate(wishes, start=1):
                row = _row(last + offset, stream, version + offset, tag)
                payload = msgspec.json.encode(Wished(what=wish))
                await connection.execute(events.insert().values(**row, payload=payload))
            await connection.execute(LOG.log_head.delete())
            await connection.execute(LOG.log_head.insert().values(_head(last + len(wishes))))
        self.signal.notify(last + len(wishes))


def _row(position: int, stream: str, version: int, tag: str) -> dict[str, object]:
    return {
        "position": position,
        "stream": stream,
        "version": version,
        "type": tag,
        "schema_version": 1,
        "recorded_us": time.time_ns() // 1000,
        "event_id": new_id(),
        "command_id": new_id(),
        "correlation_id": new_id(),
        "actor": "user:test",
        "hash": bytes(32),
    }


def _head(position: int) -> dict[str, object]:
    return {"id": 1, "position": position, "hash": bytes(32), "recorded_us": 0}
