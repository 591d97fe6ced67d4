"""Signing in, for development only: anybody gets any role. The real ways in come with the
identity context; refreshing and signing out are as they will be."""

from typing import Annotated

import msgspec
from litestar import Response, post
from litestar.params import JSONBody

from domain.identity.values import Role
from domain.shared import Language, Market
from infrastructure.ids import derived_id
from infrastructure.refresh_tokens import InvalidRefreshToken, RefreshTokens
from infrastructure.tokens import User
from interfaces.http.auth import PUBLIC
from interfaces.http.refusals import NotFound, Refusal
from interfaces.http.request import ApiRequest
from interfaces.platform import Platform

_LANGUAGE_OF: dict[Market, Language] = {"TW": "zh-TW", "TH": "th"}


class RefreshRefused(Refusal):
    code = "invalid_refresh_token"
    status = 401


class DevSignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same name is the same person every time."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100, examples=["Mei"])]
    roles: Annotated[list[Role], msgspec.Meta(max_length=7, examples=[["host"]])]
    market: Market = "TW"
    language: Language | None = None


class RefreshToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    refresh_token: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]

    def __repr__(self) -> str:
        return "RefreshToken(…)"


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """`expires_in` is the access token's life in seconds."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int
    user: User


@post(
    "/auth/dev",
    access=PUBLIC,
    status_code=200,
    tags=["Identity"],
    summary="Sign in as anybody (development only)",
)
async def sign_in_for_development(
    request: ApiRequest, data: JSONBody[DevSignIn]
) -> Response[SignedIn]:
    """Tokens for a person of this name with these roles. Not found outside development."""
    platform = request.platform
    if platform.settings.env != "development":
        raise NotFound
    user = development_user(data)
    return await _signed_in(platform, user, await _refreshing(platform).issue(user))


@post(
    "/auth/refresh",
    access=PUBLIC,
    status_code=200,
    tags=["Identity"],
    summary="Get new tokens for a refresh token",
)
async def refresh(request: ApiRequest, data: JSONBody[RefreshToken]) -> Response[SignedIn]:
    """A refresh token is good once. A replayed one ends its whole family."""
    try:
        user, following = await _refreshing(request.platform).redeem(data.refresh_token)
    except InvalidRefreshToken:
        raise RefreshRefused from None
    return await _signed_in(request.platform, user, following)


@post("/auth/logout", access=PUBLIC, status_code=204, tags=["Identity"], summary="Sign out")
async def sign_out(request: ApiRequest, data: JSONBody[RefreshToken]) -> None:
    """Ends the refresh token's family. Access tokens run out by themselves."""
    try:
        await _refreshing(request.platform).revoke(data.refresh_token)
    except InvalidRefreshToken:
        raise RefreshRefused from None


def development_user(wanted: DevSignIn) -> User:
    return User(
        id=derived_id("development user", wanted.name),
        name=wanted.name,
        roles=tuple(dict.fromkeys(wanted.roles)),
        market=wanted.market,
        language=wanted.language or _LANGUAGE_OF[wanted.market],
    )


def _refreshing(platform: Platform) -> RefreshTokens:
    return RefreshTokens(platform.redis, prefix=platform.settings.redis_prefix)


async def _signed_in(platform: Platform, user: User, refresh_token: str) -> Response[SignedIn]:
    session_id = refresh_token.partition(".")[0]
    access = await platform.tokens.issue(user, session_id=session_id)
    answer = SignedIn(
        access_token=access.text,
        refresh_token=refresh_token,
        token_type="Bearer",  # noqa: S106  the scheme's name (RFC 6750), not a secret
        expires_in=access.expires_in,
        user=user,
    )
    return Response(answer, headers={"cache-control": "no-store"})


ROUTES = [sign_in_for_development, refresh, sign_out]
