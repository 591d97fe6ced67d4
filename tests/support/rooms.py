"""A log that rooms' facts are appended to, what relays them, and what hears them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from domain.chat import events as chat
from domain.identity.events import PersonalDataErased
from domain.shared import Event, personal_fields
from infrastructure.database import create_engine
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.keyring import Keyring
from infrastructure.event_store.log import SqlEventLog
from infrastructure.event_store.signal import LogSignal
from infrastructure.read_models.pages import LogPages
from infrastructure.realtime.batch_stream import BatchStream
from infrastructure.realtime.feed import RoomFeed
from infrastructure.realtime.relay import Relay
from projections.chat.frames import FeedBatch, RoomFrame
from tests.support.accounts import MASTER, create_tables
from tests.support.builders import NOON
from tests.support.eventually import eventually
from tests.support.projections import Noise, World

EVENTS: tuple[type[Event], ...] = (*chat.EVENTS, Noise, PersonalDataErased)
LIN, SOMCHAI = "user-lin", "user-somchai"


def said(text: str, **changes: Any) -> chat.ChatMessageSent:
    """Its text is its id as well, as long as it is said once."""
    given: dict[str, Any] = {
        "message_id": text,
        "user_id": LIN,
        "name": "Lin Mei",
        "role": "viewer",
        "text": text,
        "language": "zh-TW",
        "sent_at": NOON,
    }
    return chat.ChatMessageSent(**{**given, **changes})


def removed(message_id: str) -> chat.ChatMessageRemoved:
    return chat.ChatMessageRemoved(message_id=message_id, user_id=LIN, by="user-host")


@dataclass
class Talk(World):
    """A process' view of the log and of Redis. What is personal is sealed, as in the product."""

    codec: EventCodec

    async def append(self, *events: tuple[str, Event]) -> int:
        persons = {getattr(event, "user_id", LIN) for _, event in events if _is_personal(event)}
        await self.codec.keyring.fetch(persons, create=True)
        return await super().append(*events)

    async def happen(self, *events: Event, room: str = "show") -> int:
        return await self.append(*((f"room-{room}", event) for event in events))

    async def say(self, *texts: str, room: str = "show") -> int:
        """Each in a transaction of its own."""
        position = 0
        for text in texts:
            position = await self.happen(said(text), room=room)
        return position

    async def make_noise(self, times: int) -> int:
        return await self.append(*[("noise-1", Noise())] * times)

    def _row(self, position: int, stream: str, event: Event) -> dict[str, Any]:
        return super()._row(position, stream, event) | {"payload": self.codec.encode(event)}

    def batches(self) -> BatchStream:
        return BatchStream(self.redis, self.prefix)

    def relay(self) -> Relay:
        return Relay(LogPages(self.log), self.redis, prefix=self.prefix)

    async def relays(self) -> None:
        """Returns once a relay is at work: it begins at the log's end, whenever that is."""
        first = await self.make_noise(1)

        async def is_going_on() -> bool:
            await self.make_noise(1)
            return await self.is_in_redis(first)

        await eventually(is_going_on, timeout=20)

    async def is_in_redis(self, position: int) -> bool:
        """Not while connections to a Redis that was killed are still being found out."""
        try:
            return await self.batches().last() >= position
        except RedisError:
            return False

    @asynccontextmanager
    async def relaying(self) -> AsyncIterator[Relay]:
        relay = self.relay()
        await relay.start()
        try:
            yield relay
        finally:
            await relay.stop()

    @asynccontextmanager
    async def hearing(self) -> AsyncIterator["Heard"]:
        heard = Heard(RoomFeed(self.log, self.redis, prefix=self.prefix))
        await heard.feed.start()
        heard.begun = heard.feed.position
        try:
            yield heard
        finally:
            await heard.feed.stop()


@dataclass
class Heard:
    """All that a feed handed on, and whether nothing was missing and nothing came twice."""

    feed: RoomFeed
    begun: int = 0
    batches: list[FeedBatch] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.feed.hear = self.batches.append

    @property
    def frames(self) -> list[RoomFrame]:
        return [frame for batch in self.batches for frame in batch.frames]

    @property
    def texts(self) -> list[str]:
        return texts_of(self.frames)

    @property
    def erased(self) -> set[str]:
        return {person for batch in self.batches for person in batch.erased}

    def has(self, *texts: str) -> bool:
        return set(texts) <= set(self.texts)

    def assert_seamless(self) -> None:
        ends = [self.begun, *(batch.upto for batch in self.batches)]
        assert [batch.after for batch in self.batches] == ends[:-1]
        assert ends[-1] == self.feed.position
        for batch in self.batches:
            positions = [frame.position for frame in batch.frames]
            assert positions == sorted(set(positions))
            assert all(batch.after < position <= batch.upto for position in positions)


def texts_of(frames: Sequence[RoomFrame]) -> list[str]:
    return [body_of(frame)["text"] for frame in frames if frame.kind == "message"]


def body_of(frame: RoomFrame) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.json.decode(frame.body)
    return body


@asynccontextmanager
async def talk(
    database_url: str, redis_url: str, prefix: str, *, create: bool = True
) -> AsyncIterator[Talk]:
    """`create` makes the tables; without it, it is another process of the same installation."""
    async with AsyncExitStack() as stack:
        if create:
            await create_tables(database_url)
        engine = create_engine(database_url)
        stack.push_async_callback(engine.dispose)
        redis = await stack.enter_async_context(Redis.from_url(redis_url))
        signal = LogSignal(redis, prefix=prefix)
        await signal.start()
        stack.push_async_callback(signal.stop)
        codec = EventCodec(EVENTS, Keyring(engine, MASTER))
        log = SqlEventLog(engine, codec, signal)
        yield Talk(engine, redis, prefix, log, signal, {}, codec)


def _is_personal(event: Event) -> bool:
    return bool(personal_fields(type(event)))
