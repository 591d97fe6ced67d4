"""Who I am: profile, ways in, consents."""

from typing import Annotated, get_args

import msgspec
from litestar import Response, delete, get, patch, put
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, UnsetType

from domain.identity.commands import GiveConsent, ReviseProfile, WithdrawConsent
from domain.identity.errors import AccountNotFoundError
from domain.identity.values import NAME_CHARACTERS, ConsentDocument
from domain.shared import Language, Market
from interfaces.http.auth import SIGNED_IN
from interfaces.http.commands import Accepted, accepted, envelope, execute
from interfaces.http.identity.answers import (
    Consent,
    Identity,
    Profile,
    RevisedProfile,
    consent,
    identity,
    private,
    profile_of,
    revised,
)
from interfaces.http.identity.web import known_provider
from interfaces.http.paging import Page
from interfaces.http.queries import seen_at, wanted_position
from interfaces.http.refusals import NotFound
from interfaces.http.request import ApiRequest
from projections.identity.accounts import AccountView, get_account

_TAGS = ["Identity"]


class ReviseMe(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What is left out stays as it is. `avatar_media_id` is of a picture uploaded before."""

    name: Annotated[str, msgspec.Meta(max_length=NAME_CHARACTERS)] | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    market: Market | UnsetType = UNSET
    avatar_media_id: (
        Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9/._-]+$", max_length=300)] | UnsetType
    ) = UNSET

    def __repr__(self) -> str:
        return "ReviseMe(…)"


class Consented(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`version` is the document's, `language` the one it was shown in."""

    version: Annotated[str, msgspec.Meta(examples=["2026-05"])]
    language: Language | None = None


@get("/me", access=SIGNED_IN, kind="query", tags=_TAGS, summary="My profile")
async def get_me(request: ApiRequest) -> Response[Profile]:
    view, position = await own_account(request)
    return private(profile_of(request.platform, view), seen_at(position))


@patch("/me", access=SIGNED_IN, kind="command", tags=_TAGS, summary="Change my profile")
async def revise_me(request: ApiRequest, data: JSONBody[ReviseMe]) -> Response[RevisedProfile]:
    """Tokens show it from their next refresh."""
    profiles, user_id = request.platform.services.identity.profiles, request.caller.user_id
    command = ReviseProfile(
        user_id=user_id,
        name=data.name,
        market=data.market,
        language=data.language,
        avatar_key=data.avatar_media_id,
    )
    outcome = await profiles.revise(envelope(request, command, data), command)
    person = await profiles.person(user_id)
    return accepted(outcome, shown=revised(request.platform, person, outcome.position))


@get("/me/identities", access=SIGNED_IN, kind="query", tags=_TAGS, summary="My ways to sign in")
async def list_identities(request: ApiRequest) -> Response[Page[Identity]]:
    """In the order they were linked."""
    view, position = await own_account(request)
    items = [identity(each) for each in view.identities]
    return private(Page(items=items, next_cursor=None), seen_at(position))


@delete(
    "/me/identities/{provider:str}",
    access=SIGNED_IN,
    kind="command",
    status_code=200,
    tags=_TAGS,
    summary="Unlink a way to sign in",
)
async def unlink_identity(request: ApiRequest, provider: FromPath[str]) -> Response[Accepted]:
    """The provider is told. The last one cannot be unlinked."""
    logins = request.platform.services.identity.logins
    command = await logins.unlinking(request.caller.user_id, known_provider(provider))
    return await execute(request, command)


@get("/me/consents", access=SIGNED_IN, kind="query", tags=_TAGS, summary="What I have agreed to")
async def list_consents(request: ApiRequest) -> Response[Page[Consent]]:
    """In the order they were given; withdrawn ones are not there."""
    view, position = await own_account(request)
    items = [consent(each) for each in view.consents]
    return private(Page(items=items, next_cursor=None), seen_at(position))


@put(
    "/me/consents/{document:str}",
    access=SIGNED_IN,
    kind="command",
    tags=_TAGS,
    summary="Agree to a document",
)
async def give_consent(
    request: ApiRequest, document: FromPath[str], data: JSONBody[Consented]
) -> Response[Accepted]:
    """Terms, privacy or marketing, in the version and language that were shown."""
    command = GiveConsent(
        user_id=request.caller.user_id,
        document=_known_document(document),
        version=data.version,
        language=data.language or request.exchange.language,
    )
    return await execute(request, command, data)


@delete(
    "/me/consents/{document:str}",
    access=SIGNED_IN,
    kind="command",
    status_code=200,
    tags=_TAGS,
    summary="No longer agree to a document",
)
async def withdraw_consent(request: ApiRequest, document: FromPath[str]) -> Response[Accepted]:
    command = WithdrawConsent(user_id=request.caller.user_id, document=_known_document(document))
    return await execute(request, command)


async def own_account(request: ApiRequest) -> tuple[AccountView, int]:
    """The caller's, and as of which position. Whoever holds a token has an account: one that does
    not show was just opened, and is waited for. Raises `AccountNotFoundError`."""
    platform, user_id = request.platform, request.caller.user_id
    wanted = wanted_position(request)
    seen = await get_account(platform.views, user_id, min_position=wanted)
    if seen.value is None:
        head = await platform.log.head()
        seen = await get_account(platform.views, user_id, min_position=max(head, wanted))
    if seen.value is None or seen.value.status != "open":
        raise AccountNotFoundError
    return seen.value, seen.position


def _known_document(name: str) -> ConsentDocument:
    """Raises `NotFound`."""
    documents: tuple[ConsentDocument, ...] = get_args(ConsentDocument)
    for document in documents:
        if document == name:
            return document
    raise NotFound


ROUTES = [
    get_me,
    revise_me,
    list_identities,
    unlink_identity,
    list_consents,
    give_consent,
    withdraw_consent,
]
