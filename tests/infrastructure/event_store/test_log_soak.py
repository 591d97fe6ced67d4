"""Several processes write, readers tail, one writer is killed: the log keeps all it promises."""

import asyncio
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.utils import Environment

from infrastructure.database import create_engine
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.hash_chain import first_broken
from infrastructure.event_store.keyring import Keyring
from infrastructure.event_store.log import SqlEventLog
from infrastructure.event_store.schema import GENESIS_HASH, LOG, Row
from infrastructure.event_store.signal import LogSignal
from infrastructure.eventsourcing_module.factory import LogFactory
from infrastructure.eventsourcing_module.recorders import LogApplicationRecorder
from tests.support.accounts import EVENTS, MASTER, PayIn, send, started_store, table_rows
from tests.support.eventually import eventually

pytestmark = [pytest.mark.services, pytest.mark.system]

_APPENDS_A_PHASE = 150
_PAGE = 200


class Writer:
    """A process of `tests.support.log_writers`."""

    def __init__(self, kind: str, url: str, ledger: Path) -> None:
        self._ledger = ledger
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.log_writers", kind, url, str(ledger)]
        )

    def acknowledged(self) -> list[str]:
        """Without a last line that a kill may have cut short."""
        if not self._ledger.exists():
            return []
        return self._ledger.read_text().split("\n")[1:-1]

    def is_ready(self) -> bool:
        return self._ledger.exists() and self._ledger.read_text().startswith("ready\n")


@contextmanager
def writers(url: str, folder: Path, *kinds: str) -> Iterator[list[Writer]]:
    started = [Writer(kind, url, folder / str(number)) for number, kind in enumerate(kinds)]
    try:
        yield started
    finally:
        for writer in started:
            writer.process.kill()
            writer.process.wait()


class LibraryTail:
    """Tails with the library's recorder, in a thread."""

    def __init__(self, url: str) -> None:
        env = {"LIVE_DATABASE_URL": url, "LIVE_TABLE_PREFIX": "", "CREATE_TABLE": "no"}
        self._factory = LogFactory(Environment("Tail", env))
        self._recorder = LogApplicationRecorder(self._factory.datastore)
        self._last: int | None = None
        self.seen: list[int] = []
        self._thread = threading.Thread(target=self._tail)
        self._thread.start()

    def upto(self, position: int) -> list[int]:
        self._last = position
        self._thread.join()
        self._factory.close()
        return self.seen

    def _tail(self) -> None:
        while self._last is None or len(self.seen) < self._last:
            page = self._recorder.select_notifications(
                self.seen[-1] if self.seen else 0, _PAGE, inclusive_of_start=False
            )
            if not page and self._last is not None:
                return
            self.seen += [notification.id for notification in page]


class ProductTail:
    """Tails with the product's reader, in a task."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url)
        codec = EventCodec(EVENTS, Keyring(self._engine, MASTER))
        self._log = SqlEventLog(self._engine, codec, LogSignal())
        self._last: int | None = None
        self.rows: list[Row] = []
        self._task = asyncio.create_task(self._tail())

    async def upto(self, position: int) -> list[Row]:
        self._last = position
        await self._task
        await self._engine.dispose()
        return self.rows

    async def _tail(self) -> None:
        while self._last is None or len(self.rows) < self._last:
            page = await self._log.read_rows(self.rows[-1][0] if self.rows else 0, _PAGE)
            if not page and self._last is not None:
                return
            self.rows += page


async def test_log_keeps_its_promises_when_a_writer_is_killed(
    server_log_url: str, tmp_path: Path
) -> None:
    kinds = ("sequencer", "sequencer", "sequencer", "library")
    with writers(server_log_url, tmp_path, *kinds) as (doomed, *others):
        await eventually(lambda: all(one.is_ready() for one in (doomed, *others)), timeout=30)
        product, library = ProductTail(server_log_url), LibraryTail(server_log_url)
        await _load(doomed, others)
        head = await _head(server_log_url)
        rows, seen = await product.upto(head), library.upto(head)
        assert [one.process.returncode for one in others] == [0, 0, 0]

    everything = list(range(1, head + 1))
    assert [row[0] for row in rows] == everything
    assert seen == everything
    assert first_broken(GENESIS_HASH, 0, rows)[0] is None
    _assert_none_lost(rows, [doomed, *others])


async def _load(doomed: Writer, others: list[Writer]) -> None:
    """All write; one is killed while it does; the others go on, then end in good order."""
    await _appended([doomed, *others])
    doomed.process.kill()
    await _appended(others)
    for one in others:
        one.process.terminate()
    for one in others:
        await asyncio.to_thread(one.process.wait, 20)


async def _appended(some: list[Writer]) -> None:
    """Each of them has had more acknowledged."""
    wanted = [len(one.acknowledged()) + _APPENDS_A_PHASE for one in some]
    await eventually(
        lambda: all(
            len(one.acknowledged()) >= count for one, count in zip(some, wanted, strict=True)
        ),
        timeout=60,
    )


def _assert_none_lost(rows: list[Row], all_writers: list[Writer]) -> None:
    commands = Counter(row[8] for row in rows)
    places = Counter(f"{row[1]} {row[2]}" for row in rows)
    assert max(places.values()) == 1
    for writer in all_writers:
        acknowledged = writer.acknowledged()
        assert len(set(acknowledged)) == len(acknowledged) > 0
        lost = [ack for ack in acknowledged if (commands if len(ack) == 36 else places)[ack] != 1]
        assert lost == []


async def _head(url: str) -> int:
    engine = create_engine(url)
    (row,) = await table_rows(engine, LOG.log_head)
    await engine.dispose()
    position: int = row.position
    return position


async def test_dead_holder_of_the_head_delays_nobody(server_log_url: str, tmp_path: Path) -> None:
    with writers(server_log_url, tmp_path, "holder") as (holder,):
        await eventually(holder.is_ready, timeout=30)
        async with started_store(server_log_url) as (store, _):
            waiting = asyncio.create_task(send(store, PayIn(account="a", amount=1)))
            done, _ = await asyncio.wait([waiting], timeout=0.3)
            assert not done
            holder.process.kill()
            killed = time.monotonic()
            outcome: Any = await waiting

    assert outcome.position == 1
    assert time.monotonic() - killed < 1
