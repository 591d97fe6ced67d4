"""What is open while a role runs, and must be closed again."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from redis.asyncio import BlockingConnectionPool, Redis

from application.identity.ports import IdentityProvider
from application.ports import LiveVideo, ObjectStore
from domain.identity.values import PROVIDERS_OF, Provider
from infrastructure.cloudflare.client import CloudflareClient, open_client
from infrastructure.cloudflare.live_video import open_live_video
from infrastructure.event_store.opening import SequencerLimits, open_event_store
from infrastructure.event_store.sequencer import Sequencer
from infrastructure.identity.session_watch import SessionWatch
from infrastructure.identity.sessions import SqlSessions
from infrastructure.identity_providers.opening import (
    ProviderNotices,
    open_http,
    open_identity_providers,
    open_provider_notices,
)
from infrastructure.jobs.queue import DramatiqJobQueue
from infrastructure.r2.object_store import R2ObjectStore, open_object_store
from infrastructure.read_models.read_models import ReadModels
from infrastructure.settings import SettingError, Settings
from infrastructure.vault import SqlVault, master_keys
from infrastructure.webhook_inbox import WebhookInbox
from interfaces.bootstrap.store import Store, open_store
from interfaces.contexts import HANDLERS, JOBS
from interfaces.webhooks import cloudflare
from interfaces.webhooks.notices import SOURCES

_REDIS_CONNECTIONS = 64
_REDIS_PATIENCE_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class Parts:
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


async def open_parts(stack: AsyncExitStack, settings: Settings) -> Parts:
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
    return Parts(
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


@dataclass(frozen=True, kw_only=True)
class Outside:
    """Adapters of what lies outside the log and its views."""

    video: LiveVideo
    vault: SqlVault
    objects: ObjectStore
    inbox: WebhookInbox
    notices: WebhookInbox


def open_outside(parts: Parts) -> Outside:
    settings, engine = parts.settings, parts.store.engine
    return Outside(
        video=open_live_video(parts.cloudflare, settings, parts.redis),
        vault=SqlVault(engine, master_keys(settings)),
        objects=parts.objects,
        inbox=WebhookInbox(engine, sources=cloudflare.SOURCES),
        notices=WebhookInbox(engine, sources=SOURCES),
    )


def jobs_namespace(settings: Settings) -> str:
    return f"{settings.redis_prefix}jobs"
