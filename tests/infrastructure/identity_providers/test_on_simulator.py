"""Every provider's flows, whole, against its simulator: the sign-in page, the SDK, the leaving."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from application.identity.ports import (
    AuthorizationCode,
    AuthorizationRequest,
    ExternalPerson,
    IdentityProvider,
    NativeProof,
    SignInRefused,
)
from application.ports import ProviderUnavailable
from domain.identity.values import Provider
from infrastructure.identity_providers.facebook import appsecret_proof
from infrastructure.identity_providers.opening import open_http, open_identity_providers
from infrastructure.settings import Secret, Settings, load_settings
from infrastructure.simulators.cloudflare.courier import tls
from infrastructure.simulators.serving import Simulators
from tests.support.simulated_identity import (
    CALLBACKS,
    control,
    identity_environ,
    native_token,
    returned,
    sign_in_at,
    simulated_providers,
)

# RFC 7636, Appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
WEB: list[Provider] = ["line", "facebook", "instagram", "google", "apple"]
NATIVE: list[Provider] = ["line", "facebook", "google", "apple"]
SIGNED_WEB: list[Provider] = ["line", "google", "apple"]
DEFECTS = {
    "signature": "wrong_signature",
    "expired": "expired",
    "issuer": "wrong_issuer",
    "audience": "wrong_audience",
    "nonce": "wrong_nonce",
    "alg_none": "wrong_algorithm",
    "other_flow": "wrong_algorithm",
}
DEFECTS_OF_KEYS = {"alg_hs256": "wrong_algorithm", "unknown_kid": "unknown_key"}
Providers = Mapping[Provider, IdentityProvider]


@pytest.fixture
async def simulators(tmp_path: Path) -> AsyncIterator[Simulators]:
    async with simulated_providers(tmp_path) as simulators:
        yield simulators


@pytest.fixture
def settings(simulators: Simulators) -> Settings:
    return load_settings({**identity_environ(simulators), "LIVE_LINE_EMAIL": "on"})


@pytest.fixture
async def providers(settings: Settings) -> AsyncIterator[Providers]:
    async with open_http(settings) as http:
        yield open_identity_providers(settings, http)


async def came_back(provider: IdentityProvider, person: str = "hana") -> AuthorizationCode:
    """What a person who signed in at the provider's page comes back with."""
    redirect_uri = f"{CALLBACKS}/{provider.provider}/callback"
    request = AuthorizationRequest(
        state="state1",
        nonce="nonce1",
        code_challenge=CHALLENGE,
        redirect_uri=redirect_uri,
        language="zh-TW",
    )
    fields = returned(await sign_in_at(provider.authorization_url(request), person))
    assert fields["state"] == "state1"
    return AuthorizationCode(
        code=fields["code"],
        code_verifier=VERIFIER,
        nonce="nonce1",
        redirect_uri=redirect_uri,
        person=fields.get("user"),
    )


async def from_sdk(simulators: Simulators, provider: Provider, **order: Any) -> NativeProof:
    """What the provider's SDK hands to an app."""
    given = await native_token(
        simulators.url, provider, "hana", **{"nonce": "raw", "platform": "ios", **order}
    )
    known = {name: given.get(name) for name in ("id_token", "access_token", "code", "name")}
    return NativeProof(platform=order.get("platform", "ios"), nonce="raw", **known)


@pytest.mark.parametrize("name", WEB)
async def test_person_signs_in_on_the_web(providers: Providers, name: Provider) -> None:
    provider = providers[name]
    first = await provider.redeem(await came_back(provider))
    again = await provider.redeem(await came_back(provider))
    assert (first.provider, first.subject) == (name, again.subject)
    assert first.name
    other = await provider.redeem(await came_back(provider, "somchai"))
    assert other.subject != first.subject


@pytest.mark.parametrize("name", WEB)
async def test_code_counts_once(providers: Providers, name: Provider) -> None:
    provider = providers[name]
    code = await came_back(provider)
    await provider.redeem(code)
    with pytest.raises(SignInRefused, match="token_"):
        await provider.redeem(code)


@pytest.mark.parametrize("name", ["line", "facebook", "google"])
async def test_code_without_its_verifier_is_worth_nothing(
    providers: Providers, name: Provider
) -> None:
    provider = providers[name]
    stolen = msgspec.structs.replace(await came_back(provider), code_verifier="x" * 43)
    with pytest.raises(SignInRefused, match="token_"):
        await provider.redeem(stolen)


@pytest.mark.parametrize("name", WEB)
async def test_code_goes_back_to_one_address(providers: Providers, name: Provider) -> None:
    provider = providers[name]
    elsewhere = msgspec.structs.replace(
        await came_back(provider), redirect_uri="https://elsewhere.example/callback"
    )
    with pytest.raises(SignInRefused, match="token_"):
        await provider.redeem(elsewhere)


@pytest.mark.parametrize("name", SIGNED_WEB)
async def test_defective_token_of_the_web_is_refused(
    simulators: Simulators, providers: Providers, name: Provider
) -> None:
    for defect, reason in DEFECTS.items():
        code = await came_back(providers[name])
        await control(simulators.url, "POST", f"/{name}/defects", {"defect": defect})
        with pytest.raises(SignInRefused, match=reason):
            await providers[name].redeem(code)


@pytest.mark.parametrize("name", NATIVE)
async def test_person_signs_in_in_an_app(
    simulators: Simulators, providers: Providers, name: Provider
) -> None:
    provider = providers[name]
    native = await provider.verify(await from_sdk(simulators, name))
    web = await provider.redeem(await came_back(provider))
    assert native.subject == web.subject
    assert native.token_id
    assert native.token_expires_at


@pytest.mark.parametrize("platform", ["ios", "android"])
async def test_google_signs_in_on_either_telephone(
    simulators: Simulators, providers: Providers, platform: str
) -> None:
    proof = await from_sdk(simulators, "google", platform=platform)
    assert (await providers["google"].verify(proof)).subject


async def test_limited_login_vouches_for_the_same_person(
    simulators: Simulators, providers: Providers
) -> None:
    limited = await from_sdk(simulators, "facebook", limited=True)
    assert limited.id_token is not None
    person = await providers["facebook"].verify(limited)
    classic = await providers["facebook"].verify(await from_sdk(simulators, "facebook"))
    assert person.subject == classic.subject


@pytest.mark.parametrize("name", NATIVE)
async def test_defective_token_of_an_app_is_refused(
    simulators: Simulators, providers: Providers, name: Provider
) -> None:
    for defect, reason in {**DEFECTS, **DEFECTS_OF_KEYS}.items():
        await control(simulators.url, "POST", f"/{name}/defects", {"defect": defect})
        proof = await from_sdk(simulators, name, limited=name == "facebook")
        with pytest.raises(SignInRefused, match=reason):
            await providers[name].verify(proof)


@pytest.mark.parametrize("name", NATIVE)
async def test_rotated_key_is_taken(
    simulators: Simulators, providers: Providers, name: Provider
) -> None:
    limited = name == "facebook"
    await providers[name].verify(await from_sdk(simulators, name, limited=limited))
    former = await from_sdk(simulators, name, limited=limited)
    await control(simulators.url, "POST", f"/{name}/keys/rotate", {"drop": True})
    proof = await from_sdk(simulators, name, limited=limited)
    assert (await providers[name].verify(proof)).subject
    with pytest.raises(SignInRefused, match="unknown_key"):
        await providers[name].verify(former)


@pytest.mark.parametrize("name", ["line", "facebook", "google", "apple"])
async def test_provider_is_told_of_who_leaves(
    simulators: Simulators, providers: Providers, name: Provider
) -> None:
    person = await providers[name].redeem(await came_back(providers[name]))
    await _leave(providers[name], person)
    gone = await control(simulators.url, "GET", "/revocations")
    assert [(each["provider"], each["by"]) for each in gone] == [(name, "app")]
    await _leave(providers[name], person)


async def test_line_is_told_with_a_renewed_token(
    simulators: Simulators, providers: Providers
) -> None:
    person = await providers["line"].redeem(await came_back(providers["line"]))
    kept = msgspec.json.decode(person.revocation or b"")
    lapsed = msgspec.json.encode({**kept, "access_token": "lapsed"})
    await providers["line"].revoke(lapsed)
    assert len(await control(simulators.url, "GET", "/revocations")) == 1


async def test_line_cannot_be_told_once_all_tokens_have_lapsed(
    simulators: Simulators, providers: Providers
) -> None:
    person = await providers["line"].redeem(await came_back(providers["line"]))
    await control(simulators.url, "POST", "/line/expire", {"what": "tokens"})
    await _leave(providers["line"], person)
    assert await control(simulators.url, "GET", "/revocations") == []


@pytest.mark.parametrize("name", ["line", "facebook"])
async def test_token_the_person_took_back_is_refused(
    simulators: Simulators, providers: Providers, name: Provider
) -> None:
    proof = await from_sdk(simulators, name)
    await control(simulators.url, "POST", f"/{name}/people/hana/revoke")
    with pytest.raises(SignInRefused, match="access_token_"):
        await providers[name].verify(proof)


async def test_lines_access_token_of_another_person_is_refused(
    simulators: Simulators, providers: Providers
) -> None:
    """Kept, it would take back the permission of somebody who never left."""
    others = await native_token(simulators.url, "line", "mei", nonce="raw")
    proof = await from_sdk(simulators, "line")
    mixed = msgspec.structs.replace(proof, access_token=others["access_token"])
    with pytest.raises(SignInRefused, match="access_token_of_another_person"):
        await providers["line"].verify(mixed)


async def test_facebook_takes_our_proof_and_no_other(simulators: Simulators) -> None:
    token = (await from_sdk(simulators, "facebook")).access_token or ""
    ours = Secret(simulators.config.identity.facebook.secret)
    statuses = [
        await _opened(simulators, token, appsecret_proof(secret, token))
        for secret in (ours, Secret("another"))
    ]
    assert statuses == [200, 400]


async def test_wrong_app_secret_opens_nothing(settings: Settings, simulators: Simulators) -> None:
    wrong = msgspec.structs.replace(settings, facebook_app_secret=Secret("another"))
    async with open_http(wrong) as http:
        facebook = open_identity_providers(wrong, http)["facebook"]
        with pytest.raises(SignInRefused, match="access_token_not_valid"):
            await facebook.verify(await from_sdk(simulators, "facebook"))


async def test_apple_tells_the_name_the_first_time_only(providers: Providers) -> None:
    apple = providers["apple"]
    assert (await apple.redeem(await came_back(apple))).name
    assert (await apple.redeem(await came_back(apple))).name is None


@pytest.mark.parametrize(
    ("person", "trusted"), [("mei", True), ("somchai", True), ("hana", False), ("kenji", False)]
)
async def test_google_is_the_authority_on_some_addresses(
    providers: Providers, person: str, *, trusted: bool
) -> None:
    found = await providers["google"].redeem(await came_back(providers["google"], person))
    assert found.email_trusted is trusted


@pytest.mark.parametrize("name", WEB)
async def test_provider_that_fails_is_not_a_refusal(
    simulators: Simulators, providers: Providers, name: Provider
) -> None:
    for fault in ({"effect": "status", "status": 503}, {"effect": "cut"}):
        code = await came_back(providers[name])
        await control(simulators.url, "POST", "/faults", {**fault, "provider": name})
        with pytest.raises(ProviderUnavailable) as problem:
            await providers[name].redeem(code)
        assert code.code not in str(problem.value)


async def _leave(provider: IdentityProvider, person: ExternalPerson) -> None:
    assert person.revocation is not None
    await provider.revoke(person.revocation)


async def _opened(simulators: Simulators, token: str, proof: str) -> int:
    query = {"access_token": token, "appsecret_proof": proof}
    async with httpx.AsyncClient(trust_env=False, verify=tls()) as http:
        answer = await http.get(f"{simulators.url}/facebook/v25.0/me", params=query)
    return answer.status_code
