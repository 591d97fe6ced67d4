"""What a provider's own SDK would hand to an app on a telephone."""

import hashlib
import secrets
from typing import Any, Literal

import msgspec

from infrastructure.simulators.cloudflare.envelope import bad_request
from infrastructure.simulators.identity import apple, facebook, google, line
from infrastructure.simulators.identity.dialogs import CODE_SECONDS
from infrastructure.simulators.identity.people import apple_subject, line_subject
from infrastructure.simulators.identity.simulator import IdentitySimulator
from infrastructure.simulators.identity.state import Code, Provider, now

Platform = Literal["web", "ios", "android"]


class NativeOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who signs in where. `nonce` is the raw one the app chose; `limited` is Facebook's Limited
    Login; `email` whether the app asked for the address."""

    person: str
    platform: Platform = "ios"
    nonce: str | None = None
    limited: bool = False
    email: bool = True


def sign_in(identity: IdentitySimulator, provider: Provider, order: NativeOrder) -> dict[str, Any]:
    """The tokens, and the provider's id of whom they are of. Raises `ApiRefusal` where there is no
    such SDK."""
    if identity.state.person(order.person) is None:
        raise bad_request(f"nobody is called {order.person}", "/person")
    match provider:
        case "line":
            return _line(identity, order)
        case "facebook":
            return _facebook(identity, order)
        case "google":
            return _google(identity, order)
        case "apple":
            return _apple(identity, order)
        case "instagram":
            raise bad_request("instagram has no SDK that signs people in")


def _line(identity: IdentitySimulator, order: NativeOrder) -> dict[str, Any]:
    channel = identity.app("line").client_ids[0]
    code = _code(order, "line", channel, ("profile", "openid"))
    identity.state.give("line", order.person, code.scopes)
    access = _access(identity, code, line.ACCESS_SECONDS)
    return {
        "subject": line_subject(order.person),
        "id_token": line.id_token(identity, code, hs256=False),
        "access_token": access,
    }


def _facebook(identity: IdentitySimulator, order: NativeOrder) -> dict[str, Any]:
    """Limited Login gives an id_token that cannot call Graph, the classic one an access token."""
    code = _code(order, "facebook", identity.app("facebook").client_ids[0], ("public_profile",))
    identity.state.give("facebook", order.person, code.scopes)
    subject = {"subject": facebook.facebook_subject(order.person)}
    if order.limited:
        return {**subject, "id_token": facebook.id_token(identity, code)}
    access = _access(identity, code, facebook.ACCESS_SECONDS)
    identity.id_tokens.take_defect("facebook")
    return {**subject, "access_token": access}


def _google(identity: IdentitySimulator, order: NativeOrder) -> dict[str, Any]:
    """Android's token is for the web's client, presented by the app's; the iPhone's for its own."""
    ids = identity.app("google").client_ids
    web, native = ids[0], ids[min({"web": 0, "ios": 1, "android": 2}[order.platform], len(ids) - 1)]
    audience = native if order.platform == "ios" else web
    code = _code(order, "google", audience, ("openid", "profile"))
    identity.state.give("google", order.person, code.scopes)
    return {
        "subject": google.google_subject(order.person),
        "id_token": google.id_token(identity, code, presenter=native),
    }


def _apple(identity: IdentitySimulator, order: NativeOrder) -> dict[str, Any]:
    """On the iPhone for the app, elsewhere for the web's Services ID, through a browser."""
    services_id, *bundles = identity.app("apple").client_ids
    client_id = bundles[0] if order.platform == "ios" and bundles else services_id
    scopes = ("name",)
    code = msgspec.structs.replace(
        _code(order, "apple", client_id, scopes), nonce=_hashed(order.nonce)
    )
    first = identity.state.give("apple", order.person, code.scopes)
    person = identity.person(order.person)
    answer = {
        "subject": apple_subject(order.person),
        "id_token": apple.id_token(identity, code),
        "code": identity.state.keep_code(code).value,
    }
    return answer | ({"name": person.name} if first else {})


def _hashed(nonce: str | None) -> str | None:
    """Apple's SDK is given the SHA-256 of the nonce, and that is what the token holds."""
    return hashlib.sha256(nonce.encode()).hexdigest() if nonce is not None else None


def _code(order: NativeOrder, provider: Provider, client_id: str, scopes: tuple[str, ...]) -> Code:
    """What the SDK was granted, in the shape of a code; it is not kept unless the caller does."""
    return Code(
        provider=provider,
        client_id=client_id,
        person=order.person,
        redirect_uri=None,
        scopes=(*scopes, "email") if order.email else scopes,
        expires_at=now() + CODE_SECONDS,
        nonce=order.nonce,
    )


def _access(identity: IdentitySimulator, code: Code, seconds: int) -> str:
    """An access token with the defect that is ordered for the id_token beside it."""
    match identity.id_tokens.next_defect(code.provider):
        case "audience":
            code = msgspec.structs.replace(code, client_id="999999999999999")
        case "expired":
            seconds = 0
        case "signature":
            return secrets.token_urlsafe(32)
        case _:
            pass
    return identity.state.issue("access", code, seconds).value
