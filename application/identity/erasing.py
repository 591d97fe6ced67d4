"""Forgets a person: everywhere but in the log, where what remains of them can no longer be read."""

from application.identity.accounts import Accounts
from application.identity.avatars import Avatars
from application.identity.logins import Logins
from application.identity.open_sessions import OpenSessions
from application.identity.ports import PersonKeys
from domain.identity.account import Account
from domain.identity.commands import RecordErasure, ReleaseLogin, RequestErasure
from domain.identity.events import IdentityUnlinked

_ACTOR = "system:identity.erase_person"
_METHOD = "key_destroyed"


class Erasing:
    def __init__(
        self,
        *,
        accounts: Accounts,
        open_sessions: OpenSessions,
        avatars: Avatars,
        logins: Logins,
        keys: PersonKeys,
    ) -> None:
        self._accounts = accounts
        self._open_sessions = open_sessions
        self._avatars = avatars
        self._logins = logins
        self._keys = keys

    async def erase_person(self, user_id: str) -> None:
        """Carries out what was requested. Breaking off anywhere, it is done by being repeated.

        The person's key goes last but one: what is still to be told of them needs no key, and the
        proof that it is gone is only recorded once it is. Their logins' keys went before.
        """
        state = (await self._accounts.load(user_id)).state
        if state.status != "erasing":
            return
        await self._open_sessions.forget(user_id)
        await self._give_up_logins(user_id, state)
        await self._forget_former_logins(user_id)
        await self._avatars.remove_all(user_id)
        await self._keys.erase(user_id)
        erased = RecordErasure(user_id=user_id, subject_key_id=user_id, method=_METHOD)
        await self._accounts.ask(erased, actor=_ACTOR, once="")

    async def request(self, user_id: str, *, actor: str, once: str) -> None:
        """Raises `AccountNotFoundError`."""
        await self._accounts.ask(RequestErasure(user_id=user_id), actor=actor, once=once)

    async def _forget_former_logins(self, user_id: str) -> None:
        """Given up before, by now they should be: the proof says that nothing can be read."""
        async for recorded in self._accounts.history(user_id):
            if isinstance(recorded.event, IdentityUnlinked):
                await self._logins.forget_login(recorded.event.login_id)

    async def _give_up_logins(self, user_id: str, state: Account) -> None:
        for login_id, provider in state.logins.items():
            release = ReleaseLogin(user_id=user_id, login_id=login_id)
            await self._accounts.ask(release, actor=_ACTOR, once=login_id)
            await self._logins.leave(login_id, provider)
