"""What the simulated Google insists on, and what it answers."""

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


async def test_sign_in_gives_rs256_token_of_a_published_key(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    code = await code_of(providers, "google", "somchai")

    body = (await exchange(web, providers, "google", code=code)).json()

    known = (await web.get("/google/.well-known/openid-configuration")).json()
    published = await web.get(known["jwks_uri"])
    key = jwt.PyJWKSet.from_dict(published.json())[
        jwt.get_unverified_header(body["id_token"])["kid"]
    ]
    claims = jwt.decode(
        body["id_token"],
        key,
        algorithms=["RS256"],
        audience=client_id(providers, "google"),
        issuer=known["issuer"],
    )
    assert "max-age" in published.headers["cache-control"]
    assert (claims["hd"], claims["email"]) == ("shop.example", "somchai@shop.example")
    assert (claims["email_verified"], claims["nonce"], len(claims["sub"])) == (True, "n1", 21)


@pytest.mark.parametrize(
    ("spoilt", "status", "code"),
    [
        ({"client_id": None}, 400, "invalid_request"),
        ({"client_id": "another"}, 401, "invalid_client"),
        ({"redirect_uri": None}, 400, "invalid_request"),
        ({"redirect_uri": "https://evil.example/callback"}, 400, "redirect_uri_mismatch"),
        (
            {"redirect_uri": "http://127.0.0.1:8000/api/v1/auth/google/callback?a=1"},
            400,
            "redirect_uri_mismatch",
        ),
        ({"response_type": None}, 400, "invalid_request"),
        ({"response_type": "token"}, 400, "unsupported_response_type"),
        ({"scope": None}, 400, "invalid_request"),
        ({"scope": "openid phone"}, 400, "invalid_scope"),
        ({"code_challenge_method": "plain"}, 400, "invalid_request"),
        ({"code_challenge_method": None}, 400, "invalid_request"),
        ({"code_challenge": None}, 400, "invalid_request"),
    ],
)
async def test_wrong_request_is_a_page_and_sends_nobody_back(
    providers: Simulators,
    web: httpx.AsyncClient,
    spoilt: dict[str, str | None],
    status: int,
    code: str,
) -> None:
    answer = await web.get(authorization(providers, "google", **spoilt))

    assert (answer.status_code, answer.headers.get("location")) == (status, None)
    assert f"<code>{code}</code>" in answer.text


async def test_browser_inside_an_app_is_refused(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    inside = {"user-agent": "Mozilla/5.0 (iPhone) AppleWebKit/605 Line/15.0.0"}

    answer = await web.get(authorization(providers, "google"), headers=inside)

    assert answer.status_code == 403
    assert "disallowed_useragent" in answer.text


async def test_cancel_is_told_to_the_app(providers: Simulators) -> None:
    callback = await sign_in_at(authorization(providers, "google"), None)

    assert returned(callback) == {"error": "access_denied", "state": "a1b2c3"}


@pytest.mark.parametrize(
    ("spoilt", "status", "problem"),
    [
        ({"client_id": None}, 400, ("invalid_request", "Could not determine client ID")),
        ({"client_id": "another"}, 401, ("invalid_client", "The OAuth client was not found.")),
        ({"client_secret": None}, 400, ("invalid_request", "client_secret is missing.")),
        ({"client_secret": "wrong"}, 401, ("invalid_client", "The provided client secret")),
        ({"grant_type": "password"}, 400, ("unsupported_grant_type", "Invalid grant_type")),
        ({"grant_type": None}, 400, ("unsupported_grant_type", "Invalid grant_type")),
        ({"code": None}, 400, ("invalid_request", "Missing required parameter: code")),
        ({"code": "made-up"}, 400, ("invalid_grant", "Malformed auth code.")),
        ({"redirect_uri": None}, 400, ("invalid_request", "Missing required parameter")),
        ({"redirect_uri": "https://evil.example"}, 400, ("redirect_uri_mismatch", "Bad Request")),
        ({"code_verifier": None}, 400, ("invalid_grant", "Missing code verifier.")),
        ({"code_verifier": "y" * 43}, 400, ("invalid_grant", "Invalid code verifier.")),
    ],
)
async def test_code_is_refused_when_something_is_wrong(
    providers: Simulators,
    web: httpx.AsyncClient,
    spoilt: dict[str, str | None],
    status: int,
    problem: tuple[str, str],
) -> None:
    code = await code_of(providers, "google")

    answer = await exchange(web, providers, "google", **({"code": code} | spoilt))

    error, description = problem
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"].startswith(description)


async def test_verifier_is_refused_where_there_was_no_challenge(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    code = returned(
        await sign_in_at(
            authorization(providers, "google", code_challenge=None, code_challenge_method=None),
            "mei",
        )
    )["code"]

    answer = await exchange(web, providers, "google", code=code)

    assert answer.json()["error_description"] == "code_verifier or verifier is not needed."


async def test_code_is_good_for_one_use(providers: Simulators, web: httpx.AsyncClient) -> None:
    code = await code_of(providers, "google")

    answers = [await exchange(web, providers, "google", code=code) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 400]
    assert answers[1].json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("person", "claims"),
    [
        ("mei", {"email": "invented_mei@gmail.com", "email_verified": True}),
        ("kenji", {"email": "kenji@mail.example", "email_verified": False}),
        ("anong", {}),
    ],
)
async def test_userinfo_tells_of_the_address_what_there_is(
    providers: Simulators, web: httpx.AsyncClient, person: str, claims: dict[str, object]
) -> None:
    issued = await exchange(
        web, providers, "google", code=await code_of(providers, "google", person)
    )

    bearer = {"authorization": f"Bearer {issued.json()['access_token']}"}
    found = (await web.get("/google/v1/userinfo", headers=bearer)).json()

    assert {name: found[name] for name in found if name.startswith("email")} == claims


async def test_refresh_token_comes_with_the_first_consent_only(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    async def refresh_token(**more: str) -> str | None:
        code = await code_of(providers, "google", access_type="offline", **more)
        token: str | None = (
            (await exchange(web, providers, "google", code=code)).json().get("refresh_token")
        )
        return token

    first, second, asked_again = (
        await refresh_token(),
        await refresh_token(),
        await refresh_token(prompt="consent"),
    )

    assert (first is None, second is None, asked_again is None) == (False, True, False)
    refreshed = await exchange(
        web, providers, "google", grant_type="refresh_token", refresh_token=first
    )
    assert refreshed.status_code == 200


async def test_revocation_ends_every_token_of_the_grant(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    code = await code_of(providers, "google", access_type="offline")
    issued = (await exchange(web, providers, "google", code=code)).json()

    done = await web.post("/google/revoke", data={"token": issued["refresh_token"]})
    again = await web.post("/google/revoke", data={"token": issued["access_token"]})
    refreshed = await exchange(
        web,
        providers,
        "google",
        grant_type="refresh_token",
        refresh_token=issued["refresh_token"],
    )

    assert (done.status_code, again.status_code) == (200, 400)
    assert again.json()["error"] == "invalid_token"
    assert refreshed.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(("platform", "audience"), [("ios", 1), ("android", 0)])
async def test_native_token_names_the_client_it_is_for(
    providers: Simulators, platform: str, audience: int
) -> None:
    found = await native_token(providers.url, "google", "mei", platform=platform, nonce="n2")

    claims = jwt.decode(found["id_token"], options={"verify_signature": False})
    ids = providers.config.identity.google.client_ids
    assert claims["aud"] == ids[audience]
    assert claims["azp"] == ids[{"ios": 1, "android": 2}[platform]]
    assert claims["nonce"] == "n2"


@pytest.mark.parametrize("drop", [False, True])
async def test_rotated_key_is_published_and_the_old_one_as_long_as_told(
    providers: Simulators, web: httpx.AsyncClient, *, drop: bool
) -> None:
    before = (await web.get("/google/oauth2/v3/certs")).json()["keys"]

    made = await control(providers.url, "POST", "/google/keys/rotate", {"drop": drop})

    after = [key["kid"] for key in (await web.get("/google/oauth2/v3/certs")).json()["keys"]]
    token = (await native_token(providers.url, "google", "mei"))["id_token"]
    assert (made["kid"] in after, before[0]["kid"] in after) == (True, not drop)
    assert jwt.get_unverified_header(token)["kid"] == made["kid"]
