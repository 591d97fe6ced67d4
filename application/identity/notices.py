"""Takes out of the inbox what providers tell of people by themselves."""

from application.identity.accounts import Accounts
from application.identity.erasing import Erasing
from application.identity.ports import (
    NoticeInbox,
    ProviderNotice,
    Pseudonyms,
    ReadNotice,
    StoredNotice,
)
from domain.identity.commands import UnlinkLogin
from domain.identity.errors import AccountNotFoundError, IdentityNotFoundError

_ACTOR = "system:identity.take_notice"


class Notices:
    def __init__(
        self,
        *,
        accounts: Accounts,
        erasing: Erasing,
        pseudonyms: Pseudonyms,
        inbox: NoticeInbox,
        read_notice: ReadNotice,
    ) -> None:
        self._accounts = accounts
        self._erasing = erasing
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
            await self._take(stored)
        except Exception as error:
            await self._inbox.mark_failed(webhook_id, type(error).__name__)  # texts may name people
            raise
        await self._inbox.empty(webhook_id)
        await self._inbox.mark_done(webhook_id)

    async def _take(self, stored: StoredNotice) -> None:
        """An empty one was taken before."""
        notice = self._read_notice(stored.source, stored.body) if stored.body else None
        if notice is not None:
            await self._follow(notice)

    async def _follow(self, notice: ProviderNotice) -> None:
        login_id = await self._pseudonyms.find(notice.provider, notice.subject)
        owner = None if login_id is None else (await self._accounts.login(login_id)).owner
        if login_id is None or owner is None:
            return
        logins = (await self._accounts.load(owner)).state.logins
        if notice.kind == "deleted" and set(logins) <= {login_id}:
            await self._erasing.request(owner, actor=_ACTOR, once=notice.notice_id)
            await self._erasing.erase_person(owner)
        else:
            await self._unlink(owner, login_id)

    async def _unlink(self, user_id: str, login_id: str) -> None:
        unlink = UnlinkLogin(user_id=user_id, login_id=login_id, reason="provider")
        try:
            await self._accounts.ask(unlink, actor=_ACTOR, once=login_id)
        except (IdentityNotFoundError, AccountNotFoundError):
            return  # a repeat, or the person was faster
