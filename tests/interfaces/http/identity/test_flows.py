"""Each provider's whole flow, by the browser and from an app, over our HTTP."""

from typing import Any

import httpx
import pytest

from infrastructure.simulators.serving import Simulators
from tests.support.http import BASE, Api, problem
from tests.support.sign_in import (
    Browser,
    bearer,
    exchange,
    from_app,
    landed,
    send_proof,
    signed_in_by,
)
from tests.support.simulated_identity import sign_in_at

pytestmark = pytest.mark.asyncio(loop_scope="module")

# RFC 7636, Appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
WEB = ["line", "facebook", "google", "apple"]


async def registered(api: Api, simulators: Simulators, provider: str, person: str) -> Any:
    answer = await send_proof(api, provider, await from_app(simulators, provider, person))
    assert answer.status_code == httpx.codes.OK, answer.text
    return answer.json()


@pytest.mark.parametrize("provider", WEB)
async def test_person_signs_in_by_the_browser(api: Api, provider: str) -> None:
    first = await signed_in_by(api, provider, "mei", market="TH")
    shown = await api.client.get(f"{BASE}/me", headers=bearer(first))
    assert shown.json() == first["user"]
    assert first["user"]["name"]
    assert (first["user"]["kind"], first["user"]["roles"]) == ("registered", ["viewer"])
    assert first["user"]["market"] == "TH"
    again = await signed_in_by(api, provider, "mei")
    assert again["user"] == first["user"]


@pytest.mark.parametrize(
    ("provider", "order"),
    [
        ("line", {}),
        ("facebook", {}),
        ("facebook", {"limited": True}),
        ("google", {}),
        ("google", {"platform": "android"}),
        ("apple", {}),
    ],
)
async def test_person_signs_in_from_an_app(
    api: Api, simulators: Simulators, provider: str, order: dict[str, Any]
) -> None:
    proof = await from_app(simulators, provider, "somchai", **order)
    answer = await send_proof(api, provider, proof)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    by_browser = await signed_in_by(api, provider, "somchai")
    assert by_browser["user"]["id"] == answer.json()["user"]["id"]


async def test_what_the_provider_said_of_me_is_shown(api: Api) -> None:
    tokens = await signed_in_by(api, "google", "mei")
    answer = await api.client.get(f"{BASE}/me/identities", headers=bearer(tokens))
    (identity,) = answer.json()["items"]
    assert identity.pop("linked_at")
    assert identity == {
        "provider": "google",
        "name": "林美玲",
        "email": "invented_mei@gmail.com",
        "email_trusted": True,
    }


async def test_providers_are_in_the_market_s_order_with_a_reason_for_what_is_not_to_be_had(
    api: Api,
) -> None:
    url = f"{BASE}/auth/providers"
    taiwan = (await api.client.get(f"{url}?market=TW")).json()
    assert [way["id"] for way in taiwan] == ["line", "facebook", "instagram", "google", "apple"]
    assert [way["id"] for way in taiwan if way["primary"]] == ["line"]
    assert {way["id"]: way.get("reason") for way in taiwan if not way["enabled"]} == {
        "instagram": "professional_accounts_only"
    }
    thailand = (await api.client.get(f"{url}?market=TH")).json()
    assert [way["id"] for way in thailand] == ["facebook", "line", "google", "apple", "kapook"]
    assert thailand[-1] == {
        "id": "kapook",
        "name": "Kapook",
        "primary": False,
        "enabled": False,
        "reason": "not_available",
    }


async def test_host_links_instagram_and_nobody_else_does(api: Api) -> None:
    host = await api.headers("Hosting Hana", "host")
    ways = (await api.client.get(f"{BASE}/auth/providers?market=TW", headers=host)).json()
    assert all(way["enabled"] for way in ways)
    async with Browser(api) as browser:
        assert "code" in await browser.through("instagram", "hana", host)
        refused = await browser.authorize("instagram")
    assert problem(refused)["code"] == "provider_not_available"


async def test_provider_that_offers_no_sign_in_is_refused(api: Api) -> None:
    async with Browser(api) as browser:
        refused = await browser.authorize("kapook", market="TH")
        assert (await browser.authorize("myspace")).status_code == 404
    assert (refused.status_code, problem(refused)["code"]) == (409, "provider_not_available")


async def test_guest_who_signs_in_keeps_the_account(api: Api) -> None:
    guest = await api.client.post(f"{BASE}/auth/guest", json={"market": "TW", "language": "zh-TW"})
    async with Browser(api) as browser:
        sent = await browser.through("line", "hana", bearer(guest.json()))
    tokens = (await exchange(api, sent["code"])).json()
    assert tokens["user"]["id"] == guest.json()["user"]["id"]
    assert tokens["user"]["kind"] == "registered"


async def test_second_way_in_leads_to_the_same_account_and_can_be_given_up(
    api: Api, simulators: Simulators
) -> None:
    tokens = await registered(api, simulators, "line", "riley")
    proof = await from_app(simulators, "apple", "riley")
    linked = await send_proof(api, "apple", proof, bearer(tokens))
    assert linked.json()["user"]["id"] == tokens["user"]["id"]
    assert (await signed_in_by(api, "apple", "riley"))["user"]["id"] == tokens["user"]["id"]
    url = f"{BASE}/me/identities"
    left = await api.client.delete(f"{url}/line", headers=bearer(tokens))
    assert left.json()["status"] == "unlinked"
    position = left.json()["position"]
    shown = await api.client.get(f"{url}?min_position={position}", headers=bearer(tokens))
    assert [each["provider"] for each in shown.json()["items"]] == ["apple"]
    last = await api.client.delete(f"{url}/apple", headers=bearer(tokens))
    assert (last.status_code, problem(last)["code"]) == (409, "last_identity")
    none = await api.client.delete(f"{url}/google", headers=bearer(tokens))
    assert problem(none)["code"] == "identity_not_found"


async def test_login_of_another_account_is_not_taken_from_it(
    api: Api, simulators: Simulators
) -> None:
    await registered(api, simulators, "google", "kenji")
    other = await registered(api, simulators, "line", "kenji")
    proof = await from_app(simulators, "google", "kenji", nonce="another")
    refused = await send_proof(api, "google", proof, bearer(other))
    assert problem(refused)["code"] == "identity_belongs_to_another_account"
    async with Browser(api) as browser:
        sent = await browser.through("google", "kenji", bearer(other))
    assert sent["error"] == "identity_belongs_to_another_account"


async def test_browser_that_navigates_is_sent_on_at_once(api: Api) -> None:
    page = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    async with Browser(api) as browser:
        started = await browser.authorize("line", page)
        assert started.status_code == 302
        callback = await sign_in_at(started.headers["location"], "anong")
        assert "code" in landed(await browser.come_back(callback))


async def through_app(api: Api) -> str:
    """The code an app with a scheme of its own is sent."""
    mine = {"redirect_uri": "shop-app://in", "platform": "ios", "code_challenge": CHALLENGE}
    async with Browser(api) as app, Browser(api) as browser:
        callback = await sign_in_at((await app.begin("line", **mine))["url"], "anong")
        return landed(await browser.come_back(callback), at="shop-app://in")["code"]


async def test_app_with_a_scheme_of_its_own_needs_no_cookie(api: Api) -> None:
    code = await through_app(api)
    tokens = (await exchange(api, code, code_verifier=VERIFIER)).json()
    devices = await api.client.get(f"{BASE}/me/sessions", headers=bearer(tokens))
    assert devices.json()["items"][0]["platform"] == "ios"


@pytest.mark.parametrize("proof", [{}, {"code_verifier": "a" * 43}])
async def test_code_another_app_was_handed_is_of_no_use_to_it(
    api: Api, proof: dict[str, str]
) -> None:
    code = await through_app(api)
    refused = await exchange(api, code, **proof)
    assert (refused.status_code, problem(refused)["code"]) == (401, "invalid_sign_in_code")
    assert (await exchange(api, code, code_verifier=VERIFIER)).status_code == 401


@pytest.mark.parametrize("challenge", [{}, {"code_challenge": "short"}])
async def test_app_with_a_scheme_of_its_own_must_be_able_to_prove_itself(
    api: Api, challenge: dict[str, str]
) -> None:
    async with Browser(api) as app:
        refused = await app.authorize("line", redirect_uri="shop-app://in", **challenge)
    assert problem(refused)["errors"][0]["field"] == "code_challenge"  # type: ignore[index]  # JSON


async def test_person_who_says_no_comes_back_without_being_signed_in(api: Api) -> None:
    async with Browser(api) as browser:
        for provider in WEB:
            sent = await browser.through(provider, None)
            assert sent.keys() == {"error", "state"}
            assert sent["error"] == "sign_in_cancelled"
