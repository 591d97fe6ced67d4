"""What the simulated LINE insists on, and what it answers."""

from typing import Any

import httpx
import jwt
import pytest

from infrastructure.simulators.serving import Simulators
from tests.infrastructure.simulators.identity.requests import (
    authorization,
    client_id,
    code_of,
    exchange,
)
from tests.support.simulated_identity import control, native_token, returned, sign_in_at

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_sign_in_gives_hs256_token_with_what_was_asked_for(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    code = await code_of(providers, "line")

    answer = await exchange(web, providers, "line", code=code)

    body = answer.json()
    secret = providers.config.identity.line.secret
    claims = jwt.decode(
        body["id_token"], secret, algorithms=["HS256"], audience=client_id(providers, "line")
    )
    assert answer.status_code == 200
    assert (body["scope"], body["expires_in"]) == ("profile openid", 2592000)
    assert (claims["iss"], claims["nonce"]) == ("https://access.line.me", "n1")
    assert (claims["name"], claims["email"]) == ("林美玲", "invented_mei@gmail.com")
    assert len(claims["sub"]) == 33
    profile = await web.get(
        "/line/v2/profile", headers={"authorization": f"Bearer {body['access_token']}"}
    )
    assert profile.json() == {"userId": claims["sub"], "displayName": "林美玲"}


@pytest.mark.parametrize(
    ("spoilt", "error"),
    [
        ({"state": None}, "INVALID_REQUEST"),
        ({"state": "a b"}, "INVALID_REQUEST"),
        ({"response_type": "token"}, "UNSUPPORTED_RESPONSE_TYPE"),
        ({"scope": None}, "INVALID_SCOPE"),
        ({"scope": "profile phone"}, "INVALID_SCOPE"),
        ({"scope": "profile email"}, "INVALID_SCOPE"),
        ({"code_challenge_method": "plain"}, "INVALID_REQUEST"),
        ({"code_challenge_method": None}, "INVALID_REQUEST"),
        ({"code_challenge": "short"}, "INVALID_REQUEST"),
        ({"prompt": "none"}, "LOGIN_REQUIRED"),
    ],
)
async def test_app_is_told_what_is_wrong_with_its_request(
    providers: Simulators, web: httpx.AsyncClient, spoilt: dict[str, str | None], error: str
) -> None:
    answer = await web.get(authorization(providers, "line", **spoilt))

    assert answer.status_code == 302
    assert returned(httpx.Request("GET", answer.headers["location"]))["error"] == error


@pytest.mark.parametrize(
    "spoilt",
    [
        {"client_id": "1"},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": "http://127.0.0.1:8000/api/v1/auth/line/callback/"},
        {"redirect_uri": None},
    ],
)
async def test_nobody_is_sent_to_an_address_that_is_not_registered(
    providers: Simulators, web: httpx.AsyncClient, spoilt: dict[str, str | None]
) -> None:
    answer = await web.get(authorization(providers, "line", **spoilt))

    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_callback_address_may_carry_a_query(providers: Simulators) -> None:
    address = "http://127.0.0.1:8000/api/v1/auth/line/callback?from=h5"

    callback = await sign_in_at(authorization(providers, "line", redirect_uri=address), "mei")

    assert returned(callback)["from"] == "h5"


async def test_cancel_is_told_to_the_app(providers: Simulators) -> None:
    callback = await sign_in_at(authorization(providers, "line"), None)

    assert returned(callback) == {
        "error": "ACCESS_DENIED",
        "error_description": "The resource owner denied the request.",
        "state": "a1b2c3",
    }


@pytest.mark.parametrize(
    ("spoilt", "status", "error"),
    [
        ({"client_id": "1"}, 400, "invalid_client"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": None}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"code": None}, 400, "invalid_request"),
        ({"code": "made-up"}, 400, "invalid_grant"),
        ({"redirect_uri": None}, 400, "invalid_request"),
        ({"redirect_uri": "http://localhost:8000/api/v1/auth/line/callback"}, 400, "invalid_grant"),
        ({"code_verifier": None}, 400, "invalid_grant"),
        ({"code_verifier": "x" * 43}, 400, "invalid_grant"),
        ({"code_verifier": "short"}, 400, "invalid_grant"),
    ],
)
async def test_code_is_refused_when_something_is_wrong(
    providers: Simulators,
    web: httpx.AsyncClient,
    spoilt: dict[str, str | None],
    status: int,
    error: str,
) -> None:
    code = await code_of(providers, "line")

    answer = await exchange(web, providers, "line", **({"code": code} | spoilt))

    assert (answer.status_code, answer.json()["error"]) == (status, error)


async def test_code_is_good_for_one_use_and_not_for_long(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    code = await code_of(providers, "line")
    late = await code_of(providers, "line")
    first = await exchange(web, providers, "line", code=code)
    again = await exchange(web, providers, "line", code=code)

    await control(providers.url, "POST", "/line/expire", {"what": "codes"})
    expired = await exchange(web, providers, "line", code=late)

    assert first.status_code == 200
    assert [again.json()["error"], expired.json()["error"]] == ["invalid_grant"] * 2


async def verified(
    providers: Simulators, web: httpx.AsyncClient, **fields: str
) -> tuple[int, dict[str, Any]]:
    asked = {"client_id": client_id(providers, "line"), **fields}
    answer = await web.post("/line/oauth2/v2.1/verify", data=asked)
    return answer.status_code, answer.json()


async def test_native_token_is_es256_and_verifies(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    token = (await native_token(providers.url, "line", "kenji", nonce="n2"))["id_token"]

    status, claims = await verified(providers, web, id_token=token, nonce="n2")

    assert jwt.get_unverified_header(token)["alg"] == "ES256"
    assert (status, claims["name"]) == (200, "Kenji Mori")
    keys = jwt.PyJWKSet.from_dict((await web.get("/line/oauth2/v2.1/certs")).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    assert jwt.decode(token, key, algorithms=["ES256"], audience=claims["aud"]) == claims


@pytest.mark.parametrize(
    ("defect", "problem"),
    [
        ("alg_none", "Invalid IdToken."),
        ("alg_hs256", "Invalid IdToken."),
        ("signature", "Invalid IdToken."),
        ("unknown_kid", "Invalid IdToken."),
        ("expired", "IdToken expired."),
        ("issuer", "Invalid IdToken Issuer."),
        ("audience", "Invalid IdToken Audience."),
        ("nonce", "Invalid IdToken Nonce."),
    ],
)
async def test_broken_token_does_not_verify(
    providers: Simulators, web: httpx.AsyncClient, defect: str, problem: str
) -> None:
    await control(providers.url, "POST", "/line/defects", {"defect": defect})
    token = (await native_token(providers.url, "line", "mei", nonce="n1"))["id_token"]

    status, answer = await verified(providers, web, id_token=token, nonce="n1")

    assert status == 400
    assert answer == {"error": "invalid_request", "error_description": problem}


async def deauthorized(
    providers: Simulators, web: httpx.AsyncClient, access_token: str, **spoilt: str
) -> int:
    fields = {
        "grant_type": "client_credentials",
        "client_id": client_id(providers, "line"),
        "client_secret": providers.config.identity.line.secret,
    }
    channel = (await web.post("/line/oauth2/v3/token", data=fields)).json()["access_token"]
    answer = await web.post(
        "/line/user/v1/deauthorize",
        headers={"authorization": f"Bearer {spoilt.get('channel', channel)}"},
        json={"userAccessToken": access_token},
    )
    return answer.status_code


async def test_deauthorization_ends_the_grant_and_its_tokens(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    issued = (await exchange(web, providers, "line", code=await code_of(providers, "line"))).json()
    token = issued["access_token"]

    assert await deauthorized(providers, web, token, channel="wrong") == 401
    assert await deauthorized(providers, web, "made up") == 400
    assert await deauthorized(providers, web, token) == 204

    ended = await control(providers.url, "GET", "/revocations")
    checked = await web.get("/line/oauth2/v2.1/verify", params={"access_token": token})
    assert [(one["person"], one["by"]) for one in ended] == [("mei", "app")]
    assert checked.json() == {
        "error": "invalid_request",
        "error_description": "access token expired",
    }
    assert await control(providers.url, "GET", "/grants") == []


async def test_refresh_keeps_its_refresh_token(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    issued = (await exchange(web, providers, "line", code=await code_of(providers, "line"))).json()

    again = await exchange(
        web, providers, "line", grant_type="refresh_token", refresh_token=issued["refresh_token"]
    )
    unknown = await exchange(
        web, providers, "line", grant_type="refresh_token", refresh_token="made-up"
    )

    assert again.json()["refresh_token"] == issued["refresh_token"]
    assert again.json()["access_token"] != issued["access_token"]
    assert unknown.json() == {
        "error": "invalid_grant",
        "error_description": "invalid refresh token",
    }


async def test_revoked_access_token_is_no_longer_good(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    issued = (await exchange(web, providers, "line", code=await code_of(providers, "line"))).json()
    fields = {
        "access_token": issued["access_token"],
        "client_id": client_id(providers, "line"),
        "client_secret": providers.config.identity.line.secret,
    }

    answer = await web.post("/line/oauth2/v2.1/revoke", data=fields)

    bearer = {"authorization": f"Bearer {issued['access_token']}"}
    assert (answer.status_code, answer.content) == (200, b"")
    assert (await web.get("/line/v2/profile", headers=bearer)).status_code == 401
