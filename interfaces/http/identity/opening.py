"""Coming in without a provider: as a guest, and, in development only, as anybody."""

from typing import Annotated

import msgspec
from litestar import Response, post
from litestar.params import JSONBody

from application.identity.opening import Newcomer
from domain.identity.values import NAME_CHARACTERS, Platform, Role
from domain.shared import Language, Market
from interfaces.http.auth import NAMELESS
from interfaces.http.identity.answers import Tokens, signed_in, wished_language
from interfaces.http.identity.attempts import count_attempt
from interfaces.http.refusals import NotFound
from interfaces.http.request import ApiRequest

_TAGS = ["Identity"]

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARACTERS, examples=["Mei"])]


class ComeAsGuest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without a name, a guest is called what they are here."""

    market: Market
    language: Language
    name: Name | None = None
    platform: Platform = "web"

    def __repr__(self) -> str:
        return "ComeAsGuest(…)"


class DevSignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same name is the same person every time."""

    name: Name
    roles: Annotated[list[Role], msgspec.Meta(max_length=7, examples=[["host"]])]
    market: Market = "TW"
    language: Language | None = None


@post(
    "/auth/guest",
    access=NAMELESS,
    status_code=200,
    tags=_TAGS,
    summary="Come in as a guest",
)
async def come_as_guest(request: ApiRequest, data: JSONBody[ComeAsGuest]) -> Response[Tokens]:
    """A guest watches, reads, and chats where the room allows it. Signing in with the guest's
    token keeps the account: the guest is registered."""
    await count_attempt(request)
    newcomer = Newcomer(
        name=data.name, market=data.market, language=data.language, platform=data.platform
    )
    return await signed_in(
        request, await request.platform.services.identity.opening.guest(newcomer)
    )


@post(
    "/auth/dev",
    access=NAMELESS,
    status_code=200,
    tags=_TAGS,
    summary="Sign in as anybody (development only)",
)
async def sign_in_for_development(
    request: ApiRequest, data: JSONBody[DevSignIn]
) -> Response[Tokens]:
    """Tokens for a person of this name with these roles. Not found outside development."""
    platform = request.platform
    if platform.settings.env != "development":
        raise NotFound
    newcomer = Newcomer(
        name=data.name,
        market=data.market,
        language=data.language or wished_language(request, data.market),
    )
    opening = platform.services.identity.opening
    return await signed_in(request, await opening.for_development(newcomer, tuple(data.roles)))


ROUTES = [come_as_guest, sign_in_for_development]
