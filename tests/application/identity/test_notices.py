"""What providers tell of people by themselves: links they ended, and data they want gone."""

import pytest

from application.identity.ports import ProviderNotice
from domain.identity.commands import RequestErasure
from domain.identity.events import IdentityUnlinked
from tests.support.lobby import Lobby


def notice(kind: str, subject: str = "U1") -> ProviderNotice:
    return ProviderNotice(
        provider="line", subject=subject, kind=kind, notice_id=f"{kind}-{subject}"
    )


async def take(hall: Lobby, told: ProviderNotice) -> str:
    """How the notice stands in the inbox afterwards."""
    webhook_id = await hall.receive(told)
    await hall.services.notices.take_notice(webhook_id)
    await hall.settle()
    stored = await hall.inbox.get(webhook_id)
    assert stored is not None
    assert stored.body == b""
    return stored.status


async def test_a_link_the_person_ended_at_the_provider_is_unlinked(hall: Lobby) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id
    await hall.come_in("google", "1", by=mei)
    assert await take(hall, notice("unlinked")) == "done"
    assert list((await hall.account(mei)).logins.values()) == ["google"]
    (unlinked,) = await hall.told(IdentityUnlinked)
    assert unlinked.reason == "provider"  # type: ignore[attr-defined]


async def test_even_the_last_link_is_ended_by_the_provider(hall: Lobby) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id
    await take(hall, notice("unlinked"))
    account = await hall.account(mei)
    assert (account.status, account.logins) == ("open", {})


async def test_who_wants_their_data_gone_is_erased_when_it_was_their_last_login(
    hall: Lobby,
) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id
    assert await take(hall, notice("deleted")) == "done"
    assert (await hall.account(mei)).status == "erased"


async def test_who_wants_their_data_gone_keeps_an_account_they_enter_otherwise(
    hall: Lobby,
) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id
    await hall.come_in("google", "1", by=mei)
    await take(hall, notice("deleted"))
    account = await hall.account(mei)
    assert (account.status, list(account.logins.values())) == ("open", ["google"])


@pytest.mark.parametrize("kind", ["unlinked", "deleted"])
async def test_a_notice_of_somebody_unknown_comes_to_nothing(hall: Lobby, kind: str) -> None:
    await hall.come_in("line", "U1")
    head = await hall.store.log.head()
    assert await take(hall, notice(kind, subject="U2")) == "done"
    assert await hall.store.log.head() == head


@pytest.mark.parametrize("kind", ["unlinked", "deleted"])
async def test_a_notice_that_is_late_comes_to_nothing(hall: Lobby, kind: str) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id
    await hall.ask(RequestErasure(user_id=mei))
    assert await take(hall, notice(kind)) == "done"
    assert (await hall.account(mei)).status == "erased"


@pytest.mark.parametrize("kind", ["unlinked", "deleted"])
async def test_a_notice_is_taken_to_the_end_wherever_it_broke_off(hall: Lobby, kind: str) -> None:
    broken = 0
    while True:
        mei = (await hall.come_in("line", "U1")).person.user_id
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
        assert (await hall.account(mei)).logins == {}
        stored = await hall.inbox.get(webhook_id)
        assert stored is not None
        assert (stored.status, stored.body) == ("done", b"")
    assert broken >= 4


async def test_what_cannot_be_read_stays_in_the_inbox_and_says_nothing_of_it(hall: Lobby) -> None:
    webhook_id, _ = await hall.inbox.store("line", "k", b'{"subject": "U1"}', hall.clock())
    with pytest.raises(ValueError, match="provider"):
        await hall.services.notices.take_notice(webhook_id)
    stored = await hall.inbox.get(webhook_id)
    assert stored is not None
    assert (stored.status, stored.error) == ("failed", "ValidationError")
