"""Staying signed in and leaving: refresh tokens, and the devices a person is signed in on."""

from typing import Annotated

import msgspec
from litestar import Response, delete, get, post
from litestar.params import JSONBody

from application.identity.ports import RefreshRefused
from domain.identity.commands import EndSession
from interfaces.http.auth import NAMELESS, SIGNED_IN
from interfaces.http.commands import Accepted, accepted, envelope
from interfaces.http.identity.answers import Device, Tokens, device, private, signed_in
from interfaces.http.identity.attempts import count_attempt
from interfaces.http.paging import Page
from interfaces.http.parameters import Id
from interfaces.http.request import ApiRequest

_TAGS = ["Identity"]


class RefreshToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    refresh_token: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]

    def __repr__(self) -> str:
        return "RefreshToken(…)"


@post(
    "/auth/refresh",
    access=NAMELESS,
    status_code=200,
    tags=_TAGS,
    summary="Get new tokens for a refresh token",
)
async def refresh(request: ApiRequest, data: JSONBody[RefreshToken]) -> Response[Tokens]:
    """A refresh token is good once. A replayed one ends its session: somebody has a copy. Roles
    and profile are in the new tokens as they are now."""
    sessions = request.platform.services.identity.sessions
    await request.platform.tokens.ready()  # before the token is spent
    try:
        who = await sessions.refresh(data.refresh_token)
    except RefreshRefused:
        # Good ones are limited by session: a carrier has thousands of phones behind one address.
        await count_attempt(request)
        raise
    return await signed_in(request, who)


@post("/auth/logout", access=NAMELESS, status_code=204, tags=_TAGS, summary="Sign out")
async def sign_out(request: ApiRequest, data: JSONBody[RefreshToken]) -> Response[None]:
    """Ends the refresh token's session; one that is over already is fine. Its access tokens
    are good no more."""
    await request.platform.services.identity.sessions.sign_out(data.refresh_token)
    return private(None)


@get("/me/sessions", access=SIGNED_IN, tags=_TAGS, summary="The devices I am signed in on")
async def list_sessions(request: ApiRequest) -> Response[Page[Device]]:
    """The latest used first."""
    caller = request.caller
    found = await request.platform.services.identity.sessions.of_user(caller.user_id)
    devices = [device(session, caller.session_id) for session in found]
    return private(Page(items=devices, next_cursor=None))


@delete(
    "/me/sessions/{session_id:str}",
    access=SIGNED_IN,
    kind="command",
    status_code=200,
    tags=_TAGS,
    summary="Sign a device out",
)
async def end_session(request: ApiRequest, session_id: Id) -> Response[Accepted]:
    """Neither its refresh token nor its access tokens are of any use any more."""
    command = EndSession(
        user_id=request.caller.user_id, session_id=session_id, reason="ended_by_person"
    )
    dispatch = envelope(request, command)
    return accepted(await request.platform.services.identity.sessions.end(dispatch, command))


ROUTES = [refresh, sign_out, list_sessions, end_session]
