"""How people, their ways in and their devices are answered."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response

from application.identity.accounts import Person
from application.identity.open_sessions import SignedIn
from application.identity.ports import Session
from domain.identity.values import (
    AccountKind,
    AccountStatus,
    ConsentDocument,
    Platform,
    Provider,
    Role,
)
from domain.shared import Language, Market
from infrastructure.tokens import User
from interfaces.http.i18n import preferred
from interfaces.http.request import ApiRequest
from interfaces.platform import Platform as Parts
from projections.identity.accounts import AccountView, ConsentView, IdentityView

_LANGUAGE_OF: dict[Market, Language] = {"TW": "zh-TW", "TH": "th"}
NO_STORE = {"cache-control": "no-store"}


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A person as clients see them. `kind` is guest or registered."""

    id: str
    name: str
    avatar_url: str | None
    language: Language
    market: Market
    roles: tuple[Role, ...]
    kind: AccountKind


class RevisedProfile(Profile, frozen=True, kw_only=True):
    """As it stands now; /me shows it from `position`."""

    status: AccountStatus
    position: int


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """A way in, and what its provider said of the person when it was linked. `email_trusted`: the
    provider is the authority on that address."""

    provider: Provider
    name: str | None
    email: str | None
    email_trusted: bool
    linked_at: datetime


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """`language` is the one the document was shown in."""

    document: ConsentDocument
    version: str
    language: Language
    given_at: datetime


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """`expires_in` is the access token's life in seconds, `position` where /me shows this."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int
    user: Profile
    position: int


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in device. `current` is the one that asks; a guest has no `provider`."""

    id: str
    provider: Provider | None
    platform: Platform
    started_at: datetime
    used_at: datetime
    expires_at: datetime
    current: bool


def wished_language(request: ApiRequest, market: Market) -> Language:
    """Of somebody who says nothing else: as Accept-Language wishes, as they have it, as is usual
    where they are."""
    caller = request.exchange.caller
    wished = preferred(request.exchange.header(b"accept-language"))
    return wished or (caller.language if caller else _LANGUAGE_OF[market])


async def signed_in(request: ApiRequest, who: SignedIn) -> Response[Tokens]:
    platform = request.platform
    user = _profile(platform, who.person.user_id, who.person)
    access = await platform.tokens.issue(
        User(
            id=user.id,
            name=user.name,
            roles=user.roles,
            market=user.market,
            language=user.language,
        ),
        session_id=who.session.session_id,
        guest=user.kind == "guest",
    )
    answer = Tokens(
        access_token=access.text,
        refresh_token=who.refresh_token,
        token_type="Bearer",  # noqa: S106  the scheme's name (RFC 6750), not a secret
        expires_in=access.expires_in,
        user=user,
        position=who.position,
    )
    return Response(answer, headers={**NO_STORE, "event-position": str(who.position)})


def profile_of(platform: Parts, view: AccountView) -> Profile:
    return _profile(platform, view.id, view)


def _profile(platform: Parts, user_id: str, who: Person | AccountView) -> Profile:
    return Profile(
        id=user_id,
        name=who.name,
        avatar_url=avatar_url(platform, who.avatar_key),
        language=who.language,
        market=who.market,
        roles=who.roles,
        kind=who.kind,
    )


def revised(platform: Parts, person: Person, position: int) -> RevisedProfile:
    profile = msgspec.structs.asdict(_profile(platform, person.user_id, person))
    return RevisedProfile(**profile, status="open", position=position)


def identity(view: IdentityView) -> Identity:
    return Identity(
        provider=view.provider,
        name=view.name,
        email=view.email,
        email_trusted=view.email_trusted,
        linked_at=view.linked_at,
    )


def consent(view: ConsentView) -> Consent:
    return Consent(
        document=view.document,
        version=view.version,
        language=view.language,
        given_at=view.given_at,
    )


def avatar_url(platform: Parts, key: str | None) -> str | None:
    return None if key is None else platform.objects.public_url(key)


def device(session: Session, current: str) -> Device:
    """`current` is the id of the session that asks."""
    return Device(
        id=session.session_id,
        provider=session.provider,
        platform=session.platform,
        started_at=session.started_at,
        used_at=session.used_at,
        expires_at=session.expires_at,
        current=session.session_id == current,
    )


def private(body: Any, headers: dict[str, str] | None = None) -> Response[Any]:
    """What concerns one person and is to be kept by nobody on the way."""
    return Response(body, headers={**NO_STORE, **(headers or {})})
