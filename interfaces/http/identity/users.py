"""Who is who, for admins, and what each may do."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, get, put
from litestar.params import FromQuery, JSONBody

from domain.identity.commands import ChangeRoles
from domain.identity.values import AccountKind, AccountStatus, Provider, Role
from domain.shared import Language, Market
from interfaces.http.auth import only
from interfaces.http.commands import Accepted, accepted, envelope
from interfaces.http.identity.answers import private
from interfaces.http.paging import Page, next_cursor, wanted_cursor, wanted_limit
from interfaces.http.parameters import Id
from interfaces.http.queries import seen_at, wanted_position
from interfaces.http.request import ApiRequest
from projections.identity.accounts import AccountView, Listed, list_accounts

_ADMIN = only("admin")
_TAGS = ["Identity"]


class User(msgspec.Struct, frozen=True, kw_only=True):
    """An account. Addresses are the person's own to see."""

    id: str
    name: str
    kind: AccountKind
    status: AccountStatus
    market: Market
    language: Language
    roles: tuple[Role, ...]
    providers: list[Provider]
    created_at: datetime


class Roles(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that the person has from now on."""

    roles: Annotated[list[Role], msgspec.Meta(max_length=7, examples=[["viewer", "host"]])]


@get("/users", access=_ADMIN, kind="list", tags=_TAGS, summary="List accounts, the newest first")
async def list_users(
    request: ApiRequest,
    kind: FromQuery[AccountKind | None] = None,
    role: FromQuery[Role | None] = None,
) -> Response[Page[User]]:
    """Those that have every value given."""
    listing, limit = f"users:{kind}:{role}", wanted_limit(request)
    before = wanted_cursor(request, listing, int)
    wanted = Listed(kind=kind, role=role, min_position=wanted_position(request))
    seen = await list_accounts(request.platform.views, wanted, limit=limit + 1, before=before)
    shown = seen.value[:limit]
    last = shown[-1].listed_at if shown else 0
    page = Page(
        items=[_user(view) for view in shown],
        next_cursor=next_cursor(listing, last, more=len(seen.value) > limit),
    )
    return private(page, seen_at(seen.position))


@put(
    "/users/{user_id:str}/roles",
    access=_ADMIN,
    kind="command",
    tags=_TAGS,
    summary="Say which roles somebody has",
)
async def change_roles(
    request: ApiRequest, user_id: Id, data: JSONBody[Roles]
) -> Response[Accepted]:
    """Tokens have them from their next refresh, minutes at most. Guests are viewers only."""
    command = ChangeRoles(user_id=user_id, roles=tuple(data.roles), by=request.caller.user_id)
    dispatch = envelope(request, command, data)
    profiles = request.platform.services.identity.profiles
    return accepted(await profiles.change_roles(dispatch, command))


def _user(view: AccountView) -> User:
    return User(
        id=view.id,
        name=view.name,
        kind=view.kind,
        status=view.status,
        market=view.market,
        language=view.language,
        roles=view.roles,
        providers=[each.provider for each in view.identities],
        created_at=view.created_at,
    )


ROUTES = [list_users, change_roles]
