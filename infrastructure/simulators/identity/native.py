"""What a provider's own SDK would hand to an app on a telephone."""

import hashlib
from typing import Any, Literal

import msgspec

from infrastructure.simulators.cloudflare.envelope import bad_request
from infrastructure.simulators.identity import google, line
from infrastructure.simulators.identity.dialogs import CODE_SECONDS
from infrastructure.simulators.identity.people import Person
from infrastructure.simulators.identity.simulator import IdentitySimulator
from infrastructure.simulators.identity.state import Code, Provider, now

Platform = Literal["ios", "android"]


class NativeOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who signs in where. `nonce` is the raw one the app chose; `limited` is Facebook's Limited
    Login; `email` whether the app asked for the address."""

    person: str
    platform: Platform = "ios"
    nonce: str | None = None
    limited: bool = False
    email: bool = True


def sign_in(identity: IdentitySimulator, provider: Provider, order: NativeOrder) -> dict[str, Any]:
    """The tokens, and whom they are of. Raises `ApiRefusal` where there is no such SDK."""
    person = identity.state.person(order.person)
    if person is None:
        raise bad_request(f"nobody is called {order.person}", "/person")
    match provider:
        case "line":
            return _line(identity, order, person)
        case "google":
            return _google(identity, order, person)
        case _:
            raise bad_request(f"{provider} has no SDK that signs people in")


def _line(identity: IdentitySimulator, order: NativeOrder, person: Person) -> dict[str, Any]:
    code = _code(identity, "line", order, ("profile", "openid"))
    identity.state.give("line", person.id, code.scopes)
    access = identity.state.issue("access", code, line.ACCESS_SECONDS)
    return {
        "id_token": line.id_token(identity, code, hs256=False),
        "access_token": access.value,
    }


def _google(identity: IdentitySimulator, order: NativeOrder, person: Person) -> dict[str, Any]:
    """Android's token is for the web's client, presented by the app's; the iPhone's for its own."""
    code = _code(identity, "google", order, ("openid", "profile"))
    web, native = identity.app("google").client_ids[0], code.client_id
    if order.platform == "android":
        code = msgspec.structs.replace(code, client_id=web)
    identity.state.give("google", person.id, code.scopes)
    return {"id_token": google.id_token(identity, code, presenter=native)}


def hashed(nonce: str | None) -> str | None:
    """Apple's SDK is given the SHA-256 of the nonce, and that is what the token holds."""
    return hashlib.sha256(nonce.encode()).hexdigest() if nonce is not None else None


def _code(
    identity: IdentitySimulator, provider: Provider, order: NativeOrder, scopes: tuple[str, ...]
) -> Code:
    """What the SDK was granted, in the shape of a code; it is not kept unless the caller does."""
    ids = identity.app(provider).client_ids
    which = {"ios": 1, "android": 2}[order.platform]
    return Code(
        provider=provider,
        client_id=ids[min(which, len(ids) - 1)],
        person=order.person,
        redirect_uri=None,
        scopes=(*scopes, "email") if order.email else scopes,
        expires_at=now() + CODE_SECONDS,
        nonce=order.nonce,
    )
