"""What people say of themselves, and which roles they are given."""

from collections.abc import Callable, Collection
from hashlib import sha256

from msgspec import UNSET
from msgspec.structs import replace

from application.identity.accounts import Accounts, Person
from application.identity.avatars import Avatars
from application.identity.ports import NewId
from application.ports import CommandBus, Dispatch, Outcome, StaleVersion
from domain.identity.commands import ChangeRoles, ReviseProfile
from domain.identity.errors import NotAdminError
from domain.identity.values import Role


class Profiles:
    def __init__(
        self, *, accounts: Accounts, avatars: Avatars, bus: CommandBus, new_id: NewId
    ) -> None:
        self._accounts = accounts
        self._avatars = avatars
        self._bus = bus
        self._new_id = new_id

    async def person(self, user_id: str) -> Person:
        """As of now, from the log. Raises `AccountNotFoundError` unless the account is open."""
        return await self._accounts.person(user_id)

    async def revise(self, dispatch: Dispatch, command: ReviseProfile) -> Outcome:
        """Executes `dispatch`, whose command is `command`, if the picture is there and fit: all
        of it counts, or nothing.

        Unless it may be repeated under a key of the client's, no fingerprint of the command is
        left behind: that would tell a guessed name from a wrong one even after an erasure.
        """
        if command.avatar_key is not UNSET:
            await self._avatars.refuse_unfit(command.avatar_key, by=command.user_id)
        if dispatch.fingerprint is None:
            blank = sha256(dispatch.command_id.encode()).digest()
            dispatch = replace(dispatch, fingerprint=blank)
        return await self._bus.execute(dispatch)

    async def change_roles(self, dispatch: Dispatch, command: ChangeRoles) -> Outcome:
        """Executes `dispatch`, whose command is `command`, for an admin who still is one.

        A token tells what its holder was minutes ago: who lost the role could give it back to
        themselves. Who has no account was let in by the operator. Raises `NotAdminError`.
        """
        by = (await self._accounts.load(command.by)).state
        if by.status is not None and "admin" not in by.roles:
            raise NotAdminError
        return await self._bus.execute(dispatch)

    async def grant(self, user_id: str, role: Role, *, actor: str) -> Outcome:
        """One more role, whichever the person has. Raises a `DomainError`."""
        return await self._change(user_id, lambda roles: (*roles, role), actor)

    async def revoke(self, user_id: str, role: Role, *, actor: str) -> Outcome:
        """One role fewer. Raises a `DomainError`."""
        return await self._change(user_id, lambda roles: frozenset(roles) - {role}, actor)

    async def _change(
        self, user_id: str, change: Callable[[tuple[Role, ...]], Collection[Role]], actor: str
    ) -> Outcome:
        """On the roles as they are when it is decided: of two changes at once, both count."""
        while True:
            seen = await self._accounts.load(user_id)
            changed = ChangeRoles(user_id=user_id, roles=tuple(change(seen.state.roles)))
            try:
                return await self._accounts.ask(
                    changed, actor=actor, once=self._new_id(), expected_version=seen.version
                )
            except StaleVersion:
                continue
