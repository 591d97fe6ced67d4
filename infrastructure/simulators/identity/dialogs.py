"""The sign-in page every provider shows, and what follows a click on it.

Owns the flow between an app's request and its redirect address; each provider says what it asks
of a request and what it sends back.
"""

import base64
import hashlib
import re
from collections.abc import Callable
from html import escape
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from infrastructure.simulators.identity.answers import (
    AnyRequest,
    Fields,
    PageRefused,
    back,
    form_of,
    page,
    with_state,
)
from infrastructure.simulators.identity.people import Person
from infrastructure.simulators.identity.simulator import Identity, IdentitySimulator
from infrastructure.simulators.identity.state import Code, Provider, now

CODE_SECONDS = 600
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # S256: 32 bytes in base64url


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """An app's request that was found to be in order. `fields` is all of it, as it came."""

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    fields: Fields
    form_post: bool = False

    def field(self, name: str) -> str | None:
        return self.fields.get(name) or None


class Dialog(msgspec.Struct, frozen=True, kw_only=True):
    """One provider's part. `read` raises `PageRefused` or `SentBack`; `granted` answers with the
    fields for the app beside `state`; `refusal` says why this person cannot sign in, if so."""

    provider: Provider
    title: str
    path: str
    read: Callable[[IdentitySimulator, AnyRequest], Asked]
    granted: Callable[[IdentitySimulator, Asked, Person], Fields]
    cancelled: Fields
    refusal: Callable[[Person], str | None] = lambda _: None
    fragment: str = ""


def dialog_handlers(dialog: Dialog) -> list[HTTPRouteHandler]:
    @get(dialog.path)
    async def show(request: AnyRequest, identity: Identity) -> Response[str]:
        asked = dialog.read(identity, request)
        return _sign_in_page(dialog, asked, identity.state.people())

    @post(dialog.path, status_code=200)
    async def choose(request: AnyRequest, identity: Identity) -> Response[Any]:
        asked = dialog.read(identity, request)
        person_id = (await form_of(request)).get("person")
        fields = (
            dialog.cancelled
            if person_id is None
            else _signed_in(dialog, asked, identity, person_id)
        )
        return back(
            asked.redirect_uri,
            with_state(fields, asked.field("state")),
            form_post=asked.form_post,
            fragment=dialog.fragment,
        )

    return [show, choose]


def keep_code(
    identity: IdentitySimulator,
    provider: Provider,
    asked: Asked,
    person: Person,
    **chosen: Any,
) -> Code:
    """A new code for what was asked; `chosen` are fields of it. The grant is the caller's."""
    code = Code(
        provider=provider,
        client_id=asked.client_id,
        person=person.id,
        redirect_uri=asked.redirect_uri,
        scopes=asked.scopes,
        expires_at=now() + CODE_SECONDS,
        nonce=asked.field("nonce"),
        challenge=asked.field("code_challenge"),
    )
    return identity.state.keep_code(msgspec.structs.replace(code, **chosen))


def challenge_of(verifier: str) -> str:
    """S256 of RFC 7636 §4.2."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _signed_in(dialog: Dialog, asked: Asked, identity: IdentitySimulator, person_id: str) -> Fields:
    person = identity.state.person(person_id)
    if person is None:
        raise PageRefused(400, "unknown_person", "Nobody here has that name.")
    refusal = dialog.refusal(person)
    if refusal is not None:
        raise PageRefused(400, "not_eligible", refusal)
    return dialog.granted(identity, asked, person)


def _sign_in_page(dialog: Dialog, asked: Asked, people: list[Person]) -> Response[str]:
    buttons = "".join(_button(person, dialog.refusal(person)) for person in people)
    scopes = escape(", ".join(asked.scopes)) or "nothing in particular"
    return page(
        f"Sign in with {dialog.title}",
        f"<p>Who are you? The app asks for: {scopes}.</p>"
        f'<form method="post">{buttons}<p><button name="cancel" value="1">Cancel</button></p>'
        "</form><p class=note>A simulator on this machine. These people are invented, and nothing "
        f"leaves it; {escape(dialog.title)} has no part in it.</p>",
    )


def _button(person: Person, refusal: str | None) -> str:
    off = " disabled" if refusal else ""
    about = " ".join(part for part in (person.email, person.about, refusal) if part)
    return (
        f'<button name="person" value="{escape(person.id)}"{off}>{escape(person.name)}'
        f"<small>{escape(about)}</small></button>"
    )
