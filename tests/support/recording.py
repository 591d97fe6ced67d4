"""Puts facts straight into a log, as commands would have: for what only reads them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from application.handling import Decision, Handler, Handlers, States, no_answer
from application.ports import Dispatch
from domain.shared import Command, Decider, Event
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.opening import EventStore, open_event_store
from infrastructure.event_store.signal import LogSignal
from infrastructure.ids import new_id
from tests.support.builders import NOON


class Record(Command, frozen=True, kw_only=True):
    """These happened, in one append."""

    facts: tuple[tuple[str, Event], ...]

    @property
    def streams(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(stream for stream, _ in self.facts))


def _decide(_states: States, command: Record) -> Decision:
    return [
        tuple(event for stream, event in command.facts if stream == one) for one in command.streams
    ]


def _nothing(_state: None, _command: Command) -> tuple[Event, ...]:
    return ()


def _evolve(_state: None, _event: Event) -> None:
    return None


def _streams(command: Record) -> tuple[str, ...]:
    return command.streams


_DECIDERS: tuple[Decider[None], ...] = tuple(
    Decider(category, None, _nothing, _evolve)
    for category in ("account", "cart", "coupon", "live_stream", "order", "showcase", "sku")
)
_HANDLERS: Handlers = {Record: Handler(_DECIDERS, _streams, _decide, no_answer)}


class Recorder:
    """Appends (stream, event) pairs; each call answers the position it reached."""

    def __init__(self, store: EventStore) -> None:
        self.store = store

    async def record(self, *facts: tuple[str, Event]) -> int:
        dispatch = Dispatch(
            command=Record(facts=facts), command_id=new_id(), actor="system:test", now=NOON
        )
        return (await self.store.sequencer.execute(dispatch)).position


@asynccontextmanager
async def recording(
    engine: AsyncEngine, codec: EventCodec, signal: LogSignal
) -> AsyncIterator[Recorder]:
    store = open_event_store(engine, codec, _HANDLERS, signal)
    await store.sequencer.start()
    try:
        yield Recorder(store)
    finally:
        await store.sequencer.stop()
