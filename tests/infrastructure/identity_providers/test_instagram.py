"""Instagram vouches for professional accounts, on the web."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from application.identity.ports import (
    AuthorizationCode,
    NativeProof,
    ProviderNotAvailable,
    SignInRefused,
)
from infrastructure.identity_providers.instagram import InstagramProvider
from infrastructure.settings import Secret
from tests.infrastructure.identity_providers.issuer import Issuer, answer, form, issuing

TOKEN, ME = "/oauth/access_token", "/v25.0/me"
CODE = AuthorizationCode(
    code="planted", code_verifier="v" * 43, nonce="n", redirect_uri="https://shop.example/in"
)
HOST = {"user_id": "17841", "username": "mei.sells", "name": "", "account_type": "BUSINESS"}


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with issuing("instagram") as issuer:
        issuer.routes[TOKEN] = answer({"data": [{"access_token": "a", "user_id": "1"}]})
        issuer.routes[ME] = answer(HOST)
        yield issuer


@pytest.fixture
def instagram(issuer: Issuer) -> InstagramProvider:
    return InstagramProvider(
        issuer.calls, app_id="app", secret=Secret("app_secret"), version="v25.0"
    )


async def test_professional_account_signs_in(issuer: Issuer, instagram: InstagramProvider) -> None:
    person = await instagram.redeem(CODE)
    assert (person.subject, person.name, person.email) == ("17841", "mei.sells", None)
    [exchange] = issuer.seen(TOKEN)
    assert form(exchange) == {
        "grant_type": "authorization_code",
        "client_id": "app",
        "client_secret": "app_secret",
        "code": "planted",
        "redirect_uri": "https://shop.example/in",
    }


@pytest.mark.parametrize("wrapped", [HOST, {"data": [HOST]}])
async def test_answers_come_bare_or_as_one_row(
    issuer: Issuer, instagram: InstagramProvider, wrapped: Any
) -> None:
    issuer.routes[TOKEN] = answer({"access_token": "a", "user_id": "1"})
    issuer.routes[ME] = answer(wrapped)
    assert (await instagram.redeem(CODE)).subject == "17841"


@pytest.mark.parametrize(
    ("me", "reason"),
    [
        ({**HOST, "account_type": "PERSONAL"}, "not_professional"),
        ({"user_id": "17841"}, "not_professional"),
        ({"account_type": "BUSINESS"}, "malformed"),
    ],
)
async def test_any_other_account_is_refused(
    issuer: Issuer, instagram: InstagramProvider, me: Any, reason: str
) -> None:
    issuer.routes[ME] = answer(me)
    with pytest.raises(SignInRefused, match=reason):
        await instagram.redeem(CODE)


async def test_its_own_kind_of_refusal_is_understood(
    issuer: Issuer, instagram: InstagramProvider
) -> None:
    refusal = {"error_type": "OAuthException", "code": 400, "error_message": "planted"}
    issuer.routes[TOKEN] = answer(refusal, status=400)
    with pytest.raises(SignInRefused, match="token_refused"):
        await instagram.redeem(CODE)


async def test_it_is_for_hosts_and_for_the_web(instagram: InstagramProvider) -> None:
    assert instagram.unavailable("TW", host=True) is None
    assert instagram.unavailable("TW", host=False) == "professional_accounts_only"
    with pytest.raises(ProviderNotAvailable):
        await instagram.verify(NativeProof(platform="ios", access_token="a"))
    await instagram.revoke(b"")
