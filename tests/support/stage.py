"""Live streams on a stage: the real log, vault, inbox and provider adapters on the simulators,
with jobs, deadlines and time moved by the test."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, MultiFernet

from application.ports import Dispatch, OpenBroadcast, Outcome
from application.processes.broadcast import BroadcastLifecycle
from application.processes.process import ClearDeadline, Enqueue, Reaction, SetDeadline
from application.streaming.handlers import HANDLERS
from application.streaming.services import StreamingPorts, StreamingServices
from domain.shared import Command, Event
from domain.streaming.commands import EndLiveStream
from domain.streaming.deciding import LIVE_STREAM
from domain.streaming.events import EVENTS
from domain.streaming.live_stream import LiveStream
from infrastructure.broadcast_index import open_broadcast
from infrastructure.cloudflare.inputs import Recording
from infrastructure.cloudflare.live_video import CloudflareLiveVideo
from infrastructure.cloudflare.notices import read_notice
from infrastructure.database import METADATA, create_engine
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.keyring import Keyring
from infrastructure.event_store.opening import EventStore, lay_head, open_event_store
from infrastructure.event_store.signal import LogSignal
from infrastructure.ids import derived_id, new_id
from infrastructure.r2.object_store import Bucket, R2ObjectStore
from infrastructure.settings import Secret
from infrastructure.simulators.config import WebhookTarget
from infrastructure.simulators.serving import Simulators
from infrastructure.vault import SqlVault
from infrastructure.webhook_inbox import WebhookInbox
from projections.streaming.broadcasts import BROADCASTS, BroadcastView
from tests.support.builders import HOST, SHOW, schedule
from tests.support.simulated_cloudflare import client_on, simulated
from tests.support.simulators import WebhookCatcher
from tests.support.studio import Studio

GRACE_SECONDS = 60.0
SWEEP_SECONDS = 30.0


@dataclass
class Backlog:
    """Implements `JobQueue`: jobs wait here until the test lets them run."""

    clock: "StageClock"
    waiting: list[tuple[datetime, Enqueue]] = field(default_factory=list)
    deadlines: dict[str, SetDeadline] = field(default_factory=dict)

    async def enqueue(self, job: str, *args: str, delay_seconds: float = 0) -> None:
        due_at = self.clock() + timedelta(seconds=delay_seconds)
        self.waiting.append((due_at, Enqueue(job, args)))

    async def take(self, reactions: Sequence[Reaction]) -> None:
        for reaction in reactions:
            match reaction:
                case Enqueue():
                    await self.enqueue(reaction.job, *reaction.args)
                case SetDeadline():
                    self.deadlines[reaction.key] = reaction
                case ClearDeadline():
                    self.deadlines.pop(reaction.key, None)

    def due(self) -> list[Enqueue]:
        now = self.clock()
        for key, deadline in list(self.deadlines.items()):
            if deadline.due_at <= now:
                del self.deadlines[key]
                self.waiting.append((deadline.due_at, Enqueue(deadline.job, deadline.args)))
        ready = [job for due_at, job in self.waiting if due_at <= now]
        self.waiting = [each for each in self.waiting if each[0] > now]
        return ready

    def names(self) -> list[str]:
        return [job.job for _, job in self.waiting]


class StageClock:
    """The real time, plus what the test has moved it on by."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class FoldedIndex:
    """Implements `BroadcastIndex` from the real projection, folded in memory."""

    def __init__(self) -> None:
        self.views: dict[str, BroadcastView] = {}

    async def stream_of_input(self, input_uid: str) -> str | None:
        found = [view for view in self.views.values() if view.input_uid == input_uid]
        return found[0].stream_id if found else None

    async def open_broadcasts(self) -> Sequence[OpenBroadcast]:
        return [open_broadcast(view) for view in self.views.values() if view.is_open]


@dataclass(kw_only=True)
class Stage:
    """Everything a show needs, and the levers to move it."""

    store: EventStore
    services: StreamingServices
    backlog: Backlog
    clock: StageClock
    index: FoldedIndex
    vault: SqlVault
    inbox: WebhookInbox
    video: CloudflareLiveVideo
    objects: R2ObjectStore
    studio: Studio
    webhooks: WebhookCatcher
    position: int = 0

    async def ask(self, command: Command, *, command_id: str | None = None) -> Outcome:
        """Executes a command, without what follows from it."""
        return await self.store.sequencer.execute(self.dispatch(command, command_id))

    def dispatch(self, command: Command, command_id: str | None = None) -> Dispatch:
        return Dispatch(
            command=command, command_id=command_id or new_id(), actor="user:host", now=self.clock()
        )

    async def show(self, stream_id: str = SHOW) -> LiveStream:
        return (await self.store.log.load(LIVE_STREAM, LIVE_STREAM.stream(stream_id))).state

    async def input_uid(self) -> str:
        uid = (await self.show()).input_uid
        assert uid is not None
        return uid

    async def events(self, stream_id: str = SHOW) -> list[Event]:
        stream = LIVE_STREAM.stream(stream_id)
        return [each.event for each in await self.store.log.read_stream(stream, limit=1000)]

    async def told(self, *kinds: type[Event]) -> list[Event]:
        """The facts recorded of these kinds, in order."""
        return [event for event in await self.events() if isinstance(event, kinds)]

    async def react(self) -> None:
        """Lets the process and the index read what has been recorded."""
        lifecycle = BroadcastLifecycle(grace_seconds=GRACE_SECONDS)
        for recorded in await self.store.log.read(self.position, limit=1000):
            self.position = recorded.position
            if recorded.type in BROADCASTS.types:
                before = self.index.views.get(recorded.entity_id)
                after = BROADCASTS.fold(before, recorded)
                assert after is not None
                self.index.views[recorded.entity_id] = after
            await self.backlog.take(lifecycle.react(recorded))

    async def settle(self) -> None:
        """Runs what is due, and what follows from that, until nothing is."""
        await self.react()
        while jobs := self.backlog.due():
            for job in jobs:
                await self.run(job.job, *job.args)
            await self.react()

    async def run(self, job: str, *args: str) -> None:
        await self.services.jobs()[job](*args)

    async def later(self, seconds: float) -> None:
        """Moves time on, then settles."""
        self.clock.ahead += timedelta(seconds=seconds)
        await self.settle()

    async def ready(self, **changes: Any) -> str:
        """A show with its live input, whose uid this answers."""
        await self.ask(schedule(**changes))
        await self.settle()
        return await self.input_uid()

    async def live(self, **changes: Any) -> str:
        """A show on the air; its live input's uid."""
        input_uid = await self.ready(**changes)
        await self.studio.connect(input_uid)
        await self.reconcile()
        assert (await self.show()).status == "live"
        return input_uid

    async def ended(self) -> str:
        """A show just ended, whose live input is being retired; the input's uid."""
        input_uid = await self.live()
        await self.ask(EndLiveStream(stream_id=SHOW, by=HOST))
        await self.settle()
        return input_uid

    async def reconcile(self) -> None:
        await self.run("streaming.reconcile_live_input", await self.input_uid())
        await self.settle()

    async def sweep(self) -> None:
        await self.run("streaming.sweep_live_inputs")
        await self.settle()

    async def receive(self, body: bytes, *, dedupe_key: str | None = None) -> str:
        """Stores a webhook as the receiver does; its id."""
        key = dedupe_key or new_id()
        webhook_id, _ = await self.inbox.store("cloudflare", key, body, self.clock())
        return webhook_id


@asynccontextmanager
async def stage(url: str, folder: Path, **simulator: Any) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        webhooks = await stack.enter_async_context(WebhookCatcher().listening())
        target = WebhookTarget(url=webhooks.url, secret="simulated")
        hooks = {"live_webhook": target, "video_webhook": target, "webhook_delay": 0.0}
        simulators, _ = await stack.enter_async_context(simulated(folder, **{**hooks, **simulator}))
        studio = Studio(simulators)
        stack.push_async_callback(studio.aclose)
        client = await stack.enter_async_context(client_on(simulators))
        video = CloudflareLiveVideo(client, Recording(timeout_seconds=1, signed=False))
        yield await _built(stack, url, video, simulators, {"studio": studio, "webhooks": webhooks})


async def _built(
    stack: AsyncExitStack,
    url: str,
    video: CloudflareLiveVideo,
    simulators: Simulators,
    levers: Mapping[str, Any],
) -> Stage:
    engine = create_engine(url)
    stack.push_async_callback(engine.dispose)
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    await lay_head(engine)
    key = Fernet(Fernet.generate_key())
    codec = EventCodec(EVENTS, Keyring(engine, MultiFernet([key])))
    store = open_event_store(engine, codec, HANDLERS, LogSignal())
    await store.sequencer.start()
    stack.push_async_callback(store.sequencer.stop)
    clock = StageClock()
    shared: dict[str, Any] = {
        "vault": SqlVault(engine, [key]),
        "inbox": WebhookInbox(engine),
        "objects": _bucket(simulators),
        "index": FoldedIndex(),
        "video": video,
        "clock": clock,
    }
    backlog = Backlog(clock)
    services = _services(store, backlog, shared)
    return Stage(store=store, services=services, backlog=backlog, **shared, **levers)


def _services(store: EventStore, backlog: Backlog, shared: Mapping[str, Any]) -> StreamingServices:
    return StreamingServices(
        StreamingPorts(
            bus=store.sequencer,
            log=store.log,
            jobs=backlog,
            read_notice=read_notice,
            new_id=new_id,
            derived_id=derived_id,
            sweep_seconds=SWEEP_SECONDS,
            grace_seconds=GRACE_SECONDS,
            **shared,
        )
    )


def _bucket(simulators: Simulators) -> R2ObjectStore:
    config = simulators.config
    return R2ObjectStore(
        Bucket(
            endpoint_url=f"{simulators.url}/r2",
            access_key_id=config.r2_access_key_id,
            secret_access_key=Secret(config.r2_secret_access_key),
            name=config.r2_buckets[0],
            public_url=f"{simulators.url}/media",
        )
    )
