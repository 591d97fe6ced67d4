"""What the simulated Apple insists on, and what it answers."""

import hashlib
import time
from typing import Any

import httpx
import jwt
import msgspec
import pytest

from infrastructure.simulators.serving import Simulators
from tests.infrastructure.simulators.identity.requests import (
    apple_secret,
    authorization,
    client_id,
    code_of,
    exchange,
)
from tests.support.simulated_identity import control, native_token, returned, sign_in_at
from tests.support.simulators import WebhookCatcher

pytestmark = pytest.mark.asyncio(loop_scope="module")

APPLE = "https://appleid.apple.com"


async def verified(web: httpx.AsyncClient, token: str, audience: str) -> dict[str, Any]:
    published = (await web.get("/apple/auth/keys")).json()
    key = jwt.PyJWKSet.from_dict(published)[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(
        token, key, algorithms=["RS256"], audience=audience, issuer=APPLE
    )
    return claims


async def test_sign_in_posts_a_code_that_gives_an_rs256_token(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    callback = await sign_in_at(authorization(providers, "apple"), "mei")

    found = returned(callback)
    body = (await exchange(web, providers, "apple", code=found["code"])).json()
    claims = await verified(web, body["id_token"], client_id(providers, "apple"))
    assert (callback.method, found["state"]) == ("POST", "a1b2c3")
    assert (claims["nonce"], claims["email_verified"]) == ("n1", "true")
    assert claims["email"] == "invented_mei@gmail.com"
    assert {"access_token", "refresh_token", "expires_in"} <= body.keys()


async def test_name_comes_the_first_time_only_and_again_once_revoked(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    async def name() -> dict[str, str] | None:
        found = returned(await sign_in_at(authorization(providers, "apple"), "mei"))
        return msgspec.json.decode(found["user"])["name"] if "user" in found else None

    first, second = await name(), await name()
    await control(providers.url, "POST", "/apple/people/mei/revoke")

    assert (first, second) == ({"firstName": "美玲", "lastName": "林"}, None)
    assert await name() == first


@pytest.mark.parametrize(
    ("person", "claims"),
    [
        ("kenji", {"email": "kenji@mail.example", "email_verified": "false"}),
        ("riley", {"is_private_email": "true", "email_verified": "true"}),
        ("anong", {}),
    ],
)
async def test_token_tells_of_the_address_what_there_is(
    providers: Simulators, web: httpx.AsyncClient, person: str, claims: dict[str, str]
) -> None:
    code = await code_of(providers, "apple", person)

    body = (await exchange(web, providers, "apple", code=code)).json()

    found = await verified(web, body["id_token"], client_id(providers, "apple"))
    assert found.items() >= claims.items()
    assert ("email" in found) is (person != "anong")
    assert found.get("email", "").endswith("@privaterelay.appleid.com") is (person == "riley")


@pytest.mark.parametrize(
    ("spoilt", "code"),
    [
        ({"client_id": "example.shop.app"}, "invalid_client"),
        ({"redirect_uri": "https://evil.example/callback"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "name phone"}, "invalid_scope"),
        ({"response_mode": "query"}, "invalid_request"),
        ({"response_mode": None}, "invalid_request"),
        (
            {"scope": None, "response_mode": None, "response_type": "code id_token"},
            "invalid_request",
        ),
    ],
)
async def test_wrong_request_is_a_page_and_sends_nobody_back(
    providers: Simulators, web: httpx.AsyncClient, spoilt: dict[str, str | None], code: str
) -> None:
    answer = await web.get(authorization(providers, "apple", **spoilt))

    assert (answer.status_code, answer.headers.get("location")) == (400, None)
    assert f"<code>{code}</code>" in answer.text


async def test_cancel_is_posted_to_the_app(providers: Simulators) -> None:
    callback = await sign_in_at(authorization(providers, "apple"), None)

    assert callback.method == "POST"
    assert returned(callback) == {"error": "user_cancelled_authorize", "state": "a1b2c3"}


@pytest.mark.parametrize(
    "spoilt",
    [
        {"iss": "ANOTHERTEAM"},
        {"sub": "example.shop.app"},
        {"aud": "https://another.example"},
        {"exp": 1_000_000_000},
        {"exp": int(time.time()) + 200 * 86400},
        {"kid": "ANOTHERKEY"},
        {"algorithm": "HS256"},
    ],
)
async def test_client_secret_is_refused_when_something_of_it_is_wrong(
    providers: Simulators, web: httpx.AsyncClient, spoilt: dict[str, Any]
) -> None:
    code = await code_of(providers, "apple")
    secret = apple_secret(providers, **spoilt)

    answer = await exchange(web, providers, "apple", code=code, client_secret=secret)

    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_client"})


@pytest.mark.parametrize(
    ("spoilt", "error"),
    [
        ({"client_id": "another"}, "invalid_client"),
        ({"client_secret": None}, "invalid_client"),
        ({"client_secret": "no JWT"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"code": None}, "invalid_request"),
        ({"code": "made-up"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"redirect_uri": "https://evil.example"}, "invalid_grant"),
    ],
)
async def test_code_is_refused_when_something_is_wrong(
    providers: Simulators, web: httpx.AsyncClient, spoilt: dict[str, str | None], error: str
) -> None:
    code = await code_of(providers, "apple")

    answer = await exchange(web, providers, "apple", **({"code": code} | spoilt))

    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_code_is_good_for_one_use(providers: Simulators, web: httpx.AsyncClient) -> None:
    code = await code_of(providers, "apple")

    answers = [await exchange(web, providers, "apple", code=code) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 400]


async def test_revocation_ends_the_grant_and_repeats_quietly(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    code = await code_of(providers, "apple")
    issued = (await exchange(web, providers, "apple", code=code)).json()
    fields = {
        "client_id": client_id(providers, "apple"),
        "client_secret": apple_secret(providers),
        "token": issued["refresh_token"],
    }

    answers = [await web.post("/apple/auth/revoke", data=fields) for _ in range(2)]
    wrong = await web.post("/apple/auth/revoke", data=fields | {"client_secret": "wrong"})

    refreshed = await exchange(
        web, providers, "apple", grant_type="refresh_token", refresh_token=issued["refresh_token"]
    )
    assert [answer.status_code for answer in answers] == [200, 200]
    assert wrong.json() == {"error": "invalid_client"}
    assert refreshed.json()["error"] == "invalid_grant"
    assert await control(providers.url, "GET", "/grants") == []


async def test_native_token_holds_the_hashed_nonce_and_its_code_can_be_exchanged(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    found = await native_token(providers.url, "apple", "somchai", nonce="raw")

    app = client_id(providers, "apple", which=1)
    claims = await verified(web, found["id_token"], app)
    answer = await exchange(
        web,
        providers,
        "apple",
        code=found["code"],
        client_id=app,
        client_secret=apple_secret(providers, sub=app),
        redirect_uri=None,
    )
    assert claims["nonce"] == hashlib.sha256(b"raw").hexdigest()
    assert (claims["sub"], claims["email_verified"]) == (found["subject"], True)
    assert found["name"] == "สมชาย ใจดี"
    assert answer.status_code == 200


@pytest.mark.parametrize("event", ["email-disabled", "consent-revoked", "account-delete"])
async def test_notice_is_signed_and_says_what_happened(
    providers: Simulators, web: httpx.AsyncClient, hooks: WebhookCatcher, event: str
) -> None:
    await control(providers.url, "POST", f"/apple/people/riley/{event}", {"to": hooks.url})

    claims = await verified(web, hooks.caught[0].json["payload"], client_id(providers, "apple"))
    told = msgspec.json.decode(claims["events"])
    subject = (await native_token(providers.url, "apple", "riley"))["subject"]
    assert (told["type"], told["sub"]) == (event, subject)
    assert ("email" in told) is (event == "email-disabled")
