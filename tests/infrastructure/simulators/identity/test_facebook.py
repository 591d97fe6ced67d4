"""What the simulated Facebook insists on, and what it answers."""

import hashlib
import hmac
from typing import Any

import httpx
import jwt
import pytest

from infrastructure.simulators.identity.facebook_graph import appsecret_proof
from infrastructure.simulators.serving import Simulators
from tests.infrastructure.simulators.identity.requests import (
    authorization,
    client_id,
    code_of,
    exchange,
)
from tests.support.simulated_identity import control, native_token, returned, sign_in_at
from tests.support.simulators import WebhookCatcher

pytestmark = pytest.mark.asyncio(loop_scope="module")


def proven(providers: Simulators, token: str) -> dict[str, str]:
    secret = providers.config.identity.facebook.secret
    return {"access_token": token, "appsecret_proof": appsecret_proof(secret, token)}


def app_token(providers: Simulators) -> str:
    return f"{client_id(providers, 'facebook')}|{providers.config.identity.facebook.secret}"


async def signed_in(providers: Simulators, web: httpx.AsyncClient, person: str = "mei") -> str:
    code = await code_of(providers, "facebook", person)
    token: str = (await exchange(web, providers, "facebook", code=code)).json()["access_token"]
    return token


async def test_proof_is_the_published_one() -> None:
    expected = "d52ddf968d622d8af8677906b7fbae09ac1f89f7cd5c1584b27544624cc23e5a"
    assert appsecret_proof("app_secret", "access_token") == expected


async def test_sign_in_gives_token_that_is_inspected_and_opens_the_profile(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    token = await signed_in(providers, web)

    inspected = await web.get(
        "/facebook/v25.0/debug_token",
        params={"input_token": token, "access_token": app_token(providers)},
    )
    profile = await web.get(
        "/facebook/v25.0/me", params={"fields": "id,name,email", **proven(providers, token)}
    )

    data = inspected.json()["data"]
    assert (data["is_valid"], data["type"]) == (True, "USER")
    assert data["app_id"] == client_id(providers, "facebook")
    assert profile.json() == {
        "id": data["user_id"],
        "name": "林美玲",
        "email": "invented_mei@gmail.com",
    }


@pytest.mark.parametrize("person", ["anong", "kenji"])
async def test_address_is_left_out_when_there_is_none_or_nobody_confirmed_it(
    providers: Simulators, web: httpx.AsyncClient, person: str
) -> None:
    token = await signed_in(providers, web, person)

    profile = await web.get(
        "/facebook/v25.0/me", params={"fields": "id,email", **proven(providers, token)}
    )

    assert profile.json().keys() == {"id"}


@pytest.mark.parametrize(
    ("spoilt", "code"),
    [
        ({"state": None}, "invalid_request"),
        ({"client_id": "1"}, "invalid_app_id"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": "https://evil.example/callback"}, "url_blocked"),
        ({"response_type": "token"}, "invalid_response_type"),
        ({"scope": "public_profile,user_birthday"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
async def test_wrong_request_is_a_page_and_sends_nobody_back(
    providers: Simulators, web: httpx.AsyncClient, spoilt: dict[str, str | None], code: str
) -> None:
    answer = await web.get(authorization(providers, "facebook", **spoilt))

    assert (answer.status_code, answer.headers.get("location")) == (400, None)
    assert f"<code>{code}</code>" in answer.text


async def test_cancel_is_told_to_the_app(providers: Simulators) -> None:
    callback = await sign_in_at(authorization(providers, "facebook"), None)

    found = returned(callback)
    assert (found["error"], found["error_reason"]) == ("access_denied", "user_denied")


@pytest.mark.parametrize(
    ("spoilt", "code", "subcode"),
    [
        ({"client_id": None}, 101, None),
        ({"client_id": "1"}, 101, None),
        ({"client_secret": None}, 1, None),
        ({"client_secret": "wrong"}, 1, None),
        ({"redirect_uri": None}, 191, None),
        ({"code": None}, 100, None),
        ({"code": "made-up"}, 100, None),
        ({"redirect_uri": "https://evil.example"}, 100, 36008),
        ({"code_verifier": None}, 100, None),
        ({"code_verifier": "x" * 43}, 100, None),
        ({"grant_type": "password"}, 1, None),
    ],
)
async def test_code_is_refused_when_something_is_wrong(
    providers: Simulators,
    web: httpx.AsyncClient,
    spoilt: dict[str, str | None],
    code: int,
    subcode: int | None,
) -> None:
    issued = await code_of(providers, "facebook")

    answer = await exchange(web, providers, "facebook", **({"code": issued} | spoilt))

    error = answer.json()["error"]
    assert answer.status_code == 400
    assert (error["type"], error["code"], error.get("error_subcode")) == (
        "OAuthException",
        code,
        subcode,
    )


async def test_code_is_good_for_one_use_and_not_for_long(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    code, late = await code_of(providers, "facebook"), await code_of(providers, "facebook")
    await exchange(web, providers, "facebook", code=code)
    again = await exchange(web, providers, "facebook", code=code)
    await control(providers.url, "POST", "/facebook/expire", {"what": "codes"})
    expired = await exchange(web, providers, "facebook", code=late)

    assert again.json()["error"]["error_subcode"] == 36009
    assert expired.json()["error"]["error_subcode"] == 36007


@pytest.mark.parametrize(
    ("spoilt", "code"),
    [
        ({"appsecret_proof": None}, 100),
        ({"appsecret_proof": "0" * 64}, 100),
        ({"access_token": None}, 2500),
        ({"access_token": "made-up"}, 190),
        ({"fields": "id,password"}, 100),
    ],
)
async def test_profile_is_refused_when_something_is_wrong(
    providers: Simulators, web: httpx.AsyncClient, spoilt: dict[str, str | None], code: int
) -> None:
    fields = proven(providers, await signed_in(providers, web))
    sent = {name: value for name, value in (fields | spoilt).items() if value is not None}

    answer = await web.get("/facebook/v25.0/me", params=sent)

    assert answer.json()["error"]["code"] == code


async def test_token_is_inspected_for_the_app_alone(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    token = await signed_in(providers, web)

    refused = await web.get(
        "/facebook/v25.0/debug_token", params={"input_token": token, "access_token": token}
    )

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, 100)


@pytest.mark.parametrize(
    ("defect", "shown"),
    [
        ("audience", {"is_valid": True, "app_id": "999999999999999"}),
        ("expired", {"is_valid": False}),
        ("signature", {"is_valid": False}),
    ],
)
async def test_defective_access_token_shows_when_it_is_inspected(
    providers: Simulators, web: httpx.AsyncClient, defect: str, shown: dict[str, Any]
) -> None:
    await control(providers.url, "POST", "/facebook/defects", {"defect": defect})
    token = (await native_token(providers.url, "facebook", "mei"))["access_token"]

    answer = await web.get(
        "/facebook/debug_token",
        params={"input_token": token, "access_token": app_token(providers)},
    )

    assert answer.json()["data"].items() >= shown.items()


async def test_limited_login_gives_an_id_token_of_a_published_key(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    found = await native_token(providers.url, "facebook", "mei", limited=True, nonce="n2")

    published = (await web.get("/facebook/.well-known/oauth/openid/jwks/")).json()
    key = jwt.PyJWKSet.from_dict(published)[jwt.get_unverified_header(found["id_token"])["kid"]]
    claims = jwt.decode(
        found["id_token"],
        key,
        algorithms=["RS256"],
        audience=client_id(providers, "facebook"),
        issuer="https://www.facebook.com",
    )
    assert (claims["sub"], claims["nonce"]) == (found["subject"], "n2")
    assert "access_token" not in found


@pytest.mark.parametrize("by_app", [False, True])
async def test_deleting_permissions_ends_the_grant_once(
    providers: Simulators, web: httpx.AsyncClient, *, by_app: bool
) -> None:
    token = await signed_in(providers, web)
    subject = (await native_token(providers.url, "facebook", "mei"))["subject"]
    query = {"access_token": app_token(providers)} if by_app else proven(providers, token)
    path = f"/facebook/v25.0/{subject}/permissions"

    done = await web.delete(path, params=query)
    again = await web.delete(path, params=query)

    assert (done.status_code, done.json()) == (200, {"success": True})
    assert again.status_code == 400
    profile = await web.get("/facebook/v25.0/me", params=proven(providers, token))
    assert profile.json()["error"]["error_subcode"] == 458


async def test_signature_of_a_callback_is_over_the_payload_as_sent(
    providers: Simulators, hooks: WebhookCatcher
) -> None:
    told = await control(providers.url, "POST", "/facebook/people/mei/deletion", {"to": hooks.url})

    text = httpx.QueryParams(hooks.caught[0].body.decode())["signed_request"]
    signature, _, payload = text.partition(".")
    secret = providers.config.identity.facebook.secret.encode()
    mac = hmac.new(secret, payload.encode(), hashlib.sha256).digest()
    assert signature == jwt.utils.base64url_encode(mac).decode()
    assert (told["event"], told["status"]) == ("deletion", 200)
