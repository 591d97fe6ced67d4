"""A process that appends to the log until it is stopped: by the sequencer, or by the library.

Arguments: sequencer|library|holder, database URL, file of acknowledgements. Each acknowledged
append is one line there, written after the answer: the command's id, or `stream version` for the
library. SIGTERM ends it after what is under way. The holder locks the head and keeps the lock.
"""

import asyncio
import itertools
import os
import signal
import sys
import threading
from pathlib import Path

from eventsourcing.persistence import IntegrityError, StoredEvent
from eventsourcing.utils import Environment

from application.ports import LogUnavailable
from infrastructure.database import create_engine
from infrastructure.event_store.appending import Wanted
from infrastructure.event_store.mysql_writer import MySqlLogWriter
from infrastructure.event_store.opening import EventStore
from infrastructure.event_store.schema import LOG
from infrastructure.eventsourcing_module.factory import LogFactory
from infrastructure.eventsourcing_module.recorders import LogAggregateRecorder
from infrastructure.ids import new_id
from tests.support.accounts import PayIn, send, started_store

_CLIENTS = 12
_THREADS = 4
_HOT_ACCOUNTS = 3


class Ledger:
    """Unbuffered: what a killed process had acknowledged is in the file."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(self, line: str) -> None:
        os.write(self._file, f"{line}\n".encode())


async def by_sequencer(url: str, ledger: Ledger) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with started_store(url) as (store, _):
        ledger.note("ready")
        await asyncio.gather(*(_client(store, ledger, stop) for _ in range(_CLIENTS)))


async def _client(store: EventStore, ledger: Ledger, stop: asyncio.Event) -> None:
    own = new_id()
    hot = (f"hot{number}" for number in itertools.cycle(range(_HOT_ACCOUNTS)))
    for account in itertools.chain.from_iterable(zip(itertools.repeat(own), hot)):
        if stop.is_set():
            return
        command_id = new_id()
        while True:
            try:
                await send(store, PayIn(account=account, amount=1), command_id)
            except LogUnavailable:
                continue  # as a client would: the same command again
            break
        ledger.note(command_id)


def by_library(url: str, ledger: Ledger) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    env = {"LIVE_DATABASE_URL": url, "LIVE_TABLE_PREFIX": "", "CREATE_TABLE": "no"}
    factory = LogFactory(Environment("Soak", env))
    recorder = LogAggregateRecorder(factory.datastore)
    ledger.note("ready")
    threads = [
        threading.Thread(target=_insert, args=(recorder, ledger, stop)) for _ in range(_THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    factory.close()


def _insert(recorder: LogAggregateRecorder, ledger: Ledger, stop: threading.Event) -> None:
    """Its own stream, and now and then one that all threads want."""
    own, version = f"library-{new_id()}", 0
    while not stop.is_set():
        version += 1
        events = [StoredEvent(own, version, "soak.Own", os.urandom(20))]
        recorder.insert_events(events)
        ledger.note(f"{own} {version}")
        contested = StoredEvent("library-contested", version, "soak.Contested", b"\0'\\")
        try:
            recorder.insert_events([contested])
        except IntegrityError:
            continue
        ledger.note(f"library-contested {version}")


async def holding(url: str, ledger: Ledger) -> None:
    writer = MySqlLogWriter(create_engine(url), LOG)
    await writer.begin(Wanted())
    ledger.note("ready")
    await asyncio.Event().wait()


def main(kind: str, url: str, path: str) -> None:
    ledger = Ledger(Path(path))
    if kind == "library":
        by_library(url, ledger)
    else:
        asyncio.run((holding if kind == "holder" else by_sequencer)(url, ledger))


if __name__ == "__main__":
    main(*sys.argv[1:])
