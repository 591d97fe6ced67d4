"""The native flow takes what the provider signed, for us, with the nonce of this app: no other."""

import base64
import hashlib
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from application.identity.ports import IdentityProvider, NativeProof, SignInRefused
from application.ports import ProviderUnavailable
from domain.identity.values import Provider
from infrastructure.identity_providers.apple import AppleProvider
from infrastructure.identity_providers.apple_keys import AppleSigner
from infrastructure.identity_providers.calls import ProviderCalls
from infrastructure.identity_providers.facebook import FacebookProvider
from infrastructure.identity_providers.google import GoogleProvider
from infrastructure.identity_providers.line import LineProvider
from infrastructure.settings import Secret
from tests.infrastructure.identity_providers.issuer import (
    Issuer,
    answer,
    base64url,
    claims,
    issuing,
    jwk,
    macced,
    private_key,
    public_pem,
    signed,
    unsigned,
)
from tests.support.scripted_http import Reply

SECRET = Secret("invented-channel-secret-of-32-by")
NONCE = "raw-nonce"
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True)
class Native:
    """A provider whose apps get ID tokens."""

    provider: Provider
    algorithm: str
    issuer: str
    keys_path: str
    open: Callable[[ProviderCalls], IdentityProvider]
    nonce: str = NONCE
    audience: str = "our-app"

    def claims(self, **others: Any) -> dict[str, Any]:
        return claims(self.issuer, self.audience, **{"nonce": self.nonce, **others})

    def signed(self, **others: Any) -> str:
        return signed(self.algorithm, self.claims(**others))


def _apple(calls: ProviderCalls) -> IdentityProvider:
    key = private_key("ES256")
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signer = AppleSigner(key, team_id="TEAM", key_id="KEY")
    return AppleProvider(calls, services_id="our-web", bundle_ids=["our-app"], signer=signer)


NATIVES = [
    Native(
        "line",
        "ES256",
        "https://access.line.me",
        "/oauth2/v2.1/certs",
        lambda calls: LineProvider(calls, channel_id="our-app", secret=SECRET, ask_email=True),
    ),
    Native(
        "google",
        "RS256",
        "https://accounts.google.com",
        "/oauth2/v3/certs",
        lambda calls: GoogleProvider(calls, client_ids=["our-web", "our-app"], secret=SECRET),
    ),
    Native(
        "facebook",
        "RS256",
        "https://www.facebook.com",
        "/.well-known/oauth/openid/jwks/",
        lambda calls: FacebookProvider(calls, app_id="our-app", secret=SECRET, version="v25.0"),
    ),
    Native(
        "apple",
        "RS256",
        "https://appleid.apple.com",
        "/auth/keys",
        _apple,
        nonce=hashlib.sha256(NONCE.encode()).hexdigest(),
    ),
]


@pytest.fixture(params=NATIVES, ids=lambda native: native.provider)
def native(request: pytest.FixtureRequest) -> Native:
    found: Native = request.param
    return found


@pytest.fixture
async def issuer(native: Native) -> AsyncIterator[Issuer]:
    async with _at(native) as issuer:
        yield issuer


@asynccontextmanager
async def _at(native: Native) -> AsyncIterator[Issuer]:
    async with issuing(native.provider) as issuer:
        issuer.routes[native.keys_path] = answer({"keys": [jwk(native.algorithm, "k1")]})
        yield issuer


def proof(token: str | None, **others: Any) -> NativeProof:
    return NativeProof(**{"platform": "ios", "id_token": token, "nonce": NONCE, **others})


async def test_whole_token_is_taken_and_told_apart(native: Native, issuer: Issuer) -> None:
    token = native.signed()
    person = await native.open(issuer.calls).verify(proof(token))
    assert (person.provider, person.subject) == (native.provider, "10001")
    text = token.rpartition(".")[0]
    assert person.token_id == hashlib.sha256(text.encode()).hexdigest()
    assert person.token_expires_at is not None
    assert 0 < person.token_expires_at.timestamp() - time.time() <= 700


def other_key(native: Native) -> str:
    return signed(native.algorithm, native.claims(), which=1)


def other_algorithm(native: Native) -> str:
    other = "RS256" if native.algorithm == "ES256" else "ES256"
    return signed(other, native.claims())


def later(native: Native) -> str:
    now = int(time.time())
    return native.signed(iat=now + 600, exp=now + 1200)


def earlier(native: Native) -> str:
    now = int(time.time())
    return native.signed(iat=now - 1200, exp=now - 120)


def altered(native: Native) -> str:
    head, _, mac = native.signed().split(".")
    forged = json.dumps(native.claims(sub="someone-else")).encode()
    return f"{head}.{base64url(forged)}.{mac}"


@pytest.mark.parametrize(
    ("forge", "reason"),
    [
        (lambda it: it.signed(nonce="another"), "wrong_nonce"),
        (lambda it: it.signed(nonce=None), "wrong_nonce"),
        (lambda it: it.signed(aud="another-app"), "wrong_audience"),
        (lambda it: it.signed(aud=["our-app", "another-app"]), "wrong_audience"),
        (lambda it: it.signed(iss="https://issuer.example"), "wrong_issuer"),
        (lambda it: it.signed(sub=""), "malformed"),
        (lambda it: it.signed(email=["a@mail.example"]), "malformed"),
        (lambda it: unsigned(it.claims()), "wrong_algorithm"),
        (lambda it: macced(it.claims(), public_pem(it.algorithm), kid="k1"), "wrong_algorithm"),
        (lambda it: macced(it.claims(), SECRET.text.encode(), kid="k1"), "wrong_algorithm"),
        (other_algorithm, "wrong_algorithm"),
        (other_key, "wrong_signature"),
        (altered, "wrong_signature"),
        (earlier, "expired"),
        (later, "from_the_future"),
        (lambda it: signed(it.algorithm, it.claims(), kid="k2"), "unknown_key"),
        (lambda _: "no.token", "malformed"),
        (lambda _: "ĝ.ĝ.ĝ", "malformed"),
        (lambda _: None, "_missing"),
    ],
)
async def test_forged_token_is_refused(
    native: Native, issuer: Issuer, forge: Callable[[Native], str | None], reason: str
) -> None:
    with pytest.raises(SignInRefused) as refusal:
        await native.open(issuer.calls).verify(proof(forge(native)))
    assert refusal.value.reason.endswith(reason)


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "exp", "iat"])
async def test_token_that_leaves_something_out_is_refused(
    native: Native, issuer: Issuer, claim: str
) -> None:
    lacking = {name: value for name, value in native.claims().items() if name != claim}
    with pytest.raises(SignInRefused):
        await native.open(issuer.calls).verify(proof(signed(native.algorithm, lacking)))


@pytest.mark.parametrize("nonce", [None, ""])
async def test_token_is_refused_when_the_app_names_no_nonce(
    native: Native, issuer: Issuer, nonce: str | None
) -> None:
    with pytest.raises(SignInRefused, match="nonce_missing"):
        await native.open(issuer.calls).verify(proof(native.signed(nonce=""), nonce=nonce))
    assert not issuer.server.requests


async def test_token_signed_anew_by_nobody_counts_as_the_same() -> None:
    """Whoever has one ECDSA signature (r, s) can write another, (r, n - s), without the key."""
    line = NATIVES[0]
    head, _, mac = line.signed().rpartition(".")
    raw = base64.urlsafe_b64decode(mac + "==")
    flipped = (P256_ORDER - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
    async with _at(line) as issuer:
        provider = line.open(issuer.calls)
        first = await provider.verify(proof(f"{head}.{mac}"))
        again = await provider.verify(proof(f"{head}.{base64url(raw[:32] + flipped)}"))
    assert again.token_id == first.token_id


async def test_token_of_a_rotated_key_is_taken_after_one_refetch(
    native: Native, issuer: Issuer
) -> None:
    provider = native.open(issuer.calls)
    await provider.verify(proof(native.signed()))
    issuer.routes[native.keys_path] = answer({"keys": [jwk(native.algorithm, "k2", 2)]})
    await provider.verify(proof(signed(native.algorithm, native.claims(), kid="k2", which=2)))
    assert len(issuer.seen(native.keys_path)) == 2


async def test_keys_out_of_reach_are_not_the_persons_fault(native: Native, issuer: Issuer) -> None:
    issuer.routes[native.keys_path] = Reply(hangs_up=True)
    with pytest.raises(ProviderUnavailable):
        await native.open(issuer.calls).verify(proof(native.signed()))


async def test_refusal_tells_nothing_of_the_token(native: Native, issuer: Issuer) -> None:
    token = native.signed(sub="planted-subject", email="planted@mail.example", nonce="another")
    with pytest.raises(SignInRefused) as refusal:
        await native.open(issuer.calls).verify(proof(token))
    assert "planted" not in repr(refusal.value)
    assert token not in repr(refusal.value)
