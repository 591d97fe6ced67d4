"""How the identity services look at accounts and have things decided on them. Owns no rule."""

from collections.abc import AsyncIterator
from hashlib import sha256

import msgspec

from application.identity.ports import Clock
from application.ports import CommandBus, DerivedId, Dispatch, EventLog, Loaded, Outcome
from domain.identity.account import Account, Login
from domain.identity.commands import AccountCommand, LoginCommand, OpenAccount
from domain.identity.deciding import ACCOUNT, LOGIN
from domain.identity.errors import AccountNotFoundError
from domain.identity.events import AccountOpened, ProfileRevised
from domain.identity.values import AccountKind, Role
from domain.shared import Event, Language, Market, Recorded

_PAGE = 500


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody as the log knows them at `position`, the last one of their account's."""

    user_id: str
    name: str
    kind: AccountKind
    roles: tuple[Role, ...]
    market: Market
    language: Language
    avatar_key: str | None
    position: int

    def __repr__(self) -> str:
        return f"Person(user_id={self.user_id!r}, …)"


class Accounts:
    def __init__(
        self, *, bus: CommandBus, log: EventLog, clock: Clock, derived_id: DerivedId
    ) -> None:
        self._bus = bus
        self._log = log
        self._clock = clock
        self._derived_id = derived_id

    async def load(self, user_id: str) -> Loaded[Account]:
        return await self._log.load(ACCOUNT, ACCOUNT.stream(user_id))

    async def login(self, login_id: str) -> Login:
        return (await self._log.load(LOGIN, LOGIN.stream(login_id))).state

    async def person(self, user_id: str) -> Person:
        """From the log itself: signing in must not wait for a projection.

        Raises `AccountNotFoundError` unless the account is open.
        """
        state, name, position = ACCOUNT.initial, "", 0
        async for recorded in self.history(user_id):
            state, position = ACCOUNT.evolve(state, recorded.event), recorded.position
            name = name_told(recorded.event) or name
        if state.status != "open":
            raise AccountNotFoundError(user_id=user_id)
        return _person(user_id, name, state, position)

    async def history(self, user_id: str) -> AsyncIterator[Recorded]:
        """Everything recorded on the account, in order."""
        stream, version = ACCOUNT.stream(user_id), 0
        while page := await self._log.read_stream(stream, after_version=version, limit=_PAGE):
            for recorded in page:
                yield recorded
            version = page[-1].version

    async def ask(
        self,
        command: AccountCommand | LoginCommand | OpenAccount,
        *,
        actor: str,
        once: str,
        expected_version: int | None = None,
    ) -> Outcome:
        """Has the command decided. Asked again for the same `once`, it counts once."""
        command_id, fingerprint = self.identity(command, once=once)
        return await self._bus.execute(
            Dispatch(
                command=command,
                command_id=command_id,
                actor=actor,
                now=self._clock(),
                fingerprint=fingerprint,
                expected_version=expected_version,
            )
        )

    def identity(
        self, command: AccountCommand | LoginCommand | OpenAccount, *, once: str
    ) -> tuple[str, bytes]:
        """The id a command has for `once`, and the fingerprint the log keeps beside it. That is
        taken of the id alone: of the command, it would still tell a guessed name or address from
        a wrong one after an erasure."""
        kind = type(command).__name__
        command_id = self._derived_id("identity", kind, command.user_id, once)
        return command_id, sha256(command_id.encode()).digest()


def name_told(event: Event) -> str | None:
    """What the person is called from this fact on; None: what they were called before."""
    return event.name if isinstance(event, AccountOpened | ProfileRevised) else None


def themselves(user_id: str) -> str:
    """The actor of what a person does."""
    return f"user:{user_id}"


def _person(user_id: str, name: str, state: Account, position: int) -> Person:
    return Person(
        user_id=user_id,
        name=name,
        kind=state.kind,
        roles=state.roles,
        market=state.market,
        language=state.language,
        avatar_key=state.avatar_key,
        position=position,
    )
