"""The web flow takes the ID token of its own token answer, and only as that provider signs it."""

import time
from typing import Any

import pytest

from application.identity.ports import AuthorizationCode, SignInRefused
from infrastructure.identity_providers.google import GoogleProvider
from infrastructure.identity_providers.line import LineProvider
from infrastructure.settings import Secret
from tests.infrastructure.identity_providers.issuer import (
    Issuer,
    answer,
    claims,
    issuing,
    jwk,
    macced,
    public_pem,
    signed,
    unsigned,
)

LINE, GOOGLE = "https://access.line.me", "https://accounts.google.com"
SECRET = Secret("invented-channel-secret-of-32-by")
KEY = SECRET.text.encode()
CODE = AuthorizationCode(
    code="planted-code",
    code_verifier="v" * 43,
    nonce="raw-nonce",
    redirect_uri="https://shop.example/callback",
)


def line(issuer: Issuer, id_token: Any) -> LineProvider:
    tokens = {"access_token": "a", "refresh_token": "r", "id_token": id_token}
    issuer.routes["/oauth2/v2.1/token"] = answer(tokens)
    issuer.routes["/oauth2/v2.1/certs"] = answer({"keys": [jwk("ES256", "k1")]})
    return LineProvider(issuer.calls, channel_id="channel", secret=SECRET, ask_email=True)


def said(**others: Any) -> dict[str, Any]:
    return claims(LINE, "channel", **others)


async def test_lines_web_token_is_signed_with_the_channel_secret() -> None:
    async with issuing("line") as issuer:
        id_token = macced(said(name="美玲", email="mei@mail.example"), KEY)
        person = await line(issuer, id_token).redeem(CODE)
    assert (person.subject, person.name, person.email) == ("10001", "美玲", "mei@mail.example")
    assert not person.email_trusted
    assert not issuer.seen("/oauth2/v2.1/certs")


@pytest.mark.parametrize(
    ("id_token", "reason"),
    [
        (signed("ES256", said()), "wrong_algorithm"),
        (unsigned(said()), "wrong_algorithm"),
        (macced(said(), public_pem("ES256"), kid="k1"), "wrong_signature"),
        (macced(said(), b"another-channel-secret-of-32-byte"), "wrong_signature"),
        (macced(said(), b""), "wrong_signature"),
        (macced(said(nonce="another"), KEY), "wrong_nonce"),
        (macced(said(aud="another"), KEY), "wrong_audience"),
        (macced(said(iss=GOOGLE), KEY), "wrong_issuer"),
        (macced(said(exp=int(time.time()) - 120), KEY), "expired"),
        (macced(said(iat=int(time.time()) + 86_400), KEY), "from_the_future"),
        (None, "id_token_missing"),
        (7, "id_token_missing"),
    ],
)
async def test_lines_web_flow_refuses_any_other(id_token: Any, reason: str) -> None:
    async with issuing("line") as issuer:
        with pytest.raises(SignInRefused, match=reason):
            await line(issuer, id_token).redeem(CODE)


@pytest.mark.parametrize("id_token", [macced(claims(GOOGLE, "web"), KEY), signed("ES256", said())])
async def test_googles_web_flow_takes_no_other_algorithm(id_token: str) -> None:
    async with issuing("google") as issuer:
        issuer.routes["/token"] = answer({"access_token": "a", "id_token": id_token})
        google = GoogleProvider(issuer.calls, client_ids=["web", "ios"], secret=SECRET)
        with pytest.raises(SignInRefused, match="wrong_algorithm"):
            await google.redeem(CODE)


async def test_googles_web_flow_takes_no_token_of_an_apps() -> None:
    async with issuing("google") as issuer:
        id_token = signed("RS256", claims(GOOGLE, "ios"))
        issuer.routes["/token"] = answer({"access_token": "a", "id_token": id_token})
        issuer.routes["/oauth2/v3/certs"] = answer({"keys": [jwk("RS256", "k1")]})
        google = GoogleProvider(issuer.calls, client_ids=["web", "ios"], secret=SECRET)
        with pytest.raises(SignInRefused, match="wrong_audience"):
            await google.redeem(CODE)


@pytest.mark.parametrize(
    ("said", "trusted"),
    [
        ({"email": "mei@gmail.com", "email_verified": True}, True),
        ({"email": "mei@shop.example", "email_verified": True, "hd": "shop.example"}, True),
        ({"email": "mei@shop.example", "email_verified": False, "hd": "shop.example"}, False),
        ({"email": "mei@mail.example", "email_verified": True}, False),
        ({"email": "mei@gmail.com.mail.example", "email_verified": True}, False),
        ({}, False),
    ],
)
async def test_google_is_the_authority_on_its_own_addresses(
    said: dict[str, Any], *, trusted: bool
) -> None:
    async with issuing("google") as issuer:
        id_token = signed("RS256", claims(GOOGLE, "web", **said))
        issuer.routes["/token"] = answer({"access_token": "a", "id_token": id_token})
        issuer.routes["/oauth2/v3/certs"] = answer({"keys": [jwk("RS256", "k1")]})
        google = GoogleProvider(issuer.calls, client_ids=["web"], secret=SECRET)
        assert (await google.redeem(CODE)).email_trusted is trusted
