"""Opens accounts that have no login: guests', and those for development."""

import msgspec

from application.identity.accounts import Accounts, themselves
from application.identity.open_sessions import OpenSessions, SignedIn
from application.identity.ports import NewId
from application.ports import DerivedId
from domain.identity.commands import ChangeRoles, OpenAccount, ReviseProfile
from domain.identity.values import GUEST_ROLES, Platform, Role
from domain.shared import Language, Market

_DEVELOPMENT = "system:development"


class Newcomer(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody without a login. A `name` of None: they are called what they are here."""

    name: str | None
    market: Market
    language: Language
    platform: Platform = "web"

    def __repr__(self) -> str:
        return f"Newcomer(market={self.market!r}, …)"


class Opening:
    def __init__(
        self, *, accounts: Accounts, sessions: OpenSessions, new_id: NewId, derived_id: DerivedId
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._new_id = new_id
        self._derived_id = derived_id

    async def guest(self, newcomer: Newcomer) -> SignedIn:
        """Raises a `DomainError` for a name that cannot be had."""
        user_id = self._new_id()
        opening = OpenAccount(
            user_id=user_id,
            kind="guest",
            name=newcomer.name,
            market=newcomer.market,
            language=newcomer.language,
            roles=GUEST_ROLES,
        )
        await self._accounts.ask(opening, actor=themselves(user_id), once="")
        return await self._sessions.start(user_id, None, newcomer.platform)

    async def for_development(self, newcomer: Newcomer, roles: tuple[Role, ...]) -> SignedIn:
        """The account of this name, opened when there is none, with these roles from now on."""
        user_id = await self._of_name(newcomer.name or "")
        if (await self._accounts.load(user_id)).state.status is None:
            await self._open(user_id, newcomer, roles)
        await self._adapt(user_id, newcomer, roles)
        return await self._sessions.start(user_id, None, newcomer.platform)

    async def _of_name(self, name: str) -> str:
        """The same account every time, until it is erased."""
        user_id, number = self._derived_id("development user", name), 1
        while (await self._accounts.load(user_id)).state.status in {"erasing", "erased"}:
            number += 1
            user_id = self._derived_id("development user", name, str(number))
        return user_id

    async def _open(self, user_id: str, newcomer: Newcomer, roles: tuple[Role, ...]) -> None:
        opening = OpenAccount(
            user_id=user_id,
            kind="registered",
            name=newcomer.name,
            market=newcomer.market,
            language=newcomer.language,
            roles=roles,
        )
        await self._accounts.ask(opening, actor=_DEVELOPMENT, once="")

    async def _adapt(self, user_id: str, newcomer: Newcomer, roles: tuple[Role, ...]) -> None:
        changes = (
            ChangeRoles(user_id=user_id, roles=roles),
            ReviseProfile(user_id=user_id, market=newcomer.market, language=newcomer.language),
        )
        for change in changes:
            await self._accounts.ask(change, actor=_DEVELOPMENT, once=self._new_id())
