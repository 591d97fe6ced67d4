"""A small context to append with: accounts that are opened, paid into, and never overdrawn."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

import msgspec
from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncEngine

from application.handling import Decision, Handler, Handlers, States, on_one_stream
from application.ports import Dispatch, Outcome
from domain.shared import Command, Decider, DomainError, Event, Personal
from infrastructure.database import METADATA, create_engine
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.keyring import Keyring
from infrastructure.event_store.opening import (
    EventStore,
    SequencerLimits,
    lay_head,
    open_event_store,
)
from infrastructure.event_store.signal import LogSignal
from infrastructure.ids import new_id

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_LIMITS = SequencerLimits()
MASTER = MultiFernet([Fernet(b"a" * 43 + b"=")])


class AccountOpened(Event, frozen=True, kw_only=True):
    """Somebody has an account."""

    tag: ClassVar[str] = "accounts.AccountOpened"
    owner: str
    owner_name: Annotated[str, Personal("owner")]


class MoneyPaidIn(Event, frozen=True, kw_only=True):
    """The balance rose."""

    tag: ClassVar[str] = "accounts.MoneyPaidIn"
    amount: int


class MoneyTaken(Event, frozen=True, kw_only=True):
    """The balance fell."""

    tag: ClassVar[str] = "accounts.MoneyTaken"
    amount: int


class Noted(Event, frozen=True, kw_only=True):
    """Somebody wrote something down."""

    tag: ClassVar[str] = "accounts.Noted"
    text: str


EVENTS = (AccountOpened, MoneyPaidIn, MoneyTaken, Noted)


class OpenAccount(Command, frozen=True, kw_only=True):
    account: str
    owner: str
    owner_name: str = "Lin Mei"


class PayIn(Command, frozen=True, kw_only=True):
    account: str
    amount: int


class Take(Command, frozen=True, kw_only=True):
    account: str
    amount: int


class Note(Command, frozen=True, kw_only=True):
    account: str
    text: str


class Transfer(Command, frozen=True, kw_only=True):
    source: str
    target: str
    amount: int


class Stumble(Command, frozen=True, kw_only=True):
    """Its handler has a bug."""

    account: str


class Overdrawn(DomainError):
    code = "overdrawn"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    balance: int = 0


class Balance(msgspec.Struct, frozen=True):
    account: str
    balance: int


def decide(state: Account, command: Command) -> tuple[Event, ...]:
    match command:
        case OpenAccount():
            return (AccountOpened(owner=command.owner, owner_name=command.owner_name),)
        case PayIn():
            return (MoneyPaidIn(amount=command.amount),) if command.amount else ()
        case Note():
            return (Noted(text=command.text),)
        case Take() if command.amount > state.balance:
            raise Overdrawn(balance=state.balance)
        case Take():
            return (MoneyTaken(amount=command.amount),)
        case _:
            raise ZeroDivisionError


def evolve(state: Account, event: Event) -> Account:
    match event:
        case MoneyPaidIn():
            return Account(balance=state.balance + event.amount)
        case MoneyTaken():
            return Account(balance=state.balance - event.amount)
        case _:
            return state


ACCOUNT: Decider[Account] = Decider("account", Account(), decide, evolve)


def _transfer(states: States, command: Transfer) -> Decision:
    return (
        decide(states[0], Take(account=command.source, amount=command.amount)),
        decide(states[1], PayIn(account=command.target, amount=command.amount)),
    )


def _answer(command: Any, states: States) -> Balance:
    return Balance(command.account, states[0].balance)


def _by_account(command: Any) -> str:
    account: str = command.account
    return account


HANDLERS: Handlers = {
    OpenAccount: on_one_stream(ACCOUNT, _by_account, _answer, opens=True),
    PayIn: on_one_stream(ACCOUNT, _by_account, _answer),
    Take: on_one_stream(ACCOUNT, _by_account, _answer),
    Note: on_one_stream(ACCOUNT, _by_account),
    Stumble: on_one_stream(ACCOUNT, _by_account),
    Transfer: Handler(
        (ACCOUNT, ACCOUNT),
        lambda command: (ACCOUNT.stream(command.source), ACCOUNT.stream(command.target)),
        _transfer,
        lambda _command, states: Balance("source", states[0].balance),
    ),
}


def dispatch(command: Command, command_id: str | None = None, **envelope: Any) -> Dispatch:
    command_id = command_id or new_id()
    return Dispatch(command=command, command_id=command_id, actor="user:1", now=NOW, **envelope)


async def send(store: EventStore, command: Command, command_id: str | None = None) -> Outcome:
    return await store.sequencer.execute(dispatch(command, command_id))


async def create_tables(url: str) -> None:
    engine = create_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    await lay_head(engine)
    await engine.dispose()


@asynccontextmanager
async def started_store(
    url: str, limits: SequencerLimits = _LIMITS, **parts: Any
) -> AsyncIterator[tuple[EventStore, AsyncEngine]]:
    """A store over existing tables, its sequencer running."""
    engine = create_engine(url)
    codec = EventCodec(parts.get("event_types", EVENTS), Keyring(engine, MASTER))
    handlers = parts.get("handlers", HANDLERS)
    store = open_event_store(engine, codec, handlers, LogSignal(), limits)
    await store.sequencer.start()
    try:
        yield store, engine
    finally:
        await store.sequencer.stop()
        await engine.dispose()


async def table_rows(engine: AsyncEngine, table: Table) -> Sequence[Any]:
    async with engine.connect() as connection:
        return (await connection.execute(select(table))).all()
