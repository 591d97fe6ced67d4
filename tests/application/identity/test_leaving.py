"""Logins given up, and people forgotten: everywhere, completely, however often it breaks off."""

import asyncio
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace
from sqlalchemy import func, select

from application.identity.open_sessions import SignedIn
from application.identity.ports import RefreshRefused
from application.ports import ProviderUnavailable
from domain.identity import errors
from domain.identity.commands import RequestErasure
from domain.identity.events import (
    AccountOpened,
    IdentityLinked,
    LoginReleased,
    PersonalDataErased,
    SessionEnded,
)
from domain.shared import ERASED_TEXT
from infrastructure.event_store.checkpoints import Checkpoints
from infrastructure.event_store.verification import verify
from infrastructure.identity.schema import LOGIN_PSEUDONYMS, SESSIONS
from tests.support.lobby import Lobby


async def mei_of_two_logins(hall: Lobby) -> SignedIn:
    came = await hall.come_in("line", "U1", revocation=b"line-token")
    return await hall.come_in("google", "1", by=came.person.user_id, revocation=b"google-token")


async def rows(hall: Lobby, table: Any) -> int:
    async with hall.engine.connect() as connection:
        return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


async def unlink(hall: Lobby, user_id: str, provider: Any) -> None:
    await hall.ask(await hall.services.logins.unlinking(user_id, provider))


async def erase(hall: Lobby, user_id: str) -> None:
    await hall.ask(RequestErasure(user_id=user_id))
    await hall.settle()


async def test_unlink_forgets_the_login_and_tells_the_provider(hall: Lobby) -> None:
    mei = (await mei_of_two_logins(hall)).person.user_id
    (line_login,) = (
        login for login, of in (await hall.account(mei)).logins.items() if of == "line"
    )
    await unlink(hall, mei, "line")
    await hall.settle()
    assert await hall.pseudonyms.find("line", "U1") is None
    assert await hall.vault.get(f"login-{line_login}") is None
    assert hall.providers["line"].revoked == [b"line-token"]
    assert hall.providers["google"].revoked == []


async def test_who_returns_by_an_unlinked_login_is_a_newcomer(hall: Lobby) -> None:
    mei = (await mei_of_two_logins(hall)).person.user_id
    await unlink(hall, mei, "line")
    again = await hall.come_in("line", "U1")  # before any job has run
    assert again.person.user_id != mei
    await hall.settle()
    assert (await hall.come_in("line", "U1")).person.user_id == again.person.user_id


async def test_an_unlinked_login_can_be_linked_again(hall: Lobby) -> None:
    mei = (await mei_of_two_logins(hall)).person.user_id
    await unlink(hall, mei, "line")
    await hall.come_in("line", "U1", by=mei)
    assert sorted((await hall.account(mei)).logins.values()) == ["google", "line"]
    await hall.settle()
    assert (await hall.come_in("line", "U1")).person.user_id == mei


async def test_unlink_refused_when_it_is_the_last_or_none(hall: Lobby) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id
    with pytest.raises(errors.LastIdentityError):
        await unlink(hall, mei, "line")
    with pytest.raises(errors.IdentityNotFoundError):
        await unlink(hall, mei, "google")


async def test_the_newest_revocation_is_kept(hall: Lobby) -> None:
    came = await mei_of_two_logins(hall)
    await hall.come_in("line", "U1", revocation=b"newer-token")
    await unlink(hall, came.person.user_id, "line")
    await hall.settle()
    assert hall.providers["line"].revoked == [b"newer-token"]


async def test_tell_provider_is_tried_again_until_the_provider_has_heard(hall: Lobby) -> None:
    mei = (await mei_of_two_logins(hall)).person.user_id
    (login, *_) = (await hall.account(mei)).logins
    await unlink(hall, mei, "line")
    hall.providers["line"].down = True
    for _ in range(2):
        with pytest.raises(ProviderUnavailable):
            await hall.services.logins.tell_provider(login, "line")
    hall.providers["line"].down = False
    for _ in range(2):
        await hall.services.logins.tell_provider(login, "line")
    assert hall.providers["line"].revoked == [b"line-token"]


@pytest.mark.parametrize("leaving", ["erased", "unlinked"])
async def test_provider_is_not_told_of_who_has_come_back_since(hall: Lobby, leaving: str) -> None:
    """It revokes by person: their new login would go, too."""
    mei = (await mei_of_two_logins(hall)).person.user_id
    (login, *_) = (await hall.account(mei)).logins
    if leaving == "erased":
        await hall.ask(RequestErasure(user_id=mei))
        await hall.services.erasing.erase_person(mei)
    else:
        await unlink(hall, mei, "line")
    back = await hall.come_in("line", "U1", revocation=b"new-token")
    await hall.settle()
    assert hall.providers["line"].revoked == []
    assert await hall.vault.get(f"login-{login}") is None
    await erase(hall, back.person.user_id)
    assert hall.providers["line"].revoked == [b"new-token"]


async def test_erasure_leaves_nothing_that_leads_to_the_person(any_hall: Lobby) -> None:
    came = await mei_of_two_logins(any_hall)
    mei = came.person.user_id
    await erase(any_hall, mei)
    assert (await any_hall.account(mei)).status == "erased"
    assert await rows(any_hall, SESSIONS) == await rows(any_hall, LOGIN_PSEUDONYMS) == 0
    assert any_hall.providers["line"].revoked == [b"line-token"]
    assert any_hall.providers["google"].revoked == [b"google-token"]
    with pytest.raises(RefreshRefused):
        await any_hall.services.sessions.refresh(came.refresh_token)
    with pytest.raises(errors.AccountNotFoundError):
        await any_hall.services.profiles.person(mei)
    assert (await any_hall.come_in("line", "U1")).person.user_id != mei


async def test_erasure_makes_the_log_unreadable_and_leaves_it_intact(any_hall: Lobby) -> None:
    mei = (await mei_of_two_logins(any_hall)).person.user_id
    await erase(any_hall, mei)
    told = await any_hall.told(AccountOpened, IdentityLinked)
    assert {event.name for event in told} == {ERASED_TEXT}  # type: ignore[attr-defined]
    assert "Mei" not in repr(await any_hall.store.log.read(0, limit=1000))
    checkpoints = Checkpoints(any_hall.engine, any_hall.store.log, Ed25519PrivateKey.generate())
    assert (await verify(any_hall.store.log, checkpoints)).intact
    assert (await any_hall.told(PersonalDataErased)) == [
        PersonalDataErased(user_id=mei, subject_key_id=mei, method="key_destroyed")
    ]


async def test_erasure_comes_to_nothing_when_repeated(hall: Lobby) -> None:
    mei = (await mei_of_two_logins(hall)).person.user_id
    await erase(hall, mei)
    head = await hall.store.log.head()
    await hall.services.erasing.erase_person(mei)
    await erase(hall, mei)
    assert await hall.store.log.head() == head


async def test_whoever_signs_in_while_they_are_erased_is_found_again(any_hall: Lobby) -> None:
    """Whichever comes first: no login may end up with an account nobody can enter."""
    for _ in range(5):
        mei = (await any_hall.come_in("line", "U1")).person.user_id
        coming = [any_hall.come_in("line", "U1") for _ in range(4)]
        await asyncio.gather(erase(any_hall, mei), *coming, return_exceptions=True)
        await any_hall.settle()
        assert (await any_hall.account(mei)).status == "erased"
        first, second = await any_hall.come_in("line", "U1"), await any_hall.come_in("line", "U1")
        assert first.person.user_id == second.person.user_id != mei
    opened = {event.user_id for event in await any_hall.told(AccountOpened)}  # type: ignore[attr-defined]
    states = [await any_hall.account(user_id) for user_id in opened]
    assert [state.status for state in states].count("open") == 1


async def test_erase_does_nothing_to_who_did_not_ask(hall: Lobby) -> None:
    came = await hall.come_in("line", "U1")
    await hall.services.erasing.erase_person(came.person.user_id)
    assert (await hall.account(came.person.user_id)).status == "open"
    assert await hall.services.sessions.refresh(came.refresh_token)


async def test_erasure_is_finished_by_a_repeat_wherever_it_broke_off(hall: Lobby) -> None:
    broken = 0
    while True:
        mei = (await mei_of_two_logins(hall)).person.user_id
        await hall.ask(RequestErasure(user_id=mei))
        hall.fuse.left = broken + 1
        try:
            await hall.services.erasing.erase_person(mei)
        except ConnectionAbortedError:
            broken += 1
        else:
            break
        await hall.services.erasing.erase_person(mei)
        await hall.settle()
        assert (await hall.account(mei)).status == "erased"
        assert await rows(hall, SESSIONS) == await rows(hall, LOGIN_PSEUDONYMS) == 0
    assert broken >= 10
    assert len(await hall.told(SessionEnded)) == 2 * len(await hall.told(PersonalDataErased))
    assert len(await hall.told(LoginReleased)) == 2 * len(await hall.told(PersonalDataErased))


async def test_a_session_that_starts_while_the_person_is_erased_gives_no_tokens(
    hall: Lobby,
) -> None:
    came = await hall.come_in("line", "U1")
    await erase(hall, came.person.user_id)
    late = replace(came.session, session_id="late")
    with pytest.raises(RefreshRefused):
        await hall.services.sessions.refresh(await hall.sessions.start(late))
    assert await rows(hall, SESSIONS) == 0
