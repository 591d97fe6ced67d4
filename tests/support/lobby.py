"""Where people come in: the identity services on the real log, sessions, pseudonyms, vault, inbox,
Redis and object store, with providers, jobs and time moved by the test."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

import msgspec
from cryptography.fernet import Fernet, MultiFernet
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from application.chat import handlers as chat
from application.identity.handlers import HANDLERS
from application.identity.open_sessions import SignedIn
from application.identity.opening import Newcomer
from application.identity.ports import (
    AuthorizationCode,
    AuthorizationRequest,
    ExternalPerson,
    NativeProof,
    ProviderNotice,
    SignInRefused,
    TooManyAttempts,
)
from application.identity.services import IdentityPorts, IdentityServices
from application.identity.signing_in import Authorization, Departure, Landing, NativeArrival, Return
from application.ports import Dispatch, Outcome, ProviderUnavailable
from application.processes.erasure import Erasure
from application.processes.person_export import PersonExports
from application.streaming import handlers as streaming
from domain.chat import events as rooms
from domain.identity.account import Account
from domain.identity.deciding import ACCOUNT
from domain.identity.events import EVENTS
from domain.identity.values import Provider
from domain.shared import Command, Event, Market
from domain.streaming import events as shows
from infrastructure.database import METADATA, create_engine
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.keyring import Keyring
from infrastructure.event_store.opening import EventStore, lay_head, open_event_store
from infrastructure.event_store.signal import LogSignal
from infrastructure.identity.one_time import RedisOneTimeStore
from infrastructure.identity.pseudonyms import SqlPseudonyms
from infrastructure.identity.sessions import SqlSessions
from infrastructure.ids import derived_id, new_id
from infrastructure.r2.object_store import Bucket, R2ObjectStore
from infrastructure.settings import Secret
from infrastructure.simulators.serving import Simulators
from infrastructure.vault import SqlVault
from infrastructure.webhook_inbox import WebhookInbox
from tests.support.simulated_cloudflare import simulated
from tests.support.stage import Backlog, StageClock

CALLBACK = "https://live.example/api/v1/auth/line/callback"
APP = "https://shop.example/signed-in"


@dataclass
class Desk:
    """Implements `IdentityProvider`: whoever is in `people` can sign in, by code or by token."""

    provider: Provider
    people: dict[str, ExternalPerson] = field(default_factory=dict)
    requests: list[AuthorizationRequest] = field(default_factory=list)
    redeemed: list[AuthorizationCode] = field(default_factory=list)
    revoked: list[bytes] = field(default_factory=list)
    closed: str | None = None
    down: bool = False

    def unavailable(self, market: Market, *, host: bool) -> str | None:
        return self.closed

    def authorization_url(self, request: AuthorizationRequest) -> str:
        self.requests.append(request)
        return f"https://{self.provider}.example/authorize?state={request.state}"

    async def redeem(self, code: AuthorizationCode) -> ExternalPerson:
        self.redeemed.append(code)
        return self._person(code.code)

    async def verify(self, proof: NativeProof) -> ExternalPerson:
        return self._person(proof.id_token or "")

    async def revoke(self, revocation: bytes) -> None:
        if self.down:
            raise ProviderUnavailable(self.provider)
        self.revoked.append(revocation)

    def _person(self, proof: str) -> ExternalPerson:
        if self.down:
            raise ProviderUnavailable(self.provider)
        if proof not in self.people:
            raise SignInRefused("unknown_proof")
        return self.people[proof]


class Patience:
    """Implements `Throttle`: so many attempts each."""

    def __init__(self) -> None:
        self.limit = 1000
        self.attempts: Counter[tuple[str, str]] = Counter()

    async def __call__(self, attempt: str, key: str, /) -> None:
        self.attempts[attempt, key] += 1
        if self.attempts[attempt, key] > self.limit:
            raise TooManyAttempts(60.0)


class Fuse:
    """Blows once, after `left` calls to the outside have had their effect: as if we crashed."""

    def __init__(self) -> None:
        self.left = 0
        self._meanwhile: dict[str, Callable[[], Awaitable[None]]] = {}

    def before(self, name: str, happens: Callable[[], Awaitable[None]]) -> None:
        """Something `happens` just before the next call of this name."""
        self._meanwhile[name] = happens

    async def meet(self, name: str) -> None:
        if happens := self._meanwhile.pop(name, None):
            await happens()

    def on(self, port: Any) -> Any:
        """The port, with the fuse in every call to it."""
        return _Fused(port, self)

    def burn(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise ConnectionAbortedError


class _Fused:
    def __init__(self, port: Any, fuse: Fuse) -> None:
        self._port = port
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:
        async def call(*arguments: Any, **named: Any) -> Any:
            await self._fuse.meet(name)
            answer = await getattr(self._port, name)(*arguments, **named)
            self._fuse.burn()
            return answer

        return call


@dataclass(kw_only=True)
class Lobby:
    """Everything people need to come in, and the levers to move it."""

    engine: AsyncEngine
    store: EventStore
    services: IdentityServices
    exports: PersonExports
    providers: dict[Provider, Desk]
    backlog: Backlog
    clock: StageClock
    patience: Patience
    fuse: Fuse
    vault: SqlVault
    inbox: WebhookInbox
    sessions: SqlSessions
    pseudonyms: SqlPseudonyms
    objects: R2ObjectStore
    position: int = 0

    def knows(self, provider: Provider, subject: str, **told: Any) -> str:
        """The provider can vouch for this person from now on; the proof to come in with."""
        given: dict[str, Any] = {"name": "Lin Mei", "email": "mei@mail.example"}
        person = ExternalPerson(
            provider=provider, subject=subject, email_trusted=False, **{**given, **told}
        )
        proof = token_hex(8)
        self.providers[provider].people[proof] = person
        return proof

    async def come_in(
        self, provider: Provider, subject: str, *, by: str | None = None, **told: Any
    ) -> SignedIn:
        """By the native flow; `by` is who is signed in already."""
        proof = NativeProof(platform="ios", id_token=self.knows(provider, subject, **told))
        arrival = NativeArrival(market="TW", language="zh-TW", user_id=by)
        return await self.services.signing_in.native(provider, proof, arrival)

    async def guest(self, name: str | None = None) -> SignedIn:
        return await self.services.opening.guest(Newcomer(name=name, market="TW", language="zh-TW"))

    async def depart(self, provider: Provider, *, by: str | None = None) -> Authorization:
        departure = Departure(
            callback_uri=CALLBACK,
            redirect_uri=APP,
            platform="web",
            market="TW",
            language="th",
            user_id=by,
        )
        return await self.services.signing_in.authorize(provider, departure)

    async def return_(
        self, provider: Provider, state: str, code: str | None, **told: Any
    ) -> Landing:
        back = Return(
            **{"callback_uri": CALLBACK, "state": state, "code": code, "same_browser": True, **told}
        )
        return await self.services.signing_in.callback(provider, back)

    async def ask(self, command: Command, *, actor: str = "system:test") -> Outcome:
        return await self.store.sequencer.execute(self.dispatch(command, actor=actor))

    def dispatch(self, command: Command, *, actor: str = "system:test") -> Dispatch:
        return Dispatch(command=command, command_id=new_id(), actor=actor, now=self.clock())

    async def account(self, user_id: str) -> Account:
        return (await self.store.log.load(ACCOUNT, ACCOUNT.stream(user_id))).state

    async def told(self, *kinds: type[Event]) -> list[Event]:
        """The facts of these kinds in the whole log, in order."""
        log = await self.store.log.read(0, limit=1000)
        return [each.event for each in log if isinstance(each.event, kinds)]

    async def later(self, seconds: float) -> None:
        """Moves time on, then settles."""
        self.clock.ahead += timedelta(seconds=seconds)
        await self.settle()

    async def settle(self) -> None:
        """Lets the process read what was recorded, and runs what is due until nothing is."""
        await self._react()
        while jobs := self.backlog.due():
            for job in jobs:
                await self._jobs()[job.job](*job.args)
            await self._react()

    def _jobs(self) -> Mapping[str, Callable[..., Awaitable[None]]]:
        """There are no journals here to scrub."""
        return {**self.services.jobs(), "identity.scrub": _nothing}

    async def receive(self, notice: ProviderNotice) -> str:
        """Stores a notice as the receiver does; its id."""
        body = msgspec.json.encode(notice)
        stored, _ = await self.inbox.store("test", notice.notice_id, body, self.clock())
        return stored

    async def _react(self) -> None:
        for recorded in await self.store.log.read(self.position, limit=1000):
            self.position = recorded.position
            await self.backlog.take(Erasure().react(recorded))


async def _nothing() -> None:
    return None


@asynccontextmanager
async def lobby(url: str, redis_url: str, folder: Path) -> AsyncIterator[Lobby]:
    async with AsyncExitStack() as stack:
        simulators, _ = await stack.enter_async_context(simulated(folder))
        redis = Redis.from_url(redis_url)
        stack.push_async_callback(redis.aclose)
        engine = create_engine(url)
        stack.push_async_callback(engine.dispose)
        async with engine.begin() as connection:
            await connection.run_sync(METADATA.create_all)
        await lay_head(engine)
        yield await _built(stack, engine, redis, simulators)


async def _built(
    stack: AsyncExitStack, engine: AsyncEngine, redis: Redis, simulators: Simulators
) -> Lobby:
    key, clock = Fernet(Fernet.generate_key()), StageClock()
    keyring = Keyring(engine, MultiFernet([key]))
    codec = EventCodec((*EVENTS, *shows.EVENTS, *rooms.EVENTS), keyring)
    handlers = {**HANDLERS, **streaming.HANDLERS, **chat.HANDLERS}
    store = open_event_store(engine, codec, handlers, LogSignal())
    await store.sequencer.start()
    stack.push_async_callback(store.sequencer.stop)
    vault = SqlVault(engine, [key])
    shared: dict[str, Any] = {
        "vault": vault,
        "inbox": WebhookInbox(engine),
        "objects": _bucket(simulators),
        "pseudonyms": SqlPseudonyms(engine, vault),
        "sessions": SqlSessions(engine, clock=lambda: clock().timestamp()),
        "providers": {name: Desk(name) for name in ("line", "google", "apple", "facebook")},
        "clock": clock,
    }
    levers: dict[str, Any] = {"backlog": Backlog(clock), "patience": Patience(), "fuse": Fuse()}
    services = IdentityServices(
        _ports(
            store,
            keyring,
            RedisOneTimeStore(redis, [key], prefix=f"{token_hex(4)}:"),
            {**shared, **levers},
        )
    )
    exports = PersonExports(log=store.log, sessions=shared["sessions"], clock=clock)
    return Lobby(engine=engine, store=store, services=services, exports=exports, **levers, **shared)


def _ports(
    store: EventStore, keyring: Keyring, one_time: RedisOneTimeStore, parts: dict[str, Any]
) -> IdentityPorts:
    on = parts["fuse"].on
    return IdentityPorts(
        bus=on(store.sequencer),
        log=store.log,
        jobs=on(parts["backlog"]),
        one_time=one_time,
        keys=on(keyring),
        throttle=parts["patience"],
        read_notice=_read_notice,
        new_id=new_id,
        new_secret=lambda: token_hex(32),
        derived_id=derived_id,
        vault=on(parts["vault"]),
        inbox=on(parts["inbox"]),
        objects=on(parts["objects"]),
        pseudonyms=on(parts["pseudonyms"]),
        sessions=on(parts["sessions"]),
        providers=parts["providers"],
        clock=parts["clock"],
    )


def _read_notice(_source: str, body: bytes) -> ProviderNotice:
    return msgspec.json.decode(body, type=ProviderNotice)


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
