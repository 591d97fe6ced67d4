"""Which account a proven login enters, and what is left to do once it no longer does.

Owns no rule: the login's own stream decides whose it is, whoever came first.
"""

from collections.abc import Mapping

import msgspec

from application.identity.accounts import Accounts, themselves
from application.identity.ports import (
    ExternalPerson,
    IdentityProvider,
    NewId,
    PersonKeys,
    Pseudonyms,
    Throttle,
)
from application.ports import JobQueue, Vault
from domain.identity.commands import LinkLogin, RegisterWithLogin, UnlinkLogin
from domain.identity.errors import IdentityNotFoundError, LoginTakenError
from domain.identity.values import Provider
from domain.shared import Language, Market

_TRIES = 5
TELL_PROVIDER = "identity.tell_provider"


class Arriving(msgspec.Struct, frozen=True, kw_only=True):
    """Who comes in by a login. `user_id`: they are signed in already, and link it."""

    market: Market
    language: Language
    user_id: str | None = None


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of logins outside the log, and who else has to hear of them."""

    pseudonyms: Pseudonyms
    providers: Mapping[Provider, IdentityProvider]
    vault: Vault
    jobs: JobQueue
    keys: PersonKeys


class Revocation(msgspec.Struct, frozen=True, kw_only=True):
    """What the vault keeps of a login until its provider has been told that the person left.

    `pseudonym` tells whether they have come back since; `token` is the provider's.
    """

    pseudonym: bytes
    token: bytes

    def __repr__(self) -> str:
        return "Revocation(…)"


class Logins:
    def __init__(
        self, *, accounts: Accounts, outside: Outside, throttle: Throttle, new_id: NewId
    ) -> None:
        self._accounts = accounts
        self._pseudonyms = outside.pseudonyms
        self._providers = outside.providers
        self._vault = outside.vault
        self._jobs = outside.jobs
        self._keys = outside.keys
        self._throttle = throttle
        self._new_id = new_id

    async def enter(self, external: ExternalPerson, arriving: Arriving) -> str:
        """The id of the account: one opened for a new login, that of who is signed in, now linked
        with it, or the one it entered before.

        A guest whose login has an account already ends up there; for a registered person that is
        a `LoginTakenError`. Raises other `DomainError`s of linking too, and `TooManyAttempts`.
        """
        for _ in range(_TRIES):
            login_id = await self._pseudonyms.login_id(external.provider, external.subject)
            await self._throttle("sign_in", login_id)
            try:
                user_id = await self._entered(login_id, external, arriving)
            except IdentityNotFoundError:  # it was given up: a new one stands for them from now on
                await self._pseudonyms.forget([login_id])
                continue
            if user_id is not None:
                await self._keep_revocation(login_id, external)
                return user_id
        raise LoginTakenError

    async def unlinking(self, user_id: str, provider: Provider) -> UnlinkLogin:
        """The command that unlinks their login of this provider.

        Without one it names none, and is refused; or answered as it was the first time.
        """
        logins = (await self._accounts.load(user_id)).state.logins
        found = (login_id for login_id, of in logins.items() if of == provider)
        return UnlinkLogin(user_id=user_id, login_id=next(found, ""))

    async def forget_login(self, login_id: str) -> None:
        """Nothing leads from the person at the provider to this login any more, and what the
        provider said of them can no longer be read. Repeatable."""
        await self._keys.erase(login_id)  # first: who finds no pseudonym takes all for done
        await self._pseudonyms.forget([login_id])

    async def leave(self, login_id: str, provider: Provider) -> None:
        """Forgets the login, and has the provider told. Repeatable."""
        await self.forget_login(login_id)
        await self._jobs.enqueue(TELL_PROVIDER, login_id, provider)

    async def drop_revocation(self, login_id: str) -> None:
        """The provider need not be told any more: it was the one who told us. Repeatable."""
        await self._vault.delete(_revocation(login_id))

    async def tell_provider(self, login_id: str, provider: Provider) -> None:
        """That the person left. Repeatable; raises `ProviderError` when it has to be tried again.

        What it takes to tell is kept until then, and no longer. Providers revoke by person, so
        one who has come back is not told of: that would end their new login too.
        """
        kept = await self._vault.get(_revocation(login_id))
        if kept is None:
            return
        revocation = msgspec.json.decode(kept, type=Revocation)
        if not await self._is_back(revocation.pseudonym):
            await self._providers[provider].revoke(revocation.token)
        await self._vault.delete(_revocation(login_id))

    async def _is_back(self, pseudonym: bytes) -> bool:
        login_id = await self._pseudonyms.find_by(pseudonym)
        return login_id is not None and (await self._accounts.login(login_id)).owner is not None

    async def _entered(
        self, login_id: str, external: ExternalPerson, arriving: Arriving
    ) -> str | None:
        """None: somebody else came in by this login at the same moment, and was first."""
        login = await self._accounts.login(login_id)
        if login.released:
            raise IdentityNotFoundError
        if login.owner is None:
            try:
                return await self._claim(login_id, external, arriving)
            except LoginTakenError:
                return None
        if arriving.user_id in {None, login.owner} or await self._is_guest(arriving.user_id):
            return login.owner
        raise LoginTakenError

    async def _claim(self, login_id: str, external: ExternalPerson, arriving: Arriving) -> str:
        if arriving.user_id is None:
            return await self._register(login_id, external, arriving)
        linking = LinkLogin(
            user_id=arriving.user_id,
            login_id=login_id,
            provider=external.provider,
            name=external.name,
            email=external.email,
            email_trusted=external.email_trusted,
        )
        actor = themselves(linking.user_id)
        await self._accounts.ask(linking, actor=actor, once=self._new_id())
        return linking.user_id

    async def _register(self, login_id: str, external: ExternalPerson, arriving: Arriving) -> str:
        registering = RegisterWithLogin(
            user_id=self._new_id(),
            login_id=login_id,
            provider=external.provider,
            name=external.name,
            email=external.email,
            email_trusted=external.email_trusted,
            market=arriving.market,
            language=arriving.language,
        )
        actor = themselves(registering.user_id)
        await self._accounts.ask(registering, actor=actor, once=login_id)
        return registering.user_id

    async def _is_guest(self, user_id: str | None) -> bool:
        if user_id is None:
            return False
        return (await self._accounts.load(user_id)).state.kind == "guest"

    async def _keep_revocation(self, login_id: str, external: ExternalPerson) -> None:
        """The newest is the one that still works. Should the login have been given up meanwhile,
        nobody else would use it: it is used at once."""
        if external.revocation is None:
            return
        pseudonym = await self._pseudonyms.pseudonym(external.provider, external.subject)
        kept = Revocation(pseudonym=pseudonym, token=external.revocation)
        await self._vault.put(_revocation(login_id), msgspec.json.encode(kept))
        if (await self._accounts.login(login_id)).owner is None:
            await self._jobs.enqueue(TELL_PROVIDER, login_id, external.provider)


def _revocation(login_id: str) -> str:
    """The name in the vault of what revokes a login at its provider."""
    return f"login-{login_id}"
