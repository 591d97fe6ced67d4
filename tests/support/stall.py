"""What is sold in a show, on the real log and its sequencer, with jobs and time moved by the test.
What the shop stands on (a show's room, offers, stock) is noted as facts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

from cryptography.fernet import Fernet, MultiFernet

from application.handling import Handler, Handlers, no_answer
from application.ordering import carts
from application.ports import Dispatch
from application.processes import claiming, holds, waitlist
from application.processes.claiming import Claiming
from application.processes.comment_orders import CommentClaims, CommentOrders
from application.processes.offer_hours import OfferClock, OfferHours
from application.processes.process import Process
from application.processes.show_over import ShowClosing
from application.processes.waitlist import Waitlists, WaitlistServing
from application.showcase import handlers as showcase_handlers
from domain.chat import events as chat
from domain.chat.deciding import ROOM
from domain.inventory import events as inventory
from domain.inventory.deciding import SKU
from domain.inventory.sku import Sku
from domain.ordering import events as ordering
from domain.ordering.cart import Cart
from domain.ordering.carting import CART
from domain.shared import Command, Decider, Event, Money
from domain.showcase import events as showcase
from domain.showcase.deciding import SHOWCASE
from domain.showcase.values import OfferTerms
from infrastructure.database import METADATA, create_engine
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.keyring import Keyring
from infrastructure.event_store.known_commands import SqlKnownCommands
from infrastructure.event_store.opening import EventStore, lay_head, open_event_store
from infrastructure.event_store.recent_states import SequencerStates
from infrastructure.event_store.signal import LogSignal
from infrastructure.ids import derived_id, new_id
from tests.support.builders import HOST, SHOW
from tests.support.chatting import VIEWER, sent
from tests.support.stage import Backlog, StageClock

EVENTS = (*chat.EVENTS, *inventory.EVENTS, *showcase.EVENTS, *ordering.EVENTS)
HANDLERS: Handlers = {
    **carts.HANDLERS,
    **claiming.HANDLERS,
    **holds.HANDLERS,
    **waitlist.HANDLERS,
    **showcase_handlers.HANDLERS,
}


class Noted(Command, frozen=True, kw_only=True):
    """Facts that are there, whatever a decider would have said."""

    stream: str
    facts: tuple[Any, ...]


class InTheRoom(Noted, frozen=True, kw_only=True):
    """Of the show's room."""


class InTheShowcase(Noted, frozen=True, kw_only=True):
    """Of what the show offers."""


class OnTheShelf(Noted, frozen=True, kw_only=True):
    """Of one SKU's stock."""


def _noting(decider: Decider[Any]) -> Handler:
    def streams(command: Any) -> tuple[str, ...]:
        return (command.stream,)

    return Handler((decider,), streams, lambda _, command: (command.facts,), no_answer)


NOTING: Handlers = {
    InTheRoom: _noting(ROOM),
    InTheShowcase: _noting(SHOWCASE),
    OnTheShelf: _noting(SKU),
}


@dataclass(kw_only=True)
class Stall:
    """Offers are named by their codes: `o-A01` of the SKU `S-A01`, goods `p-A`."""

    store: EventStore
    claims: Claiming
    comments: CommentClaims
    waitlists: Waitlists
    hours: OfferClock
    closing: ShowClosing
    backlog: Backlog
    clock: StageClock
    position: int = 0
    numbers: Any = field(default_factory=count)
    processes: tuple[Process, ...] = (CommentOrders(), WaitlistServing(), OfferHours())

    async def note(self, command: Noted) -> None:
        await self.store.sequencer.execute(self.dispatch(command))

    def dispatch(self, command: Command) -> Dispatch:
        told = new_id()
        return Dispatch(
            command=command,
            command_id=told,
            actor="user:test",
            now=self.clock(),
            fingerprint=told.encode()[:32],
        )

    async def prepare(self, code: str = "A01", *, stock: int = 5, **terms: Any) -> str:
        """An offer that is ready, of goods that are there."""
        offer_id, sku = f"o-{code}", f"S-{code}"
        told: dict[str, Any] = {
            "sku": sku,
            "product_id": f"p-{code[0]}",
            "code": code,
            "price": Money(amount=390, currency="TWD"),
            "titles": {"zh-TW": "外套"},
        }
        prepared = showcase.OfferPrepared(offer_id=offer_id, terms=OfferTerms(**{**told, **terms}))
        await self.show(prepared)
        listed = inventory.SkuRegistered(product_id=f"p-{code[0]}", merchant_id=HOST)
        received = inventory.StockReceived(quantity=stock, available=stock)
        facts = (listed, received) if stock else (listed,)
        await self.note(OnTheShelf(stream=SKU.stream(sku), facts=facts))
        return offer_id

    async def offer(self, code: str = "A01", *, stock: int = 5, **terms: Any) -> str:
        """An offer that is open."""
        offer_id = await self.prepare(code, stock=stock, **terms)
        await self.show(showcase.OfferOpened(offer_id=offer_id, opened_at=self.clock()))
        return offer_id

    async def pin(self, code: str) -> None:
        await self.show(showcase.ProductPinned(offer_id=f"o-{code}"))

    async def close(self, code: str) -> None:
        await self.show(showcase.OfferClosed(offer_id=f"o-{code}", reason="host"))

    async def show(self, *facts: Event) -> None:
        await self.note(InTheShowcase(stream=SHOWCASE.stream(SHOW), facts=facts))

    async def say(self, text: str, *, by: str = VIEWER, **changes: Any) -> None:
        message_id = f"m-{next(self.numbers)}"
        told = {"message_id": message_id, "user_id": by, "stands": True, **changes}
        await self.note(InTheRoom(stream=ROOM.stream(SHOW), facts=(sent(text, **told),)))

    async def settle(self) -> None:
        """Lets the processes read what was recorded, and runs the jobs that follow."""
        run = {
            **self.comments.jobs(),
            **self.waitlists.jobs(),
            **self.hours.jobs(),
            **self.closing.jobs(),
        }
        await self._react()
        while jobs := self.backlog.due():
            for job in jobs:
                await run[job.job](*job.args)
            await self._react()

    async def later(self, seconds: float) -> None:
        """Moves time on, then settles."""
        self.clock.ahead += timedelta(seconds=seconds)
        await self.settle()

    def restart(self) -> None:
        """What had been read is read again, and what waited in memory is gone."""
        self.position, self.backlog = 0, Backlog(self.clock)

    async def shown(self, *kinds: type[Event]) -> list[Event]:
        """The showcase's facts of these kinds, in order."""
        log = await self.store.log.read_stream(SHOWCASE.stream(SHOW), limit=1000)
        return [one.event for one in log if isinstance(one.event, kinds)]

    async def _react(self) -> None:
        for recorded in await self.store.log.read(self.position, limit=1000):
            self.position = recorded.position
            for process in self.processes:
                await self.backlog.take(process.react(recorded))

    async def cart(self, by: str = VIEWER) -> Cart:
        cart_id = self.claims.cart_id(SHOW, by)
        return (await self.store.log.load(CART, CART.stream(cart_id))).state

    async def sku(self, code: str = "A01") -> Sku:
        return (await self.store.log.load(SKU, SKU.stream(f"S-{code}"))).state

    async def facts(self, by: str = VIEWER) -> list[Event]:
        """Of somebody's cart, in order."""
        stream = CART.stream(self.claims.cart_id(SHOW, by))
        return [one.event for one in await self.store.log.read_stream(stream, limit=1000)]

    async def refusals(self, by: str = VIEWER) -> list[tuple[str, str, int]]:
        """Code, what was named, and how many."""
        return [
            (fact.refusal, fact.offer_code, fact.quantity)
            for fact in await self.facts(by)
            if isinstance(fact, ordering.ClaimRefused)
        ]


@asynccontextmanager
async def stall(url: str) -> AsyncIterator[Stall]:
    """A show that offers nothing yet."""
    engine = create_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    await lay_head(engine)
    codec = EventCodec(EVENTS, Keyring(engine, MultiFernet([Fernet(Fernet.generate_key())])))
    store = open_event_store(engine, codec, {**HANDLERS, **NOTING}, LogSignal())
    await store.sequencer.start()
    try:
        built = _built(store, SqlKnownCommands(engine), StageClock())
        await built.show(showcase.ShowcaseOpened(host_id=HOST, market="TW"))
        yield built
    finally:
        await store.sequencer.stop()
        await engine.dispose()


def _built(store: EventStore, known: SqlKnownCommands, clock: StageClock) -> Stall:
    bus, log = store.sequencer, store.log
    recent = SequencerStates(bus, log)
    claims = Claiming(bus=bus, log=log, recent=recent, derived_id=derived_id)
    return Stall(
        store=store,
        claims=claims,
        comments=CommentClaims(
            claims=claims, log=log, known=known, clock=clock, derived_id=derived_id
        ),
        waitlists=Waitlists(bus=bus, log=log, clock=clock, derived_id=derived_id),
        hours=OfferClock(bus=bus, clock=clock, derived_id=derived_id),
        closing=ShowClosing(bus=bus, log=log, clock=clock, derived_id=derived_id),
        backlog=Backlog(clock),
        clock=clock,
    )
