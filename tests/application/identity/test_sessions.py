"""Signed-in devices: their tokens are good once, and a copy ends what it was copied from."""

import asyncio
from contextlib import suppress

import pytest
from msgspec.structs import replace

from application.identity.open_sessions import SignedIn
from application.identity.opening import Newcomer
from application.identity.ports import RefreshRefused, RefreshReplayed, TooManyAttempts
from domain.identity import errors
from domain.identity.commands import ChangeRoles, EndSession, RequestErasure
from domain.identity.events import AccountOpened, SessionEnded, SessionStarted
from tests.support.lobby import Lobby


async def ended(hall: Lobby) -> list[tuple[str, str]]:
    events = await hall.told(SessionEnded)
    return [(one.session_id, one.reason) for one in events if isinstance(one, SessionEnded)]


def end(came: SignedIn) -> EndSession:
    return EndSession(
        user_id=came.person.user_id,
        session_id=came.session.session_id,
        reason="ended_by_person",
    )


async def test_refresh_rotates_and_shows_what_has_changed(hall: Lobby) -> None:
    came = await hall.come_in("line", "U1")
    await hall.ask(ChangeRoles(user_id=came.person.user_id, roles=("viewer", "host")))
    again = await hall.services.sessions.refresh(came.refresh_token)
    assert again.refresh_token != came.refresh_token
    assert again.session.session_id == came.session.session_id
    assert again.person.roles == ("viewer", "host")
    assert again.position == await hall.store.log.head()


async def test_a_replayed_token_ends_the_session(any_hall: Lobby) -> None:
    came = await any_hall.come_in("line", "U1")
    sessions = any_hall.services.sessions
    again = await sessions.refresh(came.refresh_token)
    with pytest.raises(RefreshReplayed):
        await sessions.refresh(came.refresh_token)
    with pytest.raises(RefreshRefused):
        await sessions.refresh(again.refresh_token)
    assert await ended(any_hall) == [(came.session.session_id, "replayed")]


async def test_of_many_refreshes_at_once_one_is_served_and_the_session_ends(
    any_hall: Lobby,
) -> None:
    came = await any_hall.come_in("line", "U1")
    refreshes = (any_hall.services.sessions.refresh(came.refresh_token) for _ in range(5))
    outcomes = await asyncio.gather(*refreshes, return_exceptions=True)
    served = [outcome for outcome in outcomes if isinstance(outcome, SignedIn)]
    assert len(served) <= 1
    assert all(isinstance(each, SignedIn | RefreshRefused) for each in outcomes)
    assert await ended(any_hall) == [(came.session.session_id, "replayed")]


@pytest.mark.parametrize("token", ["", "invented", "a.b.c", "ก.ข.ค"])
async def test_refresh_refused_when_the_token_is_none_of_ours(hall: Lobby, token: str) -> None:
    with pytest.raises(RefreshRefused):
        await hall.services.sessions.refresh(token)


async def test_refresh_refused_when_the_session_ran_out(hall: Lobby) -> None:
    came = await hall.come_in("line", "U1")
    hall.clock.ahead = 31 * (came.session.expires_at - came.session.started_at) / 30
    with pytest.raises(RefreshRefused):
        await hall.services.sessions.refresh(came.refresh_token)


async def test_a_sessions_end_is_recorded_once_wherever_a_replay_broke_off(hall: Lobby) -> None:
    for left in range(1, 8):
        came = await hall.come_in("line", f"U{left}")
        await hall.services.sessions.refresh(came.refresh_token)
        hall.fuse.left = left
        for _ in range(3):
            with suppress(ConnectionAbortedError, RefreshRefused):
                await hall.services.sessions.refresh(came.refresh_token)
        hall.fuse.left = 0
        assert (await ended(hall))[left - 1 :] == [(came.session.session_id, "replayed")]
        assert await hall.services.sessions.of_user(came.person.user_id) == []


async def test_however_many_ends_a_session_has_one_is_recorded(hall: Lobby) -> None:
    came = await hall.come_in("line", "U1")
    sessions = hall.services.sessions
    await asyncio.gather(
        sessions.sign_out(came.refresh_token),
        *(sessions.end(hall.dispatch(end(came)), end(came)) for _ in range(3)),
        sessions.end_of_provider(came.person.user_id, "line"),
    )
    assert len(await ended(hall)) == 1


async def test_refresh_refused_when_the_person_is_being_erased(hall: Lobby) -> None:
    came = await hall.come_in("line", "U1")
    await hall.ask(RequestErasure(user_id=came.person.user_id))
    with pytest.raises(RefreshRefused):
        await hall.services.sessions.refresh(came.refresh_token)
    assert await hall.services.sessions.of_user(came.person.user_id) == []


async def test_refreshes_of_one_session_are_limited_and_the_token_stays_good(hall: Lobby) -> None:
    came = await hall.come_in("line", "U1")
    hall.patience.limit = 0
    with pytest.raises(TooManyAttempts):
        await hall.services.sessions.refresh(came.refresh_token)
    hall.patience.limit = 9
    assert await hall.services.sessions.refresh(came.refresh_token)


async def test_sign_out_ends_this_session_alone(hall: Lobby) -> None:
    phone, tablet = await hall.come_in("line", "U1"), await hall.come_in("line", "U1")
    await hall.services.sessions.sign_out(phone.refresh_token)
    left = await hall.services.sessions.of_user(phone.person.user_id)
    assert [session.session_id for session in left] == [tablet.session.session_id]
    assert await ended(hall) == [(phone.session.session_id, "signed_out")]


async def test_sign_out_comes_to_nothing_when_repeated(hall: Lobby) -> None:
    came = await hall.come_in("line", "U1")
    for _ in range(2):
        await hall.services.sessions.sign_out(came.refresh_token)
    await hall.services.sessions.sign_out("invented")
    assert len(await ended(hall)) == 1


async def test_a_person_ends_another_of_their_sessions(hall: Lobby) -> None:
    phone, tablet = await hall.come_in("line", "U1"), await hall.come_in("line", "U1")
    dispatch = hall.dispatch(end(tablet))
    first = await hall.services.sessions.end(dispatch, end(tablet))
    assert first.answer == b'{"id":"%b","status":"ended"}' % tablet.session.session_id.encode()
    with pytest.raises(RefreshRefused):
        await hall.services.sessions.refresh(tablet.refresh_token)
    assert await hall.services.sessions.refresh(phone.refresh_token)


async def test_end_refused_when_the_session_is_anothers(hall: Lobby) -> None:
    mine, theirs = await hall.come_in("line", "U1"), await hall.come_in("line", "U2")
    command = EndSession(
        user_id=mine.person.user_id,
        session_id=theirs.session.session_id,
        reason="ended_by_person",
    )
    with pytest.raises(errors.SessionNotFoundError):
        await hall.services.sessions.end(hall.dispatch(command), command)
    assert await hall.services.sessions.refresh(theirs.refresh_token)


async def test_end_answers_as_the_first_time_when_repeated_under_its_key(hall: Lobby) -> None:
    came = await hall.come_in("line", "U1")
    keyed = replace(hall.dispatch(end(came)), fingerprint=b"what the client sent")
    first = await hall.services.sessions.end(keyed, end(came))
    again = await hall.services.sessions.end(keyed, end(came))
    assert (again.answer, again.replayed) == (first.answer, True)
    assert len(await ended(hall)) == 1


async def test_unlinking_ends_the_sessions_of_that_provider_and_no_others(hall: Lobby) -> None:
    phone = await hall.come_in("line", "U1")
    mei = phone.person.user_id
    tablet = await hall.come_in("google", "1", by=mei)
    await hall.ask(await hall.services.logins.unlinking(mei, "line"))
    again = await hall.come_in("line", "U3", by=mei)  # before any job has run
    await hall.settle()
    left = {session.session_id for session in await hall.services.sessions.of_user(mei)}
    assert left == {tablet.session.session_id, again.session.session_id}
    assert await ended(hall) == [(phone.session.session_id, "unlinked")]


@pytest.mark.parametrize("leaving", ["erased", "unlinked"])
async def test_no_session_outlives_a_leaving_that_came_between(hall: Lobby, leaving: str) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id
    await hall.come_in("google", "1", by=mei)

    async def leave() -> None:
        if leaving == "erased":
            await hall.ask(RequestErasure(user_id=mei))
        else:
            await hall.ask(await hall.services.logins.unlinking(mei, "line"))
        await hall.settle()

    hall.fuse.before("start", leave)
    with pytest.raises(errors.AccountNotFoundError):
        await hall.services.sessions.start(mei, "line", "ios")
    theirs = await hall.sessions.of_user(mei)
    assert [session.provider for session in theirs] == ["google"] * (leaving == "unlinked")
    started = {one.session_id for one in await hall.told(SessionStarted)}  # type: ignore[attr-defined]
    assert len(await ended(hall)) == len(started) - len(theirs) - (leaving == "erased")


async def test_development_accounts_are_one_a_name_with_the_roles_asked_for(hall: Lobby) -> None:
    newcomer = Newcomer(name="Mei", market="TW", language="zh-TW")
    opening = hall.services.opening
    first = await opening.for_development(newcomer, ("host",))
    again = await opening.for_development(newcomer, ("viewer", "admin"))
    assert first.person.user_id == again.person.user_id
    assert (first.person.roles, again.person.roles) == (("host",), ("viewer", "admin"))
    assert len(await hall.told(AccountOpened)) == 1


async def test_a_development_account_that_was_erased_is_opened_anew(hall: Lobby) -> None:
    newcomer = Newcomer(name="Mei", market="TW", language="zh-TW")
    first = await hall.services.opening.for_development(newcomer, ("host",))
    await hall.ask(RequestErasure(user_id=first.person.user_id))
    await hall.settle()
    again = await hall.services.opening.for_development(newcomer, ("host",))
    assert again.person.user_id != first.person.user_id
    assert again.person.name == "Mei"
