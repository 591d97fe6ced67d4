"""What the providers tell us of a person by themselves: Facebook's callbacks, Apple's notices."""

import base64
import hashlib
import hmac
import secrets
from typing import Annotated, Any, Literal

import httpx
import msgspec

from infrastructure.simulators.cloudflare.courier import tls
from infrastructure.simulators.identity import apple
from infrastructure.simulators.identity.facebook import facebook_subject
from infrastructure.simulators.identity.people import Person, apple_subject
from infrastructure.simulators.identity.simulator import IdentitySimulator
from infrastructure.simulators.identity.state import Notice, Provider, now

AppleEvent = Literal["email-disabled", "email-enabled", "consent-revoked", "account-delete"]
FacebookEvent = Literal["deauthorize", "deletion"]
_NOTICE_SECONDS = 86400


class NoWebhooks(Exception):
    """Nobody said where our webhooks are."""


class Sending(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`to` replaces the configured address our webhooks lie below; `forged` signs wrongly; `times`
    sends the same notice again."""

    to: str = ""
    forged: bool = False
    times: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1


async def tell_by_facebook(
    identity: IdentitySimulator, person: Person, event: FacebookEvent, sending: Sending
) -> Notice:
    """A `signed_request` in a form, as the documentation of the deletion callback has it."""
    secret = identity.app("facebook").secret
    payload = {
        "algorithm": "HMAC-SHA256",
        "issued_at": now(),
        "user_id": facebook_subject(person.id),
    }
    text = _base64url(msgspec.json.encode(payload))
    key = f"not-{secret}" if sending.forged else secret
    signature = _base64url(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest())
    parts = {"data": {"signed_request": f"{signature}.{text}"}}
    notice = Notice(provider="facebook", event=event, person=person.id)
    return await _send(identity, notice, f"/facebook/{event}", parts, sending)


async def tell_by_apple(
    identity: IdentitySimulator, person: Person, event: AppleEvent, sending: Sending
) -> Notice:
    """A JWS in JSON, of the key set id_tokens are signed with."""
    issued = now()
    about: dict[str, Any] = {
        "type": event,
        "sub": apple_subject(person.id),
        "event_time": issued * 1000,
    }
    if event.startswith("email-"):
        about["email"] = apple.shown_email(person)
        about["is_private_email"] = str(person.hides_email).lower()
    claims = {
        "iss": apple.ISSUER,
        "aud": identity.app("apple").client_ids[0],
        "iat": issued,
        "exp": issued + _NOTICE_SECONDS,
        "jti": secrets.token_urlsafe(16),
        "events": msgspec.json.encode(about).decode(),
    }
    if sending.forged:
        identity.id_tokens.ordered.setdefault("apple", []).insert(0, "signature")
    payload = identity.id_tokens.issue("apple", claims, secret=identity.app("apple").secret)
    notice = Notice(provider="apple", event=event, person=person.id)
    return await _send(identity, notice, "/apple", {"json": {"payload": payload}}, sending)


async def tell_of_revocation(
    identity: IdentitySimulator, provider: Provider, person: Person, sending: Sending
) -> Notice | None:
    """What follows when somebody takes their permission back; LINE, Google and Instagram say
    nothing here."""
    match provider:
        case "facebook":
            return await tell_by_facebook(identity, person, "deauthorize", sending)
        case "apple":
            return await tell_by_apple(identity, person, "consent-revoked", sending)
        case _:
            return None


async def _send(
    identity: IdentitySimulator,
    notice: Notice,
    path: str,
    parts: dict[str, Any],
    sending: Sending,
) -> Notice:
    base = sending.to or identity.config.webhooks
    if not base:
        raise NoWebhooks
    notice.url = f"{base}{path}"
    async with httpx.AsyncClient(timeout=10, trust_env=False, verify=tls()) as client:
        for _ in range(sending.times):
            try:
                answer = await client.post(notice.url, **parts)
            except (httpx.HTTPError, httpx.InvalidURL) as problem:
                notice.answer = type(problem).__name__
            else:
                notice.status, notice.answer = answer.status_code, answer.text
    identity.notices.append(notice)
    return notice


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
