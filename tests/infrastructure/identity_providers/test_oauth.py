"""The requests a provider gets, and what becomes of an answer that is none."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from application.identity.ports import (
    AuthorizationCode,
    AuthorizationRequest,
    IdentityProvider,
    SignInRefused,
)
from application.ports import ProviderThrottled, ProviderUnavailable
from infrastructure.identity_providers.calls import ProviderCalls
from infrastructure.identity_providers.facebook import FacebookProvider
from infrastructure.identity_providers.google import GoogleProvider
from infrastructure.identity_providers.line import LineProvider
from infrastructure.identity_providers.oauth import OAuthClient
from infrastructure.settings import Secret
from tests.infrastructure.identity_providers.issuer import Issuer, answer, form, issuing
from tests.support.scripted_http import Reply

# RFC 7636, Appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
SECRET = Secret("invented-channel-secret-of-32-by")
TOKEN = "/oauth2/v2.1/token"
REQUEST = AuthorizationRequest(
    state="state1",
    nonce="nonce1",
    code_challenge=CHALLENGE,
    redirect_uri="https://shop.example/callback",
    language="zh-TW",
)
CODE = AuthorizationCode(
    code="planted-code",
    code_verifier=VERIFIER,
    nonce="nonce1",
    redirect_uri="https://shop.example/callback",
)


def line(calls: ProviderCalls, *, ask_email: bool = False) -> LineProvider:
    return LineProvider(calls, channel_id="client", secret=SECRET, ask_email=ask_email)


def google(calls: ProviderCalls) -> GoogleProvider:
    return GoogleProvider(calls, client_ids=["client"], secret=SECRET)


def facebook(calls: ProviderCalls) -> FacebookProvider:
    return FacebookProvider(calls, app_id="client", secret=SECRET, version="v25.0")


@pytest.mark.parametrize(
    ("open_provider", "path", "own"),
    [
        (
            line,
            "/line/oauth2/v2.1/authorize",
            {"scope": "openid profile", "nonce": "nonce1", "ui_locales": "zh-TW"},
        ),
        (
            google,
            "/google/o/oauth2/v2/auth",
            {
                "scope": "openid email profile",
                "nonce": "nonce1",
                "access_type": "offline",
                "hl": "zh-TW",
            },
        ),
        (facebook, "/facebook/v25.0/dialog/oauth", {"scope": "public_profile,email"}),
    ],
)
async def test_person_is_sent_to_the_provider_with_state_and_challenge(
    open_provider: Callable[[ProviderCalls], IdentityProvider], path: str, own: dict[str, str]
) -> None:
    async with issuing(path.split("/")[1]) as issuer:  # type: ignore[arg-type]
        url = urlsplit(open_provider(issuer.calls).authorization_url(REQUEST))
    assert url.path == path
    assert {name: values[0] for name, values in parse_qs(url.query).items()} == {
        "response_type": "code",
        "client_id": "client",
        "redirect_uri": "https://shop.example/callback",
        "state": "state1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **own,
    }


async def test_line_is_asked_for_the_address_only_once_it_agreed_to_give_it() -> None:
    async with issuing("line") as issuer:
        query = urlsplit(line(issuer.calls, ask_email=True).authorization_url(REQUEST)).query
    assert parse_qs(query)["scope"] == ["openid profile email"]


async def test_code_is_redeemed_with_its_verifier_and_our_secret() -> None:
    async with issuing("line") as issuer:
        issuer.routes[TOKEN] = answer({"access_token": "a"})
        with pytest.raises(SignInRefused, match="id_token_missing"):
            await line(issuer.calls).redeem(CODE)
        [exchange] = issuer.seen(TOKEN)
    assert form(exchange) == {
        "grant_type": "authorization_code",
        "code": "planted-code",
        "redirect_uri": "https://shop.example/callback",
        "code_verifier": VERIFIER,
        "client_id": "client",
        "client_secret": SECRET.text,
    }


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_code_arrives_letter_by_letter(method: str) -> None:
    code = msgspec.structs.replace(CODE, code="4/0A+b%2F=&?#ĝ é")
    async with issuing("line") as issuer:
        issuer.routes[TOKEN] = answer({"access_token": "a"})
        client = OAuthClient(
            issuer.calls,
            client_id="client",
            secret=lambda: "a+b/c=&d",
            token_url="https://api.line.me/oauth2/v2.1/token",
        )
        await client.redeem(code, method=method)
        [exchange] = issuer.seen(TOKEN)
    sent = exchange.query if method == "GET" else form(exchange)
    assert (sent["code"], sent["client_secret"]) == (code.code, "a+b/c=&d")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (answer({"error": "invalid_grant"}, status=400), "token_invalid_grant"),
        (answer({"error": "invalid_client"}, status=401), "token_invalid_client"),
        (answer({"error": "planted"}, status=400), "token_refused"),
        (answer({"error": {"message": "planted"}}), "token_refused"),
        (Reply(status=403, body=b"planted"), "token_refused"),
    ],
)
async def test_refused_code_is_a_refused_sign_in(reply: Reply, reason: str) -> None:
    refusal = await _failure(reply, SignInRefused)
    assert str(refusal) == reason


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=500, body=b"planted"),
        Reply(status=302, headers={"Location": "https://planted.example"}),
        Reply(body=b"<html>planted"),
        Reply(hangs_up=True),
    ],
)
async def test_answer_that_is_none_is_the_providers_failure(reply: Reply) -> None:
    assert "planted" not in repr(await _failure(reply, ProviderUnavailable))


@pytest.mark.parametrize(("asked", "pause"), [("7", 7), ("99999", 300), ("soon", 30)])
async def test_provider_that_has_enough_names_the_pause(asked: str, pause: float) -> None:
    reply = Reply(status=429, headers={"Retry-After": asked})
    problem = await _failure(reply, ProviderThrottled)
    assert isinstance(problem, ProviderThrottled)
    assert problem.retry_after == pause


async def _failure(reply: Reply, kind: type[Exception]) -> Any:
    async with issuing("line") as issuer:
        return await _failed(issuer, reply, kind)


async def _failed(issuer: Issuer, reply: Reply, kind: type[Exception]) -> Exception:
    issuer.routes[TOKEN] = reply
    with pytest.raises(kind) as problem:
        await line(issuer.calls).redeem(CODE)
    assert "planted" not in str(problem.value)
    return problem.value
