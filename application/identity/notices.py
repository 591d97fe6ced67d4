"""Takes out of the inbox what providers tell of people by themselves."""

from contextlib import suppress

import msgspec

from application.identity.accounts import Accounts
from application.identity.erasing import Erasing
from application.identity.logins import Logins
from application.identity.open_sessions import OpenSessions
from application.identity.ports import (
    NoticeInbox,
    ProviderNotice,
    Pseudonyms,
    ReadNotice,
    StoredNotice,
)
from domain.identity.commands import UnlinkLogin
from domain.identity.errors import (
    AccountNotFoundError,
    IdentityNotFoundError,
    LastIdentityError,
)

_ACTOR = "system:identity.take_notice"

# What came of a notice: all of the account is gone, or what this provider had said of the person.
ACCOUNT_ERASED = "account_erased"
LOGIN_FORGOTTEN = "login_forgotten"


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """What can be done about somebody of whom a provider tells."""

    erasing: Erasing
    logins: Logins
    open_sessions: OpenSessions


class Notices:
    def __init__(
        self,
        *,
        accounts: Accounts,
        leaving: Leaving,
        pseudonyms: Pseudonyms,
        inbox: NoticeInbox,
        read_notice: ReadNotice,
    ) -> None:
        self._accounts = accounts
        self._erasing = leaving.erasing
        self._logins = leaving.logins
        self._open_sessions = leaving.open_sessions
        self._pseudonyms = pseudonyms
        self._inbox = inbox
        self._read_notice = read_notice

    async def take_notice(self, webhook_id: str) -> None:
        """Repeatable. It is `done` when what it asked for is, and then its body, which names the
        person, is gone. What fails stays in the inbox for the next try."""
        stored = await self._inbox.get(webhook_id)
        if stored is None or stored.status == "done":
            return
        try:
            outcome = await self._take(webhook_id, stored)
        except Exception as error:
            await self._inbox.mark_failed(webhook_id, type(error).__name__)  # texts may name people
            raise
        await self._inbox.conclude(webhook_id, outcome)

    async def _take(self, webhook_id: str, stored: StoredNotice) -> str:
        notice = self._read_notice(stored.source, stored.body)
        login_id = await self._pseudonyms.find(notice.provider, notice.subject)
        if login_id is None:
            return LOGIN_FORGOTTEN
        login = await self._accounts.login(login_id)
        if login.owner is not None:
            return await self._follow(notice, login_id, login.owner, once=webhook_id)
        if login.released:
            await self._logins.forget_login(login_id)
        return LOGIN_FORGOTTEN

    async def _follow(self, notice: ProviderNotice, login_id: str, owner: str, *, once: str) -> str:
        """The account's stream decides whether the login was its last."""
        try:
            await self._unlink(owner, login_id, once)
        except AccountNotFoundError:  # being erased already
            return await self._erase(owner)
        except LastIdentityError:
            if notice.kind == "deleted":
                await self._erasing.request(owner, actor=_ACTOR, once=once)
                return await self._erase(owner)
            await self._sign_out(notice, login_id, owner)
        return LOGIN_FORGOTTEN

    async def _unlink(self, owner: str, login_id: str, once: str) -> None:
        """Done here and now, not by the jobs that follow: then it can be said that it is."""
        unlink = UnlinkLogin(user_id=owner, login_id=login_id, reason="provider")
        with suppress(IdentityNotFoundError):  # the person was faster
            await self._accounts.ask(unlink, actor=_ACTOR, once=once)
        await self._logins.forget_login(login_id)

    async def _erase(self, owner: str) -> str:
        await self._erasing.erase_person(owner)
        return ACCOUNT_ERASED

    async def _sign_out(self, notice: ProviderNotice, login_id: str, owner: str) -> None:
        """The way back stays open, or nobody could ever ask for the account's erasure."""
        await self._open_sessions.end_of_provider(owner, notice.provider)
        await self._logins.drop_revocation(login_id)
