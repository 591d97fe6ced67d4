"""The log without its writer: what every role, and most of the command line, begins with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from cryptography.fernet import MultiFernet
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.database import create_engine
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.keyring import Keyring
from infrastructure.event_store.log import SqlEventLog
from infrastructure.event_store.signal import LogSignal
from infrastructure.news import News
from infrastructure.observability.masking import hide_secrets_of
from infrastructure.settings import Settings
from infrastructure.vault import master_keys
from interfaces.contexts import EVENTS


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
