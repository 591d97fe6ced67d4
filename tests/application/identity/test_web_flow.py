"""The way in by the browser: everything that comes back counts once, and for its own attempt."""

import base64
import hashlib
from typing import Any

import pytest

from application.identity.ports import SignInRefused
from domain.identity.events import AccountOpened
from tests.support.lobby import APP, CALLBACK, Lobby


async def land(hall: Lobby, **told: Any) -> Any:
    """Through LINE, as somebody it knows."""
    started = await hall.depart("line")
    return await hall.return_("line", started.state, hall.knows("line", "U1", **told))


async def test_a_person_comes_back_with_a_code_for_the_app(hall: Lobby) -> None:
    landing = await land(hall)
    assert (landing.redirect_uri, landing.error) == (APP, None)
    came = await hall.services.signing_in.exchange(landing.code)
    assert (came.person.name, came.person.language) == ("Lin Mei", "th")
    assert (came.session.provider, came.session.platform) == ("line", "web")


async def test_the_provider_is_sent_what_it_is_later_asked_with(hall: Lobby) -> None:
    await land(hall)
    (request,), (redeemed,) = hall.providers["line"].requests, hall.providers["line"].redeemed
    challenge = hashlib.sha256(redeemed.code_verifier.encode()).digest()
    assert request.code_challenge == base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
    assert request.nonce == redeemed.nonce
    assert request.redirect_uri == redeemed.redirect_uri == CALLBACK
    assert len({request.state, request.nonce, redeemed.code_verifier}) == 3


async def test_return_refused_when_nobody_left_with_this_state(hall: Lobby) -> None:
    with pytest.raises(SignInRefused, match="unknown_state"):
        await hall.return_("line", "0" * 64, hall.knows("line", "U1"))


async def test_return_refused_when_the_state_comes_again(hall: Lobby) -> None:
    started = await hall.depart("line")
    await hall.return_("line", started.state, hall.knows("line", "U1"))
    with pytest.raises(SignInRefused, match="unknown_state"):
        await hall.return_("line", started.state, hall.knows("line", "U1"))


async def test_return_refused_when_it_was_another_provider(hall: Lobby) -> None:
    started = await hall.depart("line")
    with pytest.raises(SignInRefused, match="unknown_state"):
        await hall.return_("google", started.state, hall.knows("google", "1"))


async def test_return_refused_when_it_was_another_browser(hall: Lobby) -> None:
    started = await hall.depart("line")
    proof = hall.knows("line", "U1")
    with pytest.raises(SignInRefused, match="another_browser"):
        await hall.return_("line", started.state, proof, same_browser=False)
    assert await hall.told(AccountOpened) == []


async def test_exchange_refused_when_the_code_comes_again(hall: Lobby) -> None:
    landing = await land(hall)
    await hall.services.signing_in.exchange(landing.code)
    with pytest.raises(SignInRefused, match="unknown_code"):
        await hall.services.signing_in.exchange(landing.code)


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("access_denied", "sign_in_cancelled"),
        ("ACCESS_DENIED", "sign_in_cancelled"),
        ("server_error", "sign_in_refused"),
        (None, "sign_in_refused"),
    ],
)
async def test_what_the_provider_says_instead_goes_to_the_app(
    hall: Lobby, said: str | None, error: str
) -> None:
    started = await hall.depart("line")
    landing = await hall.return_("line", started.state, None, error=said)
    assert (landing.redirect_uri, landing.state, landing.code) == (APP, started.state, None)
    assert landing.error == error


async def test_a_code_the_provider_does_not_know_goes_to_the_app(hall: Lobby) -> None:
    started = await hall.depart("line")
    landing = await hall.return_("line", started.state, "invented")
    assert (landing.error, landing.reason) == ("sign_in_refused", "unknown_proof")


async def test_a_provider_that_is_down_goes_to_the_app(hall: Lobby) -> None:
    started = await hall.depart("line")
    hall.providers["line"].down = True
    landing = await hall.return_("line", started.state, "any")
    assert landing.error == "provider_unavailable"


async def test_too_many_attempts_go_to_the_app(hall: Lobby) -> None:
    hall.patience.limit = 0
    assert (await land(hall)).error == "rate_limited"


async def test_a_guest_registers_by_the_browser(hall: Lobby) -> None:
    guest = await hall.guest()
    started = await hall.depart("line", by=guest.person.user_id)
    landing = await hall.return_("line", started.state, hall.knows("line", "U1"))
    came = await hall.services.signing_in.exchange(landing.code or "")
    assert came.person.user_id == guest.person.user_id


async def test_a_login_that_is_anothers_goes_to_the_app(hall: Lobby) -> None:
    await hall.come_in("google", "1")
    mei = (await hall.come_in("line", "U1")).person.user_id
    started = await hall.depart("google", by=mei)
    landing = await hall.return_("google", started.state, hall.knows("google", "1"))
    assert landing.error == "identity_belongs_to_another_account"
