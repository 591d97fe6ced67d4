"""Classic Facebook Login: whose token it is, and whether it was made for us, is asked of Graph."""

import hashlib
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from application.identity.ports import AuthorizationCode, NativeProof, SignInRefused
from application.ports import ProviderRefused
from infrastructure.identity_providers.facebook import FacebookProvider, appsecret_proof
from infrastructure.settings import Secret
from tests.infrastructure.identity_providers.issuer import Issuer, answer, issuing

SECRET = Secret("app_secret")
PROOF = "d52ddf968d622d8af8677906b7fbae09ac1f89f7cd5c1584b27544624cc23e5a"
TOKEN, DEBUG, ME = "/v25.0/oauth/access_token", "/v25.0/debug_token", "/v25.0/me"
PERMISSIONS = "/v25.0/10001/permissions"
CODE = AuthorizationCode(
    code="planted", code_verifier="v" * 43, nonce="n", redirect_uri="https://shop.example/in"
)
CLASSIC = NativeProof(platform="android", access_token="access_token")


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with issuing("facebook") as issuer:
        issuer.routes[TOKEN] = answer({"access_token": "access_token", "token_type": "bearer"})
        issuer.routes[DEBUG] = inspected()
        issuer.routes[ME] = answer({"id": "10001", "name": "林美玲", "email": "mei@mail.example"})
        yield issuer


@pytest.fixture
def facebook(issuer: Issuer) -> FacebookProvider:
    return FacebookProvider(issuer.calls, app_id="app", secret=SECRET, version="v25.0")


def inspected(**said: Any) -> Any:
    token = {"app_id": "app", "type": "USER", "is_valid": True, "user_id": "10001"}
    return answer({"data": {**token, "expires_at": int(time.time()) + 5000, **said}})


def test_appsecret_proof_is_the_published_one() -> None:
    assert appsecret_proof(SECRET, "access_token") == PROOF


async def test_web_flow_asks_graph_whose_token_it_is(
    issuer: Issuer, facebook: FacebookProvider
) -> None:
    person = await facebook.redeem(CODE)
    assert (person.subject, person.name, person.email) == ("10001", "林美玲", "mei@mail.example")
    assert not person.email_trusted
    assert person.token_id is None
    [exchange] = issuer.seen(TOKEN)
    assert exchange.method == "GET"
    assert exchange.query == {
        "grant_type": "authorization_code",
        "client_id": "app",
        "client_secret": "app_secret",
        "code": "planted",
        "code_verifier": "v" * 43,
        "redirect_uri": "https://shop.example/in",
    }
    assert issuer.seen(DEBUG)[0].query["access_token"] == "app|app_secret"
    assert issuer.seen(ME)[0].query["appsecret_proof"] == PROOF


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"app_id": "another"}, "of_another_app"),
        ({"is_valid": False}, "not_valid"),
        ({"type": "PAGE"}, "of_no_person"),
        ({"user_id": None}, "of_no_person"),
        ({"user_id": "10002"}, "of_another_person"),
    ],
)
async def test_token_that_was_not_made_for_us_is_refused(
    issuer: Issuer, facebook: FacebookProvider, said: dict[str, Any], reason: str
) -> None:
    issuer.routes[DEBUG] = inspected(**said)
    with pytest.raises(SignInRefused, match=reason):
        await facebook.verify(CLASSIC)


@pytest.mark.parametrize("path", [DEBUG, ME])
async def test_token_graph_refuses_is_refused(
    issuer: Issuer, facebook: FacebookProvider, path: str
) -> None:
    issuer.routes[path] = answer({"error": {"code": 190, "message": "planted"}}, status=400)
    with pytest.raises(SignInRefused) as refusal:
        await facebook.verify(CLASSIC)
    assert "planted" not in repr(refusal.value)


async def test_access_token_is_known_again(facebook: FacebookProvider) -> None:
    person = await facebook.verify(CLASSIC)
    assert person.token_id == hashlib.sha256(b"access_token").hexdigest()
    assert person.token_expires_at is not None
    assert 0 < person.token_expires_at.timestamp() - time.time() <= 5000


async def test_access_token_without_an_end_is_remembered_as_long_as_any(
    issuer: Issuer, facebook: FacebookProvider
) -> None:
    issuer.routes[DEBUG] = inspected(expires_at=0)
    person = await facebook.verify(CLASSIC)
    assert person.token_expires_at is not None
    assert person.token_expires_at.timestamp() - time.time() > 59 * 86400


async def test_nothing_to_verify_is_refused(facebook: FacebookProvider) -> None:
    with pytest.raises(SignInRefused, match="access_token_missing"):
        await facebook.verify(NativeProof(platform="ios"))


async def test_revoke_takes_the_permissions_back_with_the_apps_own_token(
    issuer: Issuer, facebook: FacebookProvider
) -> None:
    issuer.routes[PERMISSIONS] = answer({"success": True})
    person = await facebook.verify(CLASSIC)
    assert person.revocation is not None
    await facebook.revoke(person.revocation)
    [order] = issuer.seen(PERMISSIONS)
    assert order.method == "DELETE"
    assert order.query["access_token"] == "app|app_secret"
    assert order.query["appsecret_proof"] == appsecret_proof(SECRET, "app|app_secret")


@pytest.mark.parametrize("error", [{"code": 100}, {"code": 190, "error_subcode": 458}])
async def test_person_who_has_gone_already_is_done(
    issuer: Issuer, facebook: FacebookProvider, error: dict[str, int]
) -> None:
    issuer.routes[PERMISSIONS] = answer({"error": error}, status=400)
    await facebook.revoke(b"10001")


@pytest.mark.parametrize("body", [{"error": {"code": 190}}, {"error": "planted"}, {}])
async def test_refused_revocation_is_told(
    issuer: Issuer, facebook: FacebookProvider, body: Any
) -> None:
    issuer.routes[PERMISSIONS] = answer(body, status=400)
    with pytest.raises(ProviderRefused) as refusal:
        await facebook.revoke(b"10001")
    assert "planted" not in repr(refusal.value)
