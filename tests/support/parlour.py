"""A room as several processes share it: the real log and its sequencers, limits and totals in
Redis, with jobs and time moved by the test."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from redis.asyncio import Redis

from application.chat import handlers as chat
from application.chat.ports import SentMessage
from application.chat.services import ChatPorts, ChatServices
from application.ports import Dispatch, Outcome
from application.processes.rooms import RoomClosing, Rooms
from application.streaming import handlers as streaming
from domain.chat import events as fact
from domain.chat.deciding import ROOM
from domain.chat.room import Room
from domain.shared import Command, Event
from domain.streaming import events as shows
from infrastructure.database import METADATA, create_engine
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.keyring import Keyring
from infrastructure.event_store.known_commands import SqlKnownCommands
from infrastructure.event_store.opening import EventStore, lay_head, open_event_store
from infrastructure.event_store.signal import LogSignal
from infrastructure.ids import derived_id, new_id
from infrastructure.keyed_digests import KeyedDigests
from infrastructure.realtime.chat_limits import ChatRates, RedisChatLimits
from infrastructure.realtime.reactions import RedisReactionTotals
from infrastructure.vault import SqlVault
from projections.chat.messages import MESSAGES, MessageView
from tests.support.builders import SHOW, schedule
from tests.support.chatting import send
from tests.support.stage import Backlog, StageClock

DIGEST_KEY = "chat-fingerprint-key"
RATES = ChatRates(messages=20, seconds=10, room_per_second=0, repeat_seconds=30)


class FoldedMessages:
    """Implements `SentMessages` from the real projection, folded from the log when asked."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    async def find(self, stream_id: str, message_id: str) -> SentMessage | None:
        view: MessageView | None = None
        for recorded in await self._store.log.read_stream(ROOM.stream(stream_id), limit=1000):
            if recorded.type in MESSAGES.types and MESSAGES.key(recorded) == message_id:
                view = MESSAGES.fold(view, recorded)
        if view is None:
            return None
        return SentMessage(
            stream_id=stream_id,
            message_id=message_id,
            user_id=view.user_id,
            removed=view.removed,
        )


@dataclass(kw_only=True)
class Process:
    """One process of those that share the room."""

    store: EventStore
    chat: ChatServices
    rooms: Rooms
    totals: RedisReactionTotals
    vault: SqlVault
    clock: StageClock

    def dispatch(self, command: Command, **changes: Any) -> Dispatch:
        told = {"command_id": new_id(), "actor": "user:test", "now": self.clock()}
        return Dispatch(command=command, **{**told, **changes})

    async def say(self, text: str = "Is it in blue?", *, ref: str = "", **changes: Any) -> Outcome:
        """With a `ref` as the WebSocket has it, the same command whenever it comes."""
        by = changes.get("by", send().by)
        said = send(text, **{"message_id": new_id(), "now": self.clock(), **changes})
        told = {"command_id": derived_id("room", by, SHOW, ref)}
        return await self.chat.send(self.dispatch(said, **(told if ref else {})))

    async def do(self, command: Command) -> Outcome:
        return await self.chat.execute(self.dispatch(command))

    async def room(self) -> Room:
        return (await self.store.log.load(ROOM, ROOM.stream(SHOW))).state

    async def told(self, *kinds: type[Event]) -> list[Event]:
        """The facts of these kinds in the whole log, in order."""
        log = await self.store.log.read(0, limit=1000)
        return [each.event for each in log if isinstance(each.event, kinds)]

    async def texts(self) -> list[str]:
        return [said.text for said in await self.told(fact.ChatMessageSent)]  # type: ignore[attr-defined]


@dataclass(kw_only=True)
class Parlour:
    """`here` and `there` are processes of the same installation."""

    here: Process
    there: Process
    backlog: Backlog
    position: int = 0

    async def settle(self) -> None:
        """Lets the process read what was recorded, and runs the jobs that follow."""
        await self._react()
        while jobs := self.backlog.due():
            for job in jobs:
                await self.there.rooms.jobs()[job.job](*job.args)
            await self._react()

    async def _react(self) -> None:
        for recorded in await self.here.store.log.read(self.position, limit=1000):
            self.position = recorded.position
            await self.backlog.take(RoomClosing().react(recorded))


@asynccontextmanager
async def parlour(url: str, redis_url: str) -> AsyncIterator[Parlour]:
    """A show is announced; nobody came into its room yet."""
    async with AsyncExitStack() as stack:
        redis = Redis.from_url(redis_url)
        stack.push_async_callback(redis.aclose)
        key, clock = Fernet(Fernet.generate_key()), StageClock()
        here = await _process(stack, url, redis, key, clock)
        there = await _process(stack, url, redis, key, clock)
        await here.store.sequencer.execute(here.dispatch(schedule(now=clock())))
        yield Parlour(here=here, there=there, backlog=Backlog(clock))


async def _process(
    stack: AsyncExitStack, url: str, redis: Redis, key: Fernet, clock: StageClock
) -> Process:
    engine = create_engine(url)
    stack.push_async_callback(engine.dispose)
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    await lay_head(engine)
    codec = EventCodec((*shows.EVENTS, *fact.EVENTS), Keyring(engine, MultiFernet([key])))
    handlers = {**streaming.HANDLERS, **chat.HANDLERS}
    store = open_event_store(engine, codec, handlers, LogSignal())
    await store.sequencer.start()
    stack.push_async_callback(store.sequencer.stop)
    rooms = Rooms(bus=store.sequencer, log=store.log, clock=clock, derived_id=derived_id)
    totals = RedisReactionTotals(redis, prefix="t:")
    vault = SqlVault(engine, (key,))
    services = ChatServices(
        ChatPorts(
            bus=store.sequencer,
            known=SqlKnownCommands(engine),
            limits=RedisChatLimits(redis, RATES, prefix="t:"),
            messages=FoldedMessages(store),
            reactions=totals,
            clock=clock,
            derived_id=derived_id,
            digest=KeyedDigests(vault, DIGEST_KEY),
            open_room=rooms.open,
        )
    )
    return Process(store=store, chat=services, rooms=rooms, totals=totals, vault=vault, clock=clock)
