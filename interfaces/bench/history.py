"""Fills a log with live streams' histories, many rows a transaction but through the same writer,
so that positions, versions and hashes are those of a log that grew by commands."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, count, islice

from domain.chat import events as said
from domain.shared import Event
from domain.streaming import events as fact
from infrastructure.event_store.appending import Batch, Draft, Wanted, chained
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.opening import log_writer
from infrastructure.ids import new_id
from interfaces.bench.parts import BenchedStore

_ROWS_A_TRANSACTION = 2000
_HOSTS = 200
_ON_THE_AIR = 4  # events of `_endless_show` until then
_THEN = datetime(2026, 1, 1, 12, tzinfo=UTC)

Fact = tuple[str, int, Event]


async def write_shows(
    benched: BenchedStore, shows: int, progress: Callable[[int], None] = lambda _rows: None
) -> int:
    """So many whole shows of ten events, told one after the other; the number of events."""
    hosts = [new_id() for _ in range(_HOSTS)]
    told = (_show(new_id(), hosts[number % _HOSTS]) for number in range(shows))
    return await write(benched, chain.from_iterable(told), hosts, progress)


async def write_one_long_stream(
    benched: BenchedStore,
    stream_id: str,
    events: int,
    progress: Callable[[int], None] = lambda _rows: None,
) -> int:
    """One show whose feed drops and comes back until it has that many events."""
    host = new_id()
    return await write(benched, islice(_endless_show(stream_id, host), events), [host], progress)


async def write_one_long_room(benched: BenchedStore, stream_id: str, messages: int) -> int:
    """A show on the air in whose room that many messages were sent, by 200 persons."""
    host, speakers = new_id(), [new_id() for _ in range(_HOSTS)]
    show = islice(_endless_show(stream_id, host), _ON_THE_AIR)
    chat = islice(_endless_chat(stream_id, host, speakers), messages + 1)
    return await write(benched, chain(show, chat), [host, *speakers])


async def write(
    benched: BenchedStore,
    facts: Iterator[Fact],
    persons: Sequence[str],
    progress: Callable[[int], None] = lambda _rows: None,
) -> int:
    """Appends them in that order; `persons` are those whose personal fields are in them. How many
    there were."""
    writer = log_writer(benched.engine)
    written = 0
    while some := list(islice(facts, _ROWS_A_TRANSACTION)):
        await benched.store.codec.keyring.fetch(persons, create=True)  # they are kept 30 s
        begun = await writer.begin(Wanted())
        drafts = list(_drafts(benched.store.codec, some))
        rows, after = chained(begun.head, drafts, time.time_ns() // 1000)
        await writer.commit(Batch(begun.head, after, rows, ()))
        written += len(rows)
        progress(len(rows))
    await writer.close()
    return written


def _drafts(codec: EventCodec, facts: Iterable[Fact]) -> Iterator[Draft]:
    for stream, version, event in facts:
        command_id = new_id()
        yield Draft(
            stream=stream,
            version=version,
            type=event.tag,
            schema_version=event.schema,
            payload=codec.encode(event),
            event_id=new_id(),
            command_id=command_id,
            correlation_id=command_id,
            causation_id=None,
            actor="system:bench",
            trace_id=None,
        )


def _show(stream_id: str, host: str) -> Iterator[Fact]:
    events = (
        _scheduled(host),
        fact.LiveInputProvisioned(input_uid=stream_id[:32], customer_host="video.example"),
        fact.StartRequested(),
        fact.BroadcastConnected(since=_THEN, observed_at=_THEN),
        fact.LiveStreamStarted(at=_THEN),
        fact.BroadcastInterrupted(number=1, since=_THEN, observed_at=_THEN),
        fact.BroadcastResumed(number=1, since=_THEN, observed_at=_THEN),
        fact.LiveStreamEnded(reason="host"),
        fact.RecordingReady(recording_id=stream_id, duration_seconds=3600.0),
        fact.LiveStreamArchived(),
    )
    return ((f"live_stream-{stream_id}", number, event) for number, event in enumerate(events, 1))


def _endless_show(stream_id: str, host: str) -> Iterator[Fact]:
    stream = f"live_stream-{stream_id}"
    yield stream, 1, _scheduled(host)
    yield stream, 2, fact.LiveInputProvisioned(input_uid="1" * 32, customer_host="video.example")
    yield stream, 3, fact.BroadcastConnected(since=_THEN, observed_at=_THEN)
    yield stream, 4, fact.LiveStreamStarted(at=_THEN)
    version, number = 4, 0
    while True:
        number += 1
        version += 2
        yield (
            stream,
            version - 1,
            fact.BroadcastInterrupted(number=number, since=_THEN, observed_at=_THEN),
        )
        yield (
            stream,
            version,
            fact.BroadcastResumed(number=number, since=_THEN, observed_at=_THEN),
        )


def _endless_chat(stream_id: str, host: str, speakers: Sequence[str]) -> Iterator[Fact]:
    stream = f"room-{stream_id}"
    yield stream, 1, said.RoomOpened(host_id=host, market="TW", language="zh-TW")
    for number in count():
        yield (
            stream,
            number + 2,
            said.ChatMessageSent(
                message_id=new_id(),
                user_id=speakers[number % len(speakers)],
                name="Lin Mei",
                role="viewer",
                text=f"message {number} of a long evening",
                language="zh-TW",
                sent_at=_THEN + timedelta(milliseconds=10 * number),
            ),
        )


def _scheduled(host: str) -> fact.LiveStreamScheduled:
    return fact.LiveStreamScheduled(
        host_id=host,
        host_name="Lin Mei",
        title="Test Stream",
        description="Testing",
        market="TW",
        language="zh-TW",
        scheduled_at=None,
        low_latency=False,
        mode="rtmps",
    )
