"""Who may call what. Nothing is open by default: a route without an `access` cannot be served.

@post("/streams", access=only("host"))
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from litestar import Request
from litestar.routes import BaseRoute, HTTPRoute

from domain.identity.errors import GuestForbiddenError
from domain.identity.values import Role
from infrastructure.identity.session_watch import SessionWatch
from infrastructure.tokens import Caller, ExpiredToken, InvalidToken, Tokens, UnknownSigningKey
from interfaces.http.exchange import Exchange, exchange_of
from interfaces.http.limits import Client, RateLimiter
from interfaces.http.refusals import Forbidden, Refusal, TokenExpired, TokenInvalid, Unauthenticated

_BEARER = "bearer "


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """`roles`: having one of them is enough; empty: any. `public`: no token is needed.
    `limited`: calls count against the caller's rate. `registered`: a guest's is not enough.
    `nameless`: a token that comes along is not looked at, be it good or bad."""

    roles: frozenset[Role] = frozenset()
    public: bool = False
    limited: bool = True
    registered: bool = False
    nameless: bool = False

    def words(self) -> str:
        if self.public:
            return "anybody"
        if self.registered:
            return "anybody registered"
        return " or ".join(sorted(self.roles)) or "anybody signed in"


PUBLIC = Access(public=True)
# Clients send the token that has just expired with everything, and so with what renews it.
NAMELESS = Access(public=True, nameless=True)
UNCOUNTED = Access(public=True, limited=False)
SIGNED_IN = Access()
REGISTERED = Access(registered=True)


def only(*roles: Role) -> Access:
    return Access(roles=frozenset(roles))


class UndeclaredAccess(Exception):
    """A route does not say who may call it, or is not guarded."""


class Doorkeeper:
    """Checks token, role and rate of every request that has found its route."""

    def __init__(self, tokens: Tokens, sessions: SessionWatch, limiter: RateLimiter) -> None:
        self._tokens = tokens
        self._sessions = sessions
        self._limiter = limiter

    async def admit(self, request: Request[Any, Any, Any]) -> None:
        """Called before every handler; it returns, or raises what refuses the request.

        A hook and not a guard: litestar copies the handler for every call of a guard, which
        alone takes a sixth of the edge's time.
        """
        access: Access | None = request.route_handler.opt.get("access")
        if access is None:
            # Only the OPTIONS answers litestar itself adds get here; see `refuse_undeclared`.
            return
        exchange, client = exchange_of(request.scope), request.scope["client"]
        if not access.nameless:
            exchange.caller = await self._identify(exchange, client)
        caller = exchange.caller
        if access.limited:
            await self._limiter.count(exchange, client)
        if access.public:
            return
        if caller is None:
            raise Unauthenticated
        if access.roles and access.roles.isdisjoint(caller.roles):
            raise Forbidden
        if access.registered and caller.guest:
            raise GuestForbiddenError

    async def _identify(self, exchange: Exchange, client: Client) -> Caller | None:
        sent = exchange.header(b"authorization")
        if not sent:
            return None
        try:
            return await self.verified(_bearer(sent))
        except InvalidToken as refused:
            # Each costs us a signature check: guesses and old tokens count against the address.
            await self._limiter.count(exchange, client)
            raise refusal_of(refused) from None

    async def verified(self, bearer: str) -> Caller:
        """Raises `InvalidToken`, also once the session it was given in has ended."""
        try:
            caller = self._tokens.verify(bearer)
        except UnknownSigningKey:
            caller = await self._tokens.verify_afresh(bearer)
        session, sessions = caller.session_id, self._sessions
        if session and not sessions.knows(session) and not await sessions.look(session):
            raise InvalidToken
        return caller


def refusal_of(refused: InvalidToken) -> Refusal:
    return TokenExpired() if isinstance(refused, ExpiredToken) else TokenInvalid()


def _bearer(sent: str) -> str:
    """RFC 6750 §2.1; the scheme's case does not matter (RFC 9110 §11.1)."""
    if sent[: len(_BEARER)].lower() != _BEARER:
        raise InvalidToken
    return sent[len(_BEARER) :].strip()


def refuse_undeclared(routes: Iterable[BaseRoute], doorkeeper: Doorkeeper) -> None:
    """Raises `UndeclaredAccess` for the first route that does not say who may call it, or that
    has a hook of its own in the doorkeeper's place."""
    for route in routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            if "access" not in handler.opt and handler.http_methods != {"OPTIONS"}:
                raise UndeclaredAccess(f"{handler.handler_name} at {route.path}")
            if handler.resolve_before_request() != doorkeeper.admit:
                raise UndeclaredAccess(f"{handler.handler_name} at {route.path}")
