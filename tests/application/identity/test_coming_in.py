"""Whose account a proven login enters, in apps and when many come at once."""

import asyncio
from typing import Any

import pytest

from application.identity.ports import (
    NativeProof,
    ProviderNotAvailable,
    SignInRefused,
    TooManyAttempts,
)
from application.identity.signing_in import NativeArrival
from application.ports import LogUnavailable
from domain.identity import errors
from domain.identity.commands import RequestErasure
from domain.identity.events import (
    AccountOpened,
    AccountRegistered,
    IdentityLinked,
    LoginClaimed,
    SessionStarted,
)
from tests.support.lobby import Lobby


async def test_a_newcomer_gets_an_account_and_a_session(hall: Lobby) -> None:
    came = await hall.come_in("line", "U1")
    assert (came.person.name, came.person.kind, came.person.roles) == (
        "Lin Mei",
        "registered",
        ("viewer",),
    )
    assert came.position == await hall.store.log.head()
    assert await hall.told(SessionStarted) == [
        SessionStarted(
            user_id=came.person.user_id,
            session_id=came.session.session_id,
            provider="line",
            platform="ios",
        )
    ]


async def test_who_comes_back_enters_the_same_account(hall: Lobby) -> None:
    first = await hall.come_in("line", "U1")
    again = await hall.come_in("line", "U1", name="Somebody Else")
    assert again.person.user_id == first.person.user_id
    assert again.person.name == "Lin Mei"
    assert again.session.session_id != first.session.session_id
    assert len(await hall.told(AccountOpened)) == 1


async def test_the_same_address_at_another_provider_is_another_account(hall: Lobby) -> None:
    by_line = await hall.come_in("line", "U1", email="mei@mail.example")
    by_google = await hall.come_in("google", "1", email="mei@mail.example")
    assert by_google.person.user_id != by_line.person.user_id


async def test_many_first_sign_ins_at_once_end_in_one_account(any_hall: Lobby) -> None:
    came = await asyncio.gather(*(any_hall.come_in("line", "U1") for _ in range(8)))
    assert len({each.person.user_id for each in came}) == 1
    assert len({each.session.session_id for each in came}) == 8
    assert len(await any_hall.told(AccountOpened)) == 1
    assert len(await any_hall.told(LoginClaimed)) == 1


async def test_a_guest_is_registered_under_the_same_id(hall: Lobby) -> None:
    guest = await hall.guest()
    assert (guest.person.kind, guest.person.name) == ("guest", "觀眾")
    came = await hall.come_in("line", "U1", by=guest.person.user_id)
    assert came.person.user_id == guest.person.user_id
    assert (came.person.kind, came.person.name) == ("registered", "Lin Mei")
    assert len(await hall.told(AccountRegistered)) == 1


async def test_a_guest_whose_login_has_an_account_ends_up_there(hall: Lobby) -> None:
    registered = await hall.come_in("line", "U1")
    guest = await hall.guest("Somebody")
    came = await hall.come_in("line", "U1", by=guest.person.user_id)
    assert came.person.user_id == registered.person.user_id


async def test_guests_who_link_one_login_at_once_end_in_one_account(any_hall: Lobby) -> None:
    guests = [(await any_hall.guest()).person.user_id for _ in range(5)]
    came = await asyncio.gather(*(any_hall.come_in("line", "U1", by=guest) for guest in guests))
    assert len({each.person.user_id for each in came}) == 1
    assert len(await any_hall.told(LoginClaimed)) == 1


async def test_a_registered_person_links_a_second_way_in(any_hall: Lobby) -> None:
    mei = (await any_hall.come_in("line", "U1")).person.user_id
    await any_hall.come_in("google", "1", by=mei)
    assert (await any_hall.come_in("google", "1")).person.user_id == mei
    assert sorted((await any_hall.account(mei)).logins.values()) == ["google", "line"]


async def test_link_comes_to_nothing_when_it_is_linked_already(hall: Lobby) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id
    assert (await hall.come_in("line", "U1", by=mei)).person.user_id == mei
    assert len(await hall.told(IdentityLinked)) == 1


async def test_link_refused_to_a_registered_person_when_it_is_anothers(hall: Lobby) -> None:
    await hall.come_in("google", "1")
    mei = (await hall.come_in("line", "U1")).person.user_id
    with pytest.raises(errors.LoginTakenError):
        await hall.come_in("google", "1", by=mei)


async def test_link_refused_when_another_of_the_provider_is_linked(hall: Lobby) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id
    with pytest.raises(errors.ProviderAlreadyLinkedError):
        await hall.come_in("line", "U2", by=mei)


async def test_sign_in_refused_while_the_account_is_erased(hall: Lobby) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id
    await hall.ask(RequestErasure(user_id=mei))
    with pytest.raises(errors.AccountNotFoundError):
        await hall.come_in("line", "U1")


async def test_a_proof_counts_once(hall: Lobby) -> None:
    expires_at = hall.clock()
    token: dict[str, Any] = {"token_id": "jti-1", "token_expires_at": expires_at}
    await hall.come_in("line", "U1", **token)
    with pytest.raises(SignInRefused) as refused:
        await hall.come_in("line", "U1", **token)
    assert refused.value.reason == "proof_replayed"
    await hall.come_in("google", "1", **token)


async def test_a_proof_is_not_spent_by_a_refusal_that_invites_a_repeat(hall: Lobby) -> None:
    await hall.come_in("line", "U1")
    token: dict[str, Any] = {"token_id": "jti-1", "token_expires_at": hall.clock()}
    hall.patience.limit = 0
    with pytest.raises(TooManyAttempts):
        await hall.come_in("line", "U1", **token)
    hall.patience.limit = 9
    for name in ("login_id", "execute"):
        hall.fuse.before(name, _away)
        with pytest.raises(LogUnavailable):
            await hall.come_in("line", "U1", **token)
    assert await hall.come_in("line", "U1", **token)
    with pytest.raises(SignInRefused):
        await hall.come_in("line", "U1", **token)


async def test_a_proof_is_spent_by_what_was_decided(hall: Lobby) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id
    token: dict[str, Any] = {"token_id": "jti-1", "token_expires_at": hall.clock()}
    with pytest.raises(errors.ProviderAlreadyLinkedError):
        await hall.come_in("line", "U2", by=mei, **token)
    with pytest.raises(SignInRefused):
        await hall.come_in("line", "U2", **token)


async def _away() -> None:
    raise LogUnavailable


async def test_sign_in_refused_when_the_provider_does_not_know_them(hall: Lobby) -> None:
    proof = NativeProof(platform="ios", id_token="invented")
    with pytest.raises(SignInRefused):
        await hall.services.signing_in.native(
            "line", proof, NativeArrival(market="TW", language="zh-TW")
        )
    assert await hall.told(AccountOpened) == []


async def test_sign_in_refused_by_a_way_that_is_not_offered(hall: Lobby) -> None:
    hall.providers["line"].closed = "not_configured"
    with pytest.raises(ProviderNotAvailable) as missing:
        await hall.come_in("line", "U1")
    assert missing.value.reason == "not_configured"


async def test_attempts_on_one_login_are_limited(hall: Lobby) -> None:
    hall.patience.limit = 2
    await hall.come_in("line", "U1")
    await hall.come_in("line", "U1")
    with pytest.raises(TooManyAttempts):
        await hall.come_in("line", "U1")
    await hall.come_in("line", "U2")


async def test_offers_come_in_the_markets_order_with_reasons(hall: Lobby) -> None:
    hall.providers["google"].closed = "not_configured"
    offers = hall.services.signing_in.offers("TH", host=False)
    assert [(offer.provider, offer.reason) for offer in offers] == [
        ("facebook", None),
        ("line", None),
        ("google", "not_configured"),
        ("apple", None),
        ("kapook", "not_available"),
    ]


async def test_nothing_personal_is_in_states_answers_and_reprs(hall: Lobby) -> None:
    came = await hall.come_in("line", "U1")
    told = (came, came.person, hall.knows("line", "U1"), await hall.account(came.person.user_id))
    assert "Mei" not in repr(told[:2])
    assert "Mei" not in repr(told[3])
    assert came.refresh_token not in repr(came)
