"""What providers tell of people by themselves: links they ended, and data they want gone."""

import msgspec
import pytest

from application.identity.ports import ProviderNotice, RefreshRefused
from domain.identity.commands import RequestErasure
from domain.identity.events import AccountOpened, IdentityUnlinked
from domain.identity.values import Provider
from infrastructure.ids import derived_id
from tests.support.lobby import Lobby


def notice(kind: str, subject: str = "U1", provider: Provider = "line") -> ProviderNotice:
    return ProviderNotice(
        provider=provider, subject=subject, kind=kind, notice_id=f"{kind}-{subject}"
    )


async def owner(hall: Lobby) -> str:
    """Whose account was opened first."""
    opened, *_ = await hall.told(AccountOpened)
    assert isinstance(opened, AccountOpened)
    return opened.user_id


async def take(hall: Lobby, told: ProviderNotice) -> str:
    """How the notice stands in the inbox afterwards."""
    webhook_id = await hall.receive(told)
    await hall.services.notices.take_notice(webhook_id)
    await hall.settle()
    stored = await hall.inbox.get(webhook_id)
    assert stored is not None
    assert stored.status == "done"
    return stored.body.decode()


async def test_a_link_the_person_ended_at_the_provider_is_unlinked(hall: Lobby) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id
    await hall.come_in("google", "1", by=mei)
    assert await take(hall, notice("unlinked")) == "login_forgotten"
    assert list((await hall.account(mei)).logins.values()) == ["google"]
    (unlinked,) = await hall.told(IdentityUnlinked)
    assert unlinked.reason == "provider"  # type: ignore[attr-defined]


async def test_the_last_link_stays_the_way_back_and_its_sessions_end(hall: Lobby) -> None:
    came = await hall.come_in("line", "U1", revocation=b"line-token")
    mei = came.person.user_id
    (login,) = (await hall.account(mei)).logins
    assert await take(hall, notice("unlinked")) == "login_forgotten"
    assert list((await hall.account(mei)).logins) == [login]
    assert await hall.vault.get(f"login-{login}") is None
    assert await hall.services.sessions.of_user(mei) == []
    with pytest.raises(RefreshRefused):
        await hall.services.sessions.refresh(came.refresh_token)
    assert (await hall.come_in("line", "U1")).person.user_id == mei


async def test_who_wants_their_data_gone_is_erased_when_it_was_their_last_login(
    hall: Lobby,
) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id
    assert await take(hall, notice("deleted")) == "account_erased"
    assert (await hall.account(mei)).status == "erased"


async def test_who_wants_their_data_gone_keeps_an_account_they_enter_otherwise(
    hall: Lobby,
) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id
    await hall.come_in("google", "1", by=mei)
    assert await take(hall, notice("deleted")) == "login_forgotten"
    account = await hall.account(mei)
    assert (account.status, list(account.logins.values())) == ("open", ["google"])


async def test_what_a_provider_said_goes_with_its_login(any_hall: Lobby) -> None:
    """At once, and not only when the jobs come to it: the person is told that it is gone."""
    hall = any_hall
    mei = (await hall.come_in("line", "U1", name="Of Line", email="of@line.example")).person.user_id
    await hall.come_in("google", "1", by=mei, name="Of Google", email="of@google.example")
    webhook_id = await hall.receive(notice("deleted", "1", provider="google"))
    await hall.services.notices.take_notice(webhook_id)
    log = repr([msgspec.json.encode(each) for each in await hall.store.log.read(0, limit=1000)])
    assert "Google" not in log
    assert "google.example" not in log
    assert "of@line.example" in log
    exported = msgspec.json.encode(await hall.exports.export(mei)).decode()
    assert "google.example" not in exported
    assert "of@line.example" in exported


async def test_no_notice_leaves_a_trace_of_what_it_was_told_by(hall: Lobby) -> None:
    """Its id may be made of the person's at the provider."""
    await hall.come_in("line", "U1")
    told = notice("deleted")
    webhook_id = await hall.receive(told)
    await hall.services.notices.take_notice(webhook_id)
    ids = {each.command_id for each in await hall.store.log.read(0, limit=1000)}
    requested = derived_id("identity", "RequestErasure", await owner(hall), webhook_id)
    assert requested in ids


@pytest.mark.parametrize("kind", ["unlinked", "deleted"])
async def test_a_notice_of_somebody_unknown_comes_to_nothing(hall: Lobby, kind: str) -> None:
    await hall.come_in("line", "U1")
    head = await hall.store.log.head()
    assert await take(hall, notice(kind, subject="U2")) == "login_forgotten"
    assert await hall.store.log.head() == head


@pytest.mark.parametrize("kind", ["unlinked", "deleted"])
async def test_a_notice_that_is_late_comes_to_nothing(hall: Lobby, kind: str) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id
    await hall.ask(RequestErasure(user_id=mei))
    assert await take(hall, notice(kind)) == "account_erased"
    assert (await hall.account(mei)).status == "erased"


@pytest.mark.parametrize("kind", ["unlinked", "deleted"])
async def test_a_notice_is_taken_to_the_end_wherever_it_broke_off(hall: Lobby, kind: str) -> None:
    broken = 0
    while True:
        mei = (await hall.come_in("line", "U1")).person.user_id
        if kind == "unlinked":
            await hall.come_in("google", f"{broken}", by=mei)
        webhook_id = await hall.receive(
            ProviderNotice(provider="line", subject="U1", kind=kind, notice_id=f"n{broken}")
        )
        hall.fuse.left = broken + 1
        try:
            await hall.services.notices.take_notice(webhook_id)
        except ConnectionAbortedError:
            broken += 1
        else:
            break
        await hall.services.notices.take_notice(webhook_id)
        await hall.settle()
        assert "line" not in (await hall.account(mei)).logins.values()
        stored = await hall.inbox.get(webhook_id)
        assert stored is not None
        assert (stored.status, await hall.pseudonyms.find("line", "U1")) == ("done", None)
    assert broken >= 4


async def test_what_cannot_be_read_stays_in_the_inbox_and_says_nothing_of_it(hall: Lobby) -> None:
    webhook_id, _ = await hall.inbox.store("line", "k", b'{"subject": "U1"}', hall.clock())
    with pytest.raises(ValueError, match="provider"):
        await hall.services.notices.take_notice(webhook_id)
    stored = await hall.inbox.get(webhook_id)
    assert stored is not None
    assert (stored.status, stored.error) == ("failed", "ValidationError")
