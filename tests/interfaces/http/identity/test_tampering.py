"""Everything about a sign-in that somebody may have tampered with is refused, over our HTTP."""

from urllib.parse import parse_qs, urlencode, urlsplit

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
from tests.support.simulated_identity import control, sign_in_at

pytestmark = pytest.mark.asyncio(loop_scope="module")

SIGNED = ["line", "google", "apple"]
NATIVE = [*SIGNED, "facebook"]


def spoilt(callback: httpx.Request, **fields: str | None) -> httpx.Request:
    """With these fields of the query or of the form replaced, or left out."""
    url = urlsplit(str(callback.url))
    sent = {name: values[0] for name, values in parse_qs(url.query).items()}
    sent |= {name: values[0] for name, values in parse_qs(callback.content.decode()).items()}
    kept = {name: value for name, value in (sent | fields).items() if value is not None}
    if callback.method == "POST":
        return httpx.Request("POST", url._replace(query="").geturl(), data=kept)
    return httpx.Request("GET", url._replace(query=urlencode(kept)).geturl())


def assert_expired(answer: httpx.Response) -> None:
    assert (answer.status_code, problem(answer)["code"]) == (400, "sign_in_expired")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("provider", ["line", "facebook", "google", "apple"])
@pytest.mark.parametrize("state", [None, "", "a" * 64, "\u0000"])
async def test_state_nobody_was_given_is_refused(
    api: Api, provider: str, state: str | None
) -> None:
    async with Browser(api) as browser:
        callback = await sign_in_at((await browser.begin(provider))["url"], "mei")
        assert_expired(await browser.come_back(spoilt(callback, state=state)))


@pytest.mark.parametrize("provider", ["line", "facebook", "google", "apple"])
async def test_state_counts_once(api: Api, provider: str) -> None:
    async with Browser(api) as browser:
        callback = await sign_in_at((await browser.begin(provider))["url"], "mei")
        assert "code" in landed(await browser.come_back(callback))
        assert_expired(await browser.come_back(callback))


async def test_person_at_a_dead_end_is_told_so_in_their_language(api: Api) -> None:
    shown = await api.client.get(
        f"{BASE}/auth/line/callback?code=a&state=b",
        headers={"Accept": "text/html,*/*", "Accept-Language": "th"},
    )
    assert (shown.status_code, shown.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert '<html lang="th">' in shown.text
    assert "การเข้าสู่ระบบครั้งนี้ใช้ไม่ได้แล้ว" in shown.text


@pytest.mark.parametrize("provider", ["line", "facebook", "google", "apple"])
async def test_another_browser_cannot_finish_what_one_has_started(api: Api, provider: str) -> None:
    """Login CSRF: the attacker's own callback, opened by the victim."""
    async with Browser(api) as attacker, Browser(api) as victim:
        await victim.begin(provider)
        callback = await sign_in_at((await attacker.begin(provider))["url"], "somchai")
        assert_expired(await victim.come_back(callback))
        assert_expired(await attacker.come_back(callback))


async def test_link_to_an_app_s_scheme_is_not_finished_by_another_browser(api: Api) -> None:
    """Else a victim who signs in at the provider's real page is linked to the attacker."""
    attacker_s = await api.headers("Attacker", "viewer")
    async with Browser(api) as attacker, Browser(api) as victim:
        own = {"redirect_uri": "shop-app://in", "code_challenge": "a" * 43}
        begun = await attacker.begin("line", attacker_s, **own)
        assert_expired(await victim.come_back(await sign_in_at(begun["url"], "hana")))


async def test_link_is_not_finished_once_the_session_it_began_in_has_ended(api: Api) -> None:
    """Else a thief who was thrown out would come back by a login of their own."""
    tokens = await signed_in_by(api, "line", "mei")
    async with Browser(api) as thief:
        begun = await thief.begin("facebook", bearer(tokens))
        token = {"refresh_token": tokens["refresh_token"]}
        assert (await api.client.post(f"{BASE}/auth/logout", json=token)).status_code == 204
        sent = landed(await thief.come_back(await sign_in_at(begun["url"], "somchai")))
    assert sent["error"] == "sign_in_refused"


@pytest.mark.parametrize("provider", ["line", "facebook", "google", "apple"])
async def test_code_of_another_sign_in_is_refused(api: Api, provider: str) -> None:
    """Code injection: PKCE, the nonce or the provider itself tells."""
    async with Browser(api) as browser:
        used = await sign_in_at((await browser.begin(provider))["url"], "somchai")
        code = landed(await browser.come_back(used)) and spoilt_code(used)
        callback = await sign_in_at((await browser.begin(provider))["url"], "mei")
        sent = landed(await browser.come_back(spoilt(callback, code=code)))
    assert sent["error"] == "sign_in_refused"
    assert "code" not in sent


def spoilt_code(callback: httpx.Request) -> str:
    text = callback.content.decode() or urlsplit(str(callback.url)).query
    return parse_qs(text)["code"][0]


async def test_callback_at_another_provider_s_address_is_refused(api: Api) -> None:
    async with Browser(api) as browser:
        callback = await sign_in_at((await browser.begin("line"))["url"], "mei")
        moved = httpx.Request("GET", str(callback.url).replace("/line/", "/google/"))
        assert_expired(await browser.come_back(moved))


async def test_parameter_sent_twice_is_refused(api: Api) -> None:
    async with Browser(api) as browser:
        begun = await browser.begin("line")
        callback = await sign_in_at(begun["url"], "mei")
        twice = httpx.Request("GET", f"{callback.url}&state={begun['state']}")
        assert_expired(await browser.come_back(twice))


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "https://evil.example/",
        "http://localhost.evil.example:3000/",
        "http://localhost:3000@evil.example/",
        "https://127.0.0.1/",
        "//evil.example",
        "javascript:alert(1)",
        "shop-app://out",
        "",
    ],
)
async def test_foreign_address_to_return_to_is_refused(api: Api, redirect_uri: str) -> None:
    async with Browser(api) as browser:
        refused = await browser.authorize("line", redirect_uri=redirect_uri)
    assert (refused.status_code, problem(refused)["code"]) == (422, "redirect_not_allowed")
    assert "set-cookie" not in refused.headers


async def test_our_code_counts_once(api: Api) -> None:
    async with Browser(api) as browser:
        sent = await browser.through("line", "mei")
    assert (await exchange(api, sent["code"])).status_code == 200
    for code in (sent["code"], "a" * 64, sent["state"]):
        refused = await exchange(api, code)
        assert (refused.status_code, problem(refused)["code"]) == (401, "invalid_sign_in_code")


@pytest.mark.parametrize("provider", NATIVE)
async def test_proof_from_an_app_counts_once(
    api: Api, simulators: Simulators, provider: str
) -> None:
    order = {"limited": True} if provider == "facebook" else {}
    proof = await from_app(simulators, provider, "mei", **order)
    assert (await send_proof(api, provider, proof)).status_code == 200
    refused = await send_proof(api, provider, proof)
    assert (refused.status_code, problem(refused)["code"]) == (401, "sign_in_refused")


@pytest.mark.parametrize("provider", NATIVE)
@pytest.mark.parametrize("nonce", [None, "somebody-else-s"])
async def test_proof_with_another_nonce_is_refused(
    api: Api, simulators: Simulators, provider: str, nonce: str | None
) -> None:
    order = {"limited": True} if provider == "facebook" else {}
    proof = await from_app(simulators, provider, "mei", **order)
    refused = await send_proof(api, provider, {**proof, "nonce": nonce})
    assert problem(refused)["code"] == "sign_in_refused"


@pytest.mark.parametrize("provider", SIGNED)
@pytest.mark.parametrize(
    "defect",
    ["alg_none", "alg_hs256", "audience", "expired", "issuer", "nonce", "signature", "unknown_kid"],
)
async def test_word_of_a_provider_that_was_tampered_with_is_refused(
    api: Api, simulators: Simulators, provider: str, defect: str
) -> None:
    await control(simulators.url, "POST", f"/{provider}/defects", {"defect": defect})
    refused = await send_proof(api, provider, await from_app(simulators, provider, "mei"))
    assert (refused.status_code, problem(refused)["code"]) == (401, "sign_in_refused")


async def test_proof_for_another_provider_is_refused(api: Api, simulators: Simulators) -> None:
    of_google = await from_app(simulators, "google", "mei")
    proof = {**of_google, "access_token": "none", "code": "none"}
    for provider in ("line", "apple", "facebook"):
        refused = await send_proof(api, provider, proof)
        assert problem(refused)["code"] == "sign_in_refused"


async def test_provider_that_is_down_is_told_without_detail(
    api: Api, simulators: Simulators
) -> None:
    fault = {"effect": "status", "path": "/line/oauth2/v2.1/token", "status": 503, "times": 20}
    await control(simulators.url, "POST", "/faults", fault)
    async with Browser(api) as browser:
        sent = await browser.through("line", "mei")
    await control(simulators.url, "DELETE", "/faults")
    assert sent.keys() == {"error", "state"}
    assert sent["error"] == "provider_unavailable"


async def test_replayed_refresh_token_ends_the_session_and_no_other(api: Api) -> None:
    kept = await signed_in_by(api, "line", "mei")
    stolen = await signed_in_by(api, "line", "mei")

    async def refresh(token: str) -> httpx.Response:
        return await api.client.post(f"{BASE}/auth/refresh", json={"refresh_token": token})

    renewed = (await refresh(stolen["refresh_token"])).json()
    assert problem(await refresh(stolen["refresh_token"]))["code"] == "invalid_refresh_token"
    assert problem(await refresh(renewed["refresh_token"]))["code"] == "invalid_refresh_token"
    assert (await refresh(kept["refresh_token"])).status_code == 200


async def test_whoever_signed_out_is_not_refreshed(api: Api) -> None:
    tokens = await signed_in_by(api, "google", "mei")
    token = {"refresh_token": tokens["refresh_token"]}
    assert (await api.client.post(f"{BASE}/auth/logout", json=token)).status_code == 204
    refused = await api.client.post(f"{BASE}/auth/refresh", json=token)
    assert (refused.status_code, problem(refused)["code"]) == (401, "invalid_refresh_token")
    assert (await api.client.post(f"{BASE}/auth/logout", json=token)).status_code == 204
    shown = await api.client.get(f"{BASE}/me/sessions", headers=bearer(tokens))
    assert (shown.status_code, problem(shown)["code"]) == (401, "invalid_token")
