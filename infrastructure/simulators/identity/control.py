"""The control API of the login providers: people, tokens, keys, defects, faults, notices.
Not any provider's own."""

from typing import Annotated, Any, Literal, get_args

import msgspec
from litestar import Response, Router, delete, get, post
from litestar.params import FromPath

from infrastructure.simulators.cloudflare.envelope import (
    bad_request,
    not_found,
    ok,
    read_body,
    refused,
)
from infrastructure.simulators.identity.answers import AnyRequest
from infrastructure.simulators.identity.faults import IdentityFault
from infrastructure.simulators.identity.native import NativeOrder, sign_in
from infrastructure.simulators.identity.notices import (
    AppleEvent,
    FacebookEvent,
    NoWebhooks,
    Sending,
    tell_by_apple,
    tell_by_facebook,
    tell_of_revocation,
)
from infrastructure.simulators.identity.people import Person
from infrastructure.simulators.identity.signing import ALGORITHMS, Defect
from infrastructure.simulators.identity.simulator import (
    PROVIDERS,
    Identity,
    IdentitySimulator,
)
from infrastructure.simulators.identity.state import Provider, RedirectUri


class RedirectOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`base` registers `/<provider>/callback` below it at every provider."""

    base: str


class RotationOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`drop`: the older keys leave the key set at once, as after a leak."""

    drop: bool = False


class DefectOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Befalls the provider's next `times` id_tokens, in either flow."""

    defect: Defect
    times: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1


class ExpiryOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    what: Literal["codes", "tokens"]


@get("/")
async def overview(identity: Identity) -> Response[bytes]:
    """Where the providers are, what is registered there, and who there is."""
    apps = {
        provider: {
            "url": f"{identity.origin}/{provider}",
            "client_ids": identity.app(provider).client_ids,
            "redirect_uris": identity.redirect_uris(provider),
        }
        for provider in PROVIDERS
    }
    return ok({"providers": apps, "people": identity.state.people()})


@delete("/", status_code=200)
async def clear(identity: Identity) -> Response[bytes]:
    """Forgets who signed in, what was issued, added and ordered. Signing keys stay."""
    identity.clear()
    return ok(None)


@post("/people", status_code=200)
async def add_person(request: AnyRequest, identity: Identity) -> Response[bytes]:
    person = await read_body(request, Person)
    identity.state.add_person(person)
    return ok(person)


@post("/redirects", status_code=200)
async def register_redirects(request: AnyRequest, identity: Identity) -> Response[bytes]:
    base = (await read_body(request, RedirectOrder)).base
    for provider in PROVIDERS:
        address = f"{base}/{provider}/callback"
        one = RedirectUri(provider=provider, address=address)
        identity.state.redirects.save(f"{provider} {address}", one)
    return ok({"base": base})


@post("/{provider:str}/tokens", status_code=200)
async def native_tokens(
    provider: FromPath[str], request: AnyRequest, identity: Identity
) -> Response[bytes]:
    """What the provider's SDK hands to an app."""
    order = await read_body(request, NativeOrder)
    return ok(sign_in(identity, _named(provider), order))


@post("/{provider:str}/keys/rotate", status_code=200)
async def rotate_keys(
    provider: FromPath[str], request: AnyRequest, identity: Identity
) -> Response[bytes]:
    name = _named(provider)
    if name not in ALGORITHMS:
        raise not_found(f"a key set of {provider}")
    order = await read_body(request, RotationOrder)
    return ok({"kid": identity.keys.rotate(name, drop=order.drop).kid})


@post("/{provider:str}/defects", status_code=200)
async def order_defect(
    provider: FromPath[str], request: AnyRequest, identity: Identity
) -> Response[bytes]:
    order = await read_body(request, DefectOrder)
    waiting = identity.id_tokens.ordered.setdefault(_named(provider), [])
    waiting.extend([order.defect] * order.times)
    return ok(waiting)


@post("/{provider:str}/expire", status_code=200)
async def expire(
    provider: FromPath[str], request: AnyRequest, identity: Identity
) -> Response[bytes]:
    """What was issued so far is too old from now on."""
    order = await read_body(request, ExpiryOrder)
    return ok({"expired": identity.state.expire(_named(provider), order.what)})


@post("/{provider:str}/people/{person:str}/revoke", status_code=200)
async def revoke(
    provider: FromPath[str], person: FromPath[str], request: AnyRequest, identity: Identity
) -> Response[bytes]:
    """The person takes their permission back in the provider's settings, and Facebook and Apple
    tell us. Nothing is sent where there was none, or where nobody said where our webhooks are."""
    name, found = _named(provider), _known(identity, person)
    sending = await read_body(request, Sending)
    if not identity.state.take_back(name, person, by="person"):
        return ok({"revoked": False, "notice": None})
    try:
        notice = await tell_of_revocation(identity, name, found, sending)
    except NoWebhooks:
        notice = None
    return ok({"revoked": True, "notice": notice})


@post("/{provider:str}/people/{person:str}/{event:str}", status_code=200)
async def tell(request: AnyRequest, identity: Identity) -> Response[bytes]:
    """Facebook's `deauthorize` and `deletion`; Apple's `email-disabled`, `email-enabled`,
    `consent-revoked` and `account-delete`. The result holds what we answered."""
    provider, event = request.path_params["provider"], request.path_params["event"]
    person = _known(identity, request.path_params["person"])
    sending = await read_body(request, Sending)
    for facebook_event in get_args(FacebookEvent):
        if (provider, event) == ("facebook", facebook_event):
            return ok(await tell_by_facebook(identity, person, facebook_event, sending))
    for apple_event in get_args(AppleEvent):
        if (provider, event) == ("apple", apple_event):
            return ok(await tell_by_apple(identity, person, apple_event, sending))
    raise not_found(f"the notice {event} of {provider}")


@get("/notices")
async def list_notices(identity: Identity) -> Response[bytes]:
    """What providers told us by themselves, oldest first: the last thousand since the start."""
    return ok(list(identity.notices))


@get("/grants")
async def list_grants(identity: Identity) -> Response[bytes]:
    """Who permits what just now."""
    return ok(identity.state.grants())


@get("/revocations")
async def list_revocations(identity: Identity) -> Response[bytes]:
    """Which grants ended and by whom, oldest first."""
    return ok(list(identity.state.revocations))


@post("/faults", status_code=200)
async def order_fault(request: AnyRequest, identity: Identity) -> Response[bytes]:
    identity.faults.open.append(await read_body(request, IdentityFault))
    return ok(identity.faults.open)


@delete("/faults", status_code=200)
async def clear_faults(identity: Identity) -> Response[bytes]:
    """All misbehaviour is over, defects of tokens too."""
    identity.faults.open.clear()
    identity.id_tokens.ordered.clear()
    return ok(None)


def _named(provider: str) -> Provider:
    for name in get_args(Provider):
        if name == provider:
            found: Provider = name
            return found
    raise not_found(f"the provider {provider}")


def _known(identity: IdentitySimulator, person: str) -> Person:
    found = identity.state.person(person)
    if found is None:
        raise not_found(f"the person {person}")
    return found


def _no_webhooks(_: AnyRequest, _problem: NoWebhooks) -> Response[bytes]:
    return refused(bad_request("no webhooks are configured: say where, with `to`", "/to"))


handlers: list[Any] = [
    overview,
    clear,
    add_person,
    register_redirects,
    native_tokens,
    rotate_keys,
    order_defect,
    expire,
    revoke,
    tell,
    list_notices,
    list_grants,
    list_revocations,
    order_fault,
    clear_faults,
]
identity_control_routes = Router(
    path="/_simulator/identity",
    route_handlers=handlers,
    exception_handlers={NoWebhooks: _no_webhooks},
)
