"""Sign in with Apple: its secret, its one-time name, its two kinds of client."""

import hashlib
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from application.identity.ports import (
    AuthorizationCode,
    AuthorizationRequest,
    NativeProof,
    SignInRefused,
)
from application.ports import ProviderRefused
from infrastructure.identity_providers.apple import AppleProvider
from infrastructure.identity_providers.apple_keys import AppleSigner
from tests.infrastructure.identity_providers.issuer import (
    Issuer,
    answer,
    claims,
    form,
    issuing,
    jwk,
    private_key,
    public_pem,
    signed,
)

APPLE = "https://appleid.apple.com"
TOKEN, KEYS, REVOKE = "/auth/token", "/auth/keys", "/auth/revoke"
NONCE = "raw-nonce"
HASHED = hashlib.sha256(NONCE.encode()).hexdigest()


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with issuing("apple") as issuer:
        issuer.routes[KEYS] = answer({"keys": [jwk("RS256", "k1")]})
        yield issuer


@pytest.fixture
def apple(issuer: Issuer) -> AppleProvider:
    key = private_key("ES256")
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signer = AppleSigner(key, team_id="TEAM", key_id="KEY")
    return AppleProvider(issuer.calls, services_id="web", bundle_ids=["app"], signer=signer)


def issues(issuer: Issuer, audience: str, **said: Any) -> None:
    tokens = {"access_token": "a", "refresh_token": "kept", "id_token": token(audience, **said)}
    issuer.routes[TOKEN] = answer(tokens)


def token(audience: str, **said: Any) -> str:
    return signed("RS256", claims(APPLE, audience, **said))


def code(person: str | None = None) -> AuthorizationCode:
    return AuthorizationCode(
        code="planted",
        code_verifier="v" * 43,
        nonce=NONCE,
        redirect_uri="https://shop.example/in",
        person=person,
    )


def test_form_post_is_asked_for_with_the_name(apple: AppleProvider) -> None:
    request = AuthorizationRequest(
        state="s", nonce="n", code_challenge="c", redirect_uri="https://x.example", language="th"
    )
    query = parse_qs(urlsplit(apple.authorization_url(request)).query)
    assert query["response_mode"] == ["form_post"]
    assert query["scope"] == ["name email"]
    assert query["code_challenge_method"] == ["S256"]


async def test_client_secret_is_a_short_lived_jwt(issuer: Issuer, apple: AppleProvider) -> None:
    issues(issuer, "web")
    await apple.redeem(code())
    sent = form(issuer.seen(TOKEN)[0])
    secret = sent["client_secret"]
    said = jwt.decode(secret, public_pem("ES256"), algorithms=["ES256"], audience=APPLE)
    assert jwt.get_unverified_header(secret)["kid"] == "KEY"
    assert (said["iss"], said["sub"], sent["client_id"]) == ("TEAM", "web", "web")
    assert said["exp"] - time.time() <= 300


@pytest.mark.parametrize(
    ("posted", "name"),
    [
        ({"name": {"firstName": "Hana", "lastName": "Sato"}}, "Hana Sato"),
        ({"name": {"firstName": "美玲", "lastName": "林"}}, "林美玲"),
        ({"name": {"firstName": "สมชาย"}, "email": "x"}, "สมชาย"),
        ({"name": {"firstName": "x" * 500}}, "x" * 100),
        ({"name": {"firstName": "\u0000\n"}}, None),
        ({"name": {"firstName": 7}}, None),
        ({}, None),
        ([], None),
    ],
)
async def test_name_is_what_the_browser_posts_the_first_time(
    issuer: Issuer, apple: AppleProvider, posted: Any, name: str | None
) -> None:
    issues(issuer, "web")
    assert (await apple.redeem(code(json.dumps(posted)))).name == name


@pytest.mark.parametrize("posted", [None, "", "not json", "\ud800"])
async def test_name_that_cannot_be_read_is_none(
    issuer: Issuer, apple: AppleProvider, posted: str | None
) -> None:
    issues(issuer, "web")
    assert (await apple.redeem(code(posted))).name is None


@pytest.mark.parametrize(
    ("said", "trusted"),
    [
        ({"email": "x1@privaterelay.appleid.com", "is_private_email": "true"}, True),
        ({"email": "x1@privaterelay.appleid.com", "is_private_email": True}, True),
        ({"email": "mei@icloud.com"}, True),
        ({"email": "mei@icloud.com", "email_verified": "false"}, False),
        ({"email": "mei@mail.example"}, False),
        ({"email": "mei@icloud.com.mail.example"}, False),
    ],
)
async def test_apple_is_the_authority_on_its_own_addresses(
    issuer: Issuer, apple: AppleProvider, said: dict[str, Any], *, trusted: bool
) -> None:
    issues(issuer, "web", **{"email_verified": "true", **said})
    assert (await apple.redeem(code())).email_trusted is trusted


async def test_apps_code_brings_what_can_be_revoked(issuer: Issuer, apple: AppleProvider) -> None:
    issues(issuer, "app")
    issuer.routes[REVOKE] = answer({})
    person = await apple.verify(native(code="planted", name="Hana"))
    assert person.name == "Hana"
    assert person.revocation is not None
    sent = form(issuer.seen(TOKEN)[0])
    assert (sent["client_id"], sent["code"]) == ("app", "planted")
    assert not {"redirect_uri", "code_verifier"} & set(sent)
    await apple.revoke(person.revocation)
    order = form(issuer.seen(REVOKE)[0])
    assert (order["client_id"], order["token"]) == ("app", "kept")
    assert order["token_type_hint"] == "refresh_token"


async def test_app_without_a_code_leaves_nothing_to_revoke(apple: AppleProvider) -> None:
    assert (await apple.verify(native())).revocation is None


async def test_code_of_another_person_is_refused(issuer: Issuer, apple: AppleProvider) -> None:
    issues(issuer, "app", sub="another")
    with pytest.raises(SignInRefused, match="code_of_another_person"):
        await apple.verify(native(code="planted"))


@pytest.mark.parametrize(("platform", "audience"), [("ios", "web"), ("android", "app")])
async def test_token_for_our_other_client_is_refused(
    apple: AppleProvider, platform: Any, audience: str
) -> None:
    proof = NativeProof(platform=platform, id_token=token(audience, nonce=HASHED), nonce=NONCE)
    with pytest.raises(SignInRefused, match="wrong_audience"):
        await apple.verify(proof)


async def test_nonce_that_was_not_hashed_is_refused(apple: AppleProvider) -> None:
    proof = NativeProof(platform="ios", id_token=token("app", nonce=NONCE), nonce=NONCE)
    with pytest.raises(SignInRefused, match="wrong_nonce"):
        await apple.verify(proof)


async def test_refused_revocation_is_told(issuer: Issuer, apple: AppleProvider) -> None:
    kept = b'{"client_id":"app","refresh_token":"planted"}'
    issuer.routes[REVOKE] = answer({"error": "invalid_grant"}, status=400)
    await apple.revoke(kept)
    issuer.routes[REVOKE] = answer({"error": "invalid_client"}, status=400)
    with pytest.raises(ProviderRefused) as refusal:
        await apple.revoke(kept)
    assert "planted" not in repr(refusal.value)


def native(**others: Any) -> NativeProof:
    said = {"platform": "ios", "id_token": token("app", nonce=HASHED), "nonce": NONCE}
    return NativeProof(**{**said, **others})
