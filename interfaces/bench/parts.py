"""The event store as the product opens it, for benchmarks that run it in their own process."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.database import create_engine
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.keyring import Keyring
from infrastructure.event_store.opening import EventStore, SequencerLimits, open_event_store
from infrastructure.event_store.signal import LogSignal
from infrastructure.memory import collect_rarely
from infrastructure.observability.logs import configure_logging
from interfaces.contexts import EVENTS, HANDLERS

MASTER_KEY = "bench" * 8 + "bnc="  # every process must open the same keys


@dataclass(frozen=True)
class BenchedStore:
    store: EventStore
    engine: AsyncEngine


@asynccontextmanager
async def benched_store(url: str) -> AsyncIterator[BenchedStore]:
    """The product's store with its default limits, its sequencer running."""
    configure_logging(level="warning", stream=sys.stderr)  # stdout is for the figures
    engine = create_engine(url)
    codec = EventCodec(EVENTS, Keyring(engine, MultiFernet([Fernet(MASTER_KEY)])))
    store = open_event_store(engine, codec, HANDLERS, LogSignal(), SequencerLimits())
    await store.sequencer.start()
    collect_rarely()
    try:
        yield BenchedStore(store, engine)
    finally:
        await store.sequencer.stop()
        await engine.dispose()
