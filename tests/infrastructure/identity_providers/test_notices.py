"""What providers tell us of a person counts only when they signed it, lately, for us."""

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from application.identity.ports import SignInRefused
from infrastructure.identity_providers.apple_notices import AppleNotices
from infrastructure.identity_providers.facebook_notices import FacebookNotices
from infrastructure.settings import Secret
from tests.infrastructure.identity_providers.issuer import (
    Issuer,
    answer,
    base64url,
    claims,
    issuing,
    jwk,
    macced,
    public_pem,
    signed,
    unsigned,
)

APPLE = "https://appleid.apple.com"
NOW = 1_790_000_000
FACEBOOK = FacebookNotices(Secret("app_secret"), clock=lambda: NOW)


def signed_request(secret: bytes = b"app_secret", **said: Any) -> str:
    request = {"algorithm": "HMAC-SHA256", "issued_at": NOW, "user_id": "10001", **said}
    payload = base64url(json.dumps(request).encode())
    return f"{base64url(hmac.digest(secret, payload.encode(), hashlib.sha256))}.{payload}"


def test_facebook_tells_who_wants_to_be_forgotten() -> None:
    notice = FACEBOOK.read(signed_request(), "deleted")
    assert (notice.provider, notice.subject, notice.kind) == ("facebook", "10001", "deleted")


def test_repeated_notice_is_known_again() -> None:
    first = FACEBOOK.read(signed_request(), "deleted")
    assert FACEBOOK.read(signed_request(), "deleted").notice_id == first.notice_id
    assert FACEBOOK.read(signed_request(), "unlinked").notice_id != first.notice_id
    assert FACEBOOK.read(signed_request(user_id="2"), "deleted").notice_id != first.notice_id


def test_notice_id_cannot_be_guessed_by_who_guesses_at_the_person() -> None:
    elsewhere = FacebookNotices(Secret("another"), clock=lambda: NOW)
    read = elsewhere.read(signed_request(b"another"), "deleted")
    assert read.subject == FACEBOOK.read(signed_request(), "deleted").subject
    assert read.notice_id != FACEBOOK.read(signed_request(), "deleted").notice_id


@pytest.mark.parametrize(
    ("request_text", "reason"),
    [
        (signed_request(b"another"), "wrong_signature"),
        (signed_request()[:20] + "." + signed_request().partition(".")[2], "wrong_signature"),
        (signed_request(user_id="10002").partition(".")[0] + ".e30", "wrong_signature"),
        ("", "wrong_signature"),
        ("ĝ.ĝ", "malformed"),
        ("!.!", "malformed"),
        (signed_request(algorithm="none"), "malformed"),
        (signed_request(user_id=""), "malformed"),
        (signed_request(user_id=None), "malformed"),
        (signed_request(issued_at=NOW - 86401), "expired"),
        (signed_request(issued_at=NOW + 3600), "from_the_future"),
        (signed_request(code="AQB"), "made_for_a_browser"),
    ],
)
def test_any_other_signed_request_is_refused(request_text: str, reason: str) -> None:
    with pytest.raises(SignInRefused, match=reason):
        FACEBOOK.read(request_text, "deleted")


def test_without_a_secret_nothing_is_facebooks() -> None:
    with pytest.raises(SignInRefused, match="wrong_signature"):
        FacebookNotices(Secret(""), clock=lambda: NOW).read(signed_request(b""), "deleted")


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with issuing("apple") as issuer:
        issuer.routes["/auth/keys"] = answer({"keys": [jwk("RS256", "k1")]})
        yield issuer


@pytest.fixture
def apple(issuer: Issuer) -> AppleNotices:
    return AppleNotices(issuer.calls, audiences=["web", "app"])


def event(kind: str, **others: Any) -> dict[str, Any]:
    return {"type": kind, "sub": "001.a", "event_time": 1_790_000_000_000, **others}


def said(events: Any, **others: Any) -> dict[str, Any]:
    return claims(APPLE, "app", jti="notice-1", events=events, **others)


def body(token: Any) -> bytes:
    return json.dumps({"payload": token}).encode()


@pytest.mark.parametrize(
    ("kind", "meaning"),
    [
        ("consent-revoked", "unlinked"),
        ("account-delete", "deleted"),
        ("account-deleted", "deleted"),
    ],
)
async def test_apple_tells_who_left(apple: AppleNotices, kind: str, meaning: str) -> None:
    for events in (json.dumps(event(kind)), event(kind)):
        notice = await apple.read(body(signed("RS256", said(events))))
        assert notice is not None
        assert (notice.subject, notice.kind) == ("001.a", meaning)
        assert notice.notice_id == "apple:notice-1"


@pytest.mark.parametrize("kind", ["email-disabled", "email-enabled", "of-the-future"])
async def test_notice_that_concerns_nobodys_being_here_is_none(
    apple: AppleNotices, kind: str
) -> None:
    events = json.dumps(event(kind, email="x@privaterelay.appleid.com"))
    assert await apple.read(body(signed("RS256", said(events)))) is None


LEFT = json.dumps(event("account-delete"))


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (signed("RS256", said(LEFT), which=1), "wrong_signature"),
        (signed("RS256", said(LEFT), kid="k2"), "unknown_key"),
        (signed("RS256", {**said(LEFT), "aud": "another"}), "wrong_audience"),
        (signed("RS256", {**said(LEFT), "iss": "https://issuer.example"}), "wrong_issuer"),
        (signed("RS256", said(LEFT, exp=int(time.time()) - 120)), "expired"),
        (signed("RS256", said(LEFT, iat=int(time.time()) + 86_400)), "from_the_future"),
        (unsigned(said(LEFT)), "wrong_algorithm"),
        (macced(said(LEFT), public_pem("RS256"), kid="k1"), "wrong_algorithm"),
        (signed("ES256", said(LEFT)), "wrong_algorithm"),
        (signed("RS256", claims(APPLE, "app", events=LEFT)), "malformed"),
        (signed("RS256", said("no json")), "malformed"),
        (signed("RS256", said(None)), "malformed"),
        (signed("RS256", said(json.dumps({"type": "account-delete"}))), "malformed"),
        ("", "malformed"),
        (None, "malformed"),
    ],
)
async def test_any_other_notice_is_not_apples(apple: AppleNotices, token: Any, reason: str) -> None:
    with pytest.raises(SignInRefused, match=reason):
        await apple.read(body(token))


@pytest.mark.parametrize("sent", [b"", b"[]", b"{}", b"\xff", b'{"payload": 7}'])
async def test_body_of_another_kind_is_refused(apple: AppleNotices, sent: bytes) -> None:
    with pytest.raises(SignInRefused, match="malformed"):
        await apple.read(sent)
