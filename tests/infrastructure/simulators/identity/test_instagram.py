"""What the simulated Instagram insists on, and what it answers."""

import httpx
import pytest

from infrastructure.simulators.serving import Simulators
from tests.infrastructure.simulators.identity.requests import authorization, code_of, exchange
from tests.support.simulated_identity import returned, sign_in_at

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_professional_signs_in_and_is_told_about_without_an_address(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    code = await code_of(providers, "instagram", "hana")

    issued = (await exchange(web, providers, "instagram", code=code)).json()["data"][0]
    me = await web.get(
        "/instagram/v25.0/me",
        params={
            "fields": "user_id,username,name,account_type",
            "access_token": issued["access_token"],
        },
    )

    assert issued["permissions"] == "instagram_business_basic"
    assert me.json() == {
        "user_id": issued["user_id"],
        "username": "hana.sells",
        "name": "佐藤花",
        "account_type": "Business",
    }


async def test_person_without_a_professional_account_is_refused(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    answer = await web.post(authorization(providers, "instagram"), data={"person": "mei"})

    assert (answer.status_code, answer.headers.get("location")) == (400, None)


@pytest.mark.parametrize(
    ("spoilt", "code"),
    [
        ({"client_id": "1"}, "invalid_request"),
        ({"redirect_uri": "https://evil.example/callback"}, "invalid_request"),
        ({"response_type": None}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "basic"}, "invalid_scope"),
        ({"scope": "instagram_business_basic,email"}, "invalid_scope"),
    ],
)
async def test_wrong_request_is_a_page_and_sends_nobody_back(
    providers: Simulators, web: httpx.AsyncClient, spoilt: dict[str, str | None], code: str
) -> None:
    answer = await web.get(authorization(providers, "instagram", **spoilt))

    assert (answer.status_code, answer.headers.get("location")) == (400, None)
    assert f"<code>{code}</code>" in answer.text


async def test_cancel_is_told_to_the_app(providers: Simulators) -> None:
    callback = await sign_in_at(authorization(providers, "instagram"), None)

    assert returned(callback)["error"] == "access_denied"


@pytest.mark.parametrize(
    ("spoilt", "message"),
    [
        ({"client_id": "1"}, "Invalid platform app"),
        ({"client_secret": "wrong"}, "Error validating client secret."),
        ({"grant_type": "password"}, "Unsupported grant_type"),
        ({"code": "made-up"}, "Matching code was not found or was already used"),
        ({"redirect_uri": "https://evil.example"}, "Error validating verification code."),
    ],
)
async def test_code_is_refused_when_something_is_wrong(
    providers: Simulators, web: httpx.AsyncClient, spoilt: dict[str, str], message: str
) -> None:
    code = await code_of(providers, "instagram", "hana")

    answer = await exchange(web, providers, "instagram", **({"code": code} | spoilt))

    body = answer.json()
    assert (answer.status_code, body["error_type"], body["code"]) == (400, "OAuthException", 400)
    assert body["error_message"].startswith(message)


async def test_code_is_good_for_one_use(providers: Simulators, web: httpx.AsyncClient) -> None:
    code = await code_of(providers, "instagram", "hana")

    answers = [await exchange(web, providers, "instagram", code=code) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 400]


async def test_token_of_an_hour_is_changed_for_one_of_sixty_days(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    code = await code_of(providers, "instagram", "hana")
    issued = (await exchange(web, providers, "instagram", code=code)).json()["data"][0]
    query = {
        "grant_type": "ig_exchange_token",
        "client_secret": providers.config.identity.instagram.secret,
        "access_token": issued["access_token"],
    }

    answer = await web.get("/instagram/access_token", params=query)
    refused = await web.get("/instagram/access_token", params=query | {"client_secret": "wrong"})

    assert answer.json()["expires_in"] == 60 * 86400
    assert refused.status_code == 400
