"""Wires the parts together. The only place that knows which adapter plays which role."""

import os
import secrets
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.fernet import MultiFernet
from redis.asyncio import BlockingConnectionPool, Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from application.identity.ports import IdentityProvider
from application.identity.services import IdentityPorts, IdentityServices
from application.ports import LiveVideo, ObjectStore
from application.processes.broadcast import BroadcastLifecycle
from application.processes.erasure import Erasure
from application.processes.person_export import PersonExports
from application.streaming.services import StreamingPorts, StreamingServices
from domain.identity.values import PROVIDERS_OF, Provider
from infrastructure.broadcast_index import ProjectedBroadcastIndex
from infrastructure.cloudflare.client import CloudflareClient, open_client
from infrastructure.cloudflare.live_video import open_live_video
from infrastructure.cloudflare.notices import read_notice
from infrastructure.cloudflare.playback import open_playback
from infrastructure.database import create_engine
from infrastructure.event_store.checkpoints import Checkpoints, load_checkpoint_key
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.keyring import Keyring
from infrastructure.event_store.log import SqlEventLog
from infrastructure.event_store.opening import SequencerLimits, open_event_store
from infrastructure.event_store.sequencer import Sequencer
from infrastructure.event_store.signal import LogSignal
from infrastructure.identity.one_time import RedisOneTimeStore
from infrastructure.identity.pseudonyms import SqlPseudonyms
from infrastructure.identity.session_watch import SessionWatch
from infrastructure.identity.sessions import SqlSessions
from infrastructure.identity.signing_key_table import SigningKeyTable
from infrastructure.identity.signing_keys import SigningKeys
from infrastructure.identity_providers.opening import (
    ProviderNotices,
    open_http,
    open_identity_providers,
    open_provider_notices,
)
from infrastructure.ids import derived_id, new_id
from infrastructure.jobs.dead_jobs import DeadJobs
from infrastructure.jobs.queue import DramatiqJobQueue
from infrastructure.memory import collect_rarely
from infrastructure.news import News
from infrastructure.observability.masking import hide_secrets_of
from infrastructure.processes.deadlines import Deadlines
from infrastructure.processes.runner import ProcessRunner, Registration
from infrastructure.r2.object_store import R2ObjectStore, open_object_store
from infrastructure.read_models.control import ProjectionControl
from infrastructure.read_models.projector import Projector
from infrastructure.read_models.read_models import ReadModels
from infrastructure.settings import SettingError, Settings
from infrastructure.tokens import Tokens
from infrastructure.vault import SqlVault, master_keys
from infrastructure.webhook_inbox import WebhookInbox
from interfaces.contexts import EVENTS, HANDLERS, JOBS, PROJECTIONS
from interfaces.http.identity.attempts import AccountThrottle
from interfaces.platform import Platform, Services
from interfaces.webhooks import cloudflare
from interfaces.webhooks.notices import SOURCES
from interfaces.webhooks.notices import read_notice as read_person_notice

_REDIS_CONNECTIONS = 64
_REDIS_PATIENCE_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class Store:
    """The log without its writer, for those who only read it."""

    settings: Settings
    engine: AsyncEngine
    keyring: Keyring
    codec: EventCodec
    signal: LogSignal
    log: SqlEventLog


@asynccontextmanager
async def open_store(settings: Settings, redis: Redis | None = None) -> AsyncIterator[Store]:
    """Needs the database alone. With `redis` it hears of what other processes append."""
    hide_secrets_of(settings)
    engine = create_engine(settings.database_url)
    keyring = Keyring(engine, MultiFernet(master_keys(settings)))
    codec = EventCodec(EVENTS, keyring)
    signal = LogSignal(redis, prefix=settings.redis_prefix)
    await signal.start()
    news = News(redis, f"{settings.redis_prefix}erased", keyring.drop)
    keyring.tell = news.tell
    await news.start()
    log = SqlEventLog(engine, codec, signal)
    try:
        yield Store(
            settings=settings,
            engine=engine,
            keyring=keyring,
            codec=codec,
            signal=signal,
            log=log,
        )
    finally:
        await news.stop()
        await signal.stop()
        await engine.dispose()


def open_projection_control(settings: Settings, store: Store, redis: Redis) -> ProjectionControl:
    return ProjectionControl(
        PROJECTIONS,
        log=store.log,
        engine=store.engine,
        redis=redis,
        prefix=settings.redis_prefix,
    )


@asynccontextmanager
async def open_platform(settings: Settings, *, alone: bool = False) -> AsyncIterator[Platform]:
    """Everything, connected and ready; closed in reverse. `settings` have every address filled in
    (`infrastructure.embedded.surroundings`).

    `alone`: no other process of this installation can be running, so that what a killed one held
    need not be waited for.
    """
    async with AsyncExitStack() as stack:
        platform = _platform(await _open_parts(stack, settings), alone=alone)
        collect_rarely()
        yield platform


def jobs_namespace(settings: Settings) -> str:
    return f"{settings.redis_prefix}jobs"


@dataclass(frozen=True, kw_only=True)
class _Parts:
    """What is open and must be closed."""

    settings: Settings
    store: Store
    redis: Redis
    bus: Sequencer
    views: ReadModels
    jobs: DramatiqJobQueue
    cloudflare: CloudflareClient
    objects: R2ObjectStore
    providers: Mapping[Provider, IdentityProvider]
    notices: ProviderNotices
    sessions: SqlSessions
    session_watch: SessionWatch


async def _open_parts(stack: AsyncExitStack, settings: Settings) -> _Parts:
    redis = await _open_redis(stack, settings.redis_url)
    jobs_redis = await _open_redis(stack, settings.jobs_redis_url)
    store = await stack.enter_async_context(open_store(settings, redis))
    views = ReadModels(store.engine, redis, prefix=settings.redis_prefix)
    await views.start()
    stack.push_async_callback(views.stop)
    cloudflare = open_client(settings, redis)
    stack.push_async_callback(cloudflare.aclose)
    objects = open_object_store(settings)
    stack.push_async_callback(objects.aclose)
    http = await stack.enter_async_context(open_http(settings))
    providers = open_identity_providers(settings, http)
    _refuse_to_lead_nowhere(settings, providers)
    sessions = SqlSessions(store.engine)
    return _Parts(
        settings=settings,
        store=store,
        redis=redis,
        bus=await _open_bus(stack, settings, store),
        views=views,
        jobs=DramatiqJobQueue(jobs_redis, jobs_namespace(settings), JOBS),
        cloudflare=cloudflare,
        objects=objects,
        providers=providers,
        notices=open_provider_notices(settings, http),
        sessions=sessions,
        session_watch=await _open_session_watch(stack, settings, sessions, redis),
    )


def _refuse_to_lead_nowhere(
    settings: Settings, providers: Mapping[Provider, IdentityProvider]
) -> None:
    """Providers send people back to our public address. Raises `SettingError`."""
    offered = any(
        provider.unavailable(market, host=True) is None
        for provider in providers.values()
        for market in PROVIDERS_OF
    )
    if offered and not settings.public_url:
        raise SettingError("LIVE_PUBLIC_URL", "must be set where people sign in with a provider")


async def _open_redis(stack: AsyncExitStack, url: str) -> Redis:
    pool = BlockingConnectionPool.from_url(
        url, max_connections=_REDIS_CONNECTIONS, timeout=_REDIS_PATIENCE_SECONDS
    )
    redis = Redis.from_pool(pool)
    stack.push_async_callback(redis.aclose)
    return redis


async def _open_session_watch(
    stack: AsyncExitStack, settings: Settings, sessions: SqlSessions, redis: Redis
) -> SessionWatch:
    watch = SessionWatch(sessions, redis, prefix=settings.redis_prefix)
    await watch.start()
    stack.push_async_callback(watch.stop)
    return watch


async def _open_bus(stack: AsyncExitStack, settings: Settings, store: Store) -> Sequencer:
    limits = SequencerLimits(
        queue=settings.queue_limit,
        batch=settings.batch_limit,
        snapshot_every=settings.snapshot_every,
    )
    bus = open_event_store(store.engine, store.codec, HANDLERS, store.signal, limits).sequencer
    await bus.start()
    stack.push_async_callback(bus.stop)
    return bus


def _platform(parts: _Parts, *, alone: bool) -> Platform:
    settings, store, outside = parts.settings, parts.store, _outside(parts)
    signing_keys = SigningKeys(SigningKeyTable(store.engine, master_keys(settings)))
    return Platform(
        settings=settings,
        engine=store.engine,
        redis=parts.redis,
        log=store.log,
        codec=store.codec,
        keyring=store.keyring,
        bus=parts.bus,
        views=parts.views,
        projector=_projector(parts),
        projections=open_projection_control(settings, store, parts.redis),
        jobs=parts.jobs,
        dead_jobs=DeadJobs(store.engine),
        processes=_processes(parts, alone=alone),
        deadlines=Deadlines(store.engine, parts.jobs),
        checkpoints=_checkpoints(parts),
        inbox=outside.inbox,
        notices=outside.notices,
        provider_notices=parts.notices,
        video=outside.video,
        signer=open_playback(settings),
        vault=outside.vault,
        objects=outside.objects,
        tokens=Tokens(signing_keys, seconds=settings.access_token_seconds),
        session_watch=parts.session_watch,
        signing_keys=signing_keys,
        services=Services(
            streaming=_streaming(parts, outside),
            identity=_identity(parts, outside),
            person_exports=PersonExports(log=store.log, sessions=parts.sessions, clock=_now),
        ),
    )


@dataclass(frozen=True, kw_only=True)
class _Outside:
    """Adapters of what lies outside the log and its views."""

    video: LiveVideo
    vault: SqlVault
    objects: ObjectStore
    inbox: WebhookInbox
    notices: WebhookInbox


def _outside(parts: _Parts) -> _Outside:
    settings, engine = parts.settings, parts.store.engine
    return _Outside(
        video=open_live_video(parts.cloudflare, settings, parts.redis),
        vault=SqlVault(engine, master_keys(settings)),
        objects=parts.objects,
        inbox=WebhookInbox(engine, sources=cloudflare.SOURCES),
        notices=WebhookInbox(engine, sources=SOURCES),
    )


def _checkpoints(parts: _Parts) -> Checkpoints:
    """Kept in the object store as well, where there is one."""
    settings, store = parts.settings, parts.store
    objects = parts.objects if settings.r2_endpoint_url else None
    key = load_checkpoint_key(settings.checkpoint_key)
    return Checkpoints(store.engine, store.log, key, objects)


def _projector(parts: _Parts) -> Projector:
    return Projector(
        PROJECTIONS,
        log=parts.store.log,
        engine=parts.store.engine,
        redis=parts.redis,
        prefix=parts.settings.redis_prefix,
    )


def _streaming(parts: _Parts, outside: _Outside) -> StreamingServices:
    return StreamingServices(
        StreamingPorts(
            bus=parts.bus,
            log=parts.store.log,
            video=outside.video,
            vault=outside.vault,
            jobs=parts.jobs,
            index=ProjectedBroadcastIndex(parts.views),
            objects=outside.objects,
            inbox=outside.inbox,
            read_notice=read_notice,
            clock=_now,
            new_id=new_id,
            derived_id=derived_id,
            sweep_seconds=parts.settings.sweep_seconds,
            grace_seconds=parts.settings.disconnect_grace_seconds,
        )
    )


def _identity(parts: _Parts, outside: _Outside) -> IdentityServices:
    settings, store, vault = parts.settings, parts.store, outside.vault
    return IdentityServices(
        IdentityPorts(
            bus=parts.bus,
            log=store.log,
            vault=vault,
            jobs=parts.jobs,
            objects=outside.objects,
            inbox=outside.notices,
            read_notice=read_person_notice,
            providers=parts.providers,
            pseudonyms=SqlPseudonyms(store.engine, vault),
            one_time=RedisOneTimeStore(
                parts.redis, master_keys(settings), prefix=settings.redis_prefix
            ),
            sessions=parts.sessions,
            keys=store.keyring,
            throttle=AccountThrottle(parts.redis, settings),
            clock=_now,
            new_id=new_id,
            new_secret=_new_secret,
            derived_id=derived_id,
        )
    )


def _processes(parts: _Parts, *, alone: bool) -> ProcessRunner:
    lifecycle = BroadcastLifecycle(grace_seconds=parts.settings.disconnect_grace_seconds)
    registrations = [
        Registration(process=lifecycle, start="beginning"),
        Registration(process=Erasure(), start="beginning"),
    ]
    owner = (
        "alone" if alone else f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
    )
    return ProcessRunner(
        registrations, parts.store.log, parts.store.engine, parts.jobs, owner=owner
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _new_secret() -> str:
    return secrets.token_hex(32)
