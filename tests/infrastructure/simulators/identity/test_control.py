"""The sign-in page, and what the control API orders of the simulated login providers."""

from pathlib import Path

import httpx
import jwt
import pytest

from infrastructure.simulators.identity.state import Provider
from infrastructure.simulators.serving import Simulators
from tests.infrastructure.simulators.identity.requests import (
    authorization,
    client_id,
    code_of,
    exchange,
)
from tests.support.simulated_identity import (
    control,
    native_token,
    returned,
    sign_in_at,
    simulated_providers,
)
from tests.support.simulators import WebhookCatcher

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("provider", ["line", "facebook", "instagram", "google", "apple"])
async def test_sign_in_page_offers_everybody_and_a_way_out_without_scripts(
    providers: Simulators, web: httpx.AsyncClient, provider: Provider
) -> None:
    page = await web.get(authorization(providers, provider))

    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert all(name in page.text for name in ("林美玲", "สมชาย ใจดี", "Riley Tan", "Cancel"))
    assert "<script" not in page.text


async def test_names_of_people_and_scopes_are_escaped(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    person = {"id": "x", "given_name": "<b>", "family_name": "&", "name": "<b>&"}
    await control(providers.url, "POST", "/people", person)

    page = await web.get(authorization(providers, "line"))

    assert "&lt;b&gt;&amp;" in page.text
    assert "<b>&" not in page.text


async def test_added_person_signs_in_and_is_still_there_after_a_restart(tmp_path: Path) -> None:
    person = {"id": "nok", "given_name": "นก", "family_name": "ดี", "name": "นก ดี"}
    async with simulated_providers(tmp_path) as providers:
        await control(providers.url, "POST", "/people", person)
        before = await native_token(providers.url, "google", "nok")

    async with simulated_providers(tmp_path) as providers:
        after = await native_token(providers.url, "google", "nok")
        grants = await control(providers.url, "GET", "/grants")

    kids = [jwt.get_unverified_header(found["id_token"])["kid"] for found in (before, after)]
    assert before["subject"] == after["subject"]
    assert kids[0] == kids[1]
    assert [grant["person"] for grant in grants] == ["nok"]


async def test_code_of_one_provider_is_nothing_to_another(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    code = await code_of(providers, "line")

    answer = await exchange(web, providers, "google", code=code)

    assert answer.json()["error"] == "invalid_grant"


async def test_redirect_addresses_can_be_registered(providers: Simulators) -> None:
    address = "http://shop.example/api/v1/auth/google/callback"
    await control(providers.url, "POST", "/redirects", {"base": "http://shop.example/api/v1/auth"})

    callback = await sign_in_at(authorization(providers, "google", redirect_uri=address), "mei")

    assert str(callback.url).startswith(address)


@pytest.mark.parametrize(
    ("defect", "algorithm"), [("alg_none", "none"), ("alg_hs256", "HS256"), ("other_flow", "HS256")]
)
async def test_defect_befalls_the_next_token_and_no_other(
    providers: Simulators, defect: str, algorithm: str
) -> None:
    await control(providers.url, "POST", "/google/defects", {"defect": defect})

    found = [(await native_token(providers.url, "google", "mei"))["id_token"] for _ in range(2)]

    assert [jwt.get_unverified_header(token)["alg"] for token in found] == [algorithm, "RS256"]


async def test_token_of_the_other_flow_is_signed_as_that_one_is(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    await control(providers.url, "POST", "/line/defects", {"defect": "other_flow", "times": 2})

    native = (await native_token(providers.url, "line", "mei"))["id_token"]
    answer = await exchange(web, providers, "line", code=await code_of(providers, "line"))

    algorithms = [
        jwt.get_unverified_header(token)["alg"] for token in (native, answer.json()["id_token"])
    ]
    assert algorithms == ["HS256", "ES256"]


async def test_ordered_status_is_answered_and_nothing_done(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    code = await code_of(providers, "line")
    await control(
        providers.url, "POST", "/faults", {"effect": "status", "provider": "line", "path": "token"}
    )

    answers = [await exchange(web, providers, "line", code=code) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [500, 200]


async def test_connection_breaks_after_the_work_is_done(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    code = await code_of(providers, "line")
    await control(providers.url, "POST", "/faults", {"effect": "cut", "provider": "line"})

    with pytest.raises(httpx.RemoteProtocolError):
        await exchange(web, providers, "line", code=code)

    again = await exchange(web, providers, "line", code=code)
    assert again.json()["error"] == "invalid_grant"


async def test_slow_answer_comes_late_and_faults_end_when_told(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    slow = {"effect": "slow", "path": "certs", "seconds": 30, "times": 5}
    await control(providers.url, "POST", "/faults", slow)

    with pytest.raises(httpx.ReadTimeout):
        await web.get("/google/oauth2/v3/certs", timeout=0.2)

    await control(providers.url, "DELETE", "/faults")
    assert (await web.get("/google/oauth2/v3/certs")).status_code == 200


async def test_person_who_takes_the_permission_back_is_told_of_where_providers_do(
    providers: Simulators, hooks: WebhookCatcher
) -> None:
    told = {}
    for provider in ("line", "google", "facebook", "apple"):
        await native_token(providers.url, provider, "mei")
        path = f"/{provider}/people/mei/revoke"
        answer = await control(providers.url, "POST", path, {"to": hooks.url})
        told[provider] = (answer["notice"] or {}).get("event")

    revocations = await control(providers.url, "GET", "/revocations")
    assert told == {
        "line": None,
        "google": None,
        "facebook": "deauthorize",
        "apple": "consent-revoked",
    }
    assert [one["by"] for one in revocations] == ["person"] * 4
    assert len(await control(providers.url, "GET", "/notices")) == len(hooks.caught) == 2


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/myspace/tokens", {"person": "mei"}, 404),
        ("/line/tokens", {"person": "nobody"}, 400),
        ("/instagram/tokens", {"person": "mei"}, 400),
        ("/instagram/keys/rotate", {}, 404),
        ("/google/defects", {"defect": "odd"}, 400),
        ("/google/people/nobody/revoke", {}, 404),
        ("/google/people/mei/deletion", {}, 404),
        ("/facebook/people/mei/deletion", {}, 400),
        ("/faults", {"effect": "odd"}, 400),
    ],
)
async def test_order_that_makes_no_sense_is_refused(
    providers: Simulators, web: httpx.AsyncClient, path: str, body: dict[str, str], status: int
) -> None:
    answer = await web.post(f"/_simulator/identity{path}", json=body)

    assert (answer.status_code, answer.json()["success"]) == (status, False)


async def test_overview_says_where_the_providers_are(
    providers: Simulators, web: httpx.AsyncClient
) -> None:
    found = await control(providers.url, "GET", "/")

    line = found["providers"]["line"]
    assert line["url"] == f"{providers.url}/line"
    assert line["client_ids"] == [client_id(providers, "line")]
    assert {person["id"] for person in found["people"]} >= {"mei", "somchai", "anong"}


async def test_state_is_returned_as_it_was_sent(providers: Simulators) -> None:
    callback = await sign_in_at(authorization(providers, "google", state="ü & =?"), "mei")

    assert returned(callback)["state"] == "ü & =?"
