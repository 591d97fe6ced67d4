"""Puts the HTTP application together: routes, the doorkeeper, problems, and the edge around it."""

from typing import Any

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.types import ASGIApp

from infrastructure.realtime.room_states import RoomStates
from infrastructure.settings import Settings
from interfaces.http import (
    audit,
    broadcasts,
    home,
    jobs,
    log,
    media,
    operations,
    projections,
    streaming,
)
from interfaces.http.auth import Doorkeeper, refuse_undeclared
from interfaces.http.edge import Edge
from interfaces.http.identity import routes as identity
from interfaces.http.identity.attempts import open_address_limiter
from interfaces.http.identity.browser import BrowserBinding
from interfaces.http.identity.personal_data import open_exports
from interfaces.http.identity.redirects import open_redirects
from interfaces.http.limits import RateLimiter
from interfaces.http.problems import answer_problem
from interfaces.http.refusals import BODY_LIMIT
from interfaces.http.request import ApiRequest
from interfaces.http.room import routes as room
from interfaces.http.schema import openapi_config
from interfaces.http.shop import routes as shop
from interfaces.http.version import VERSION
from interfaces.platform import Platform
from interfaces.realtime.connections import Connections
from interfaces.realtime.hub import Hub
from interfaces.realtime.opening import open_connections, open_endpoint
from interfaces.webhooks import apple, cloudflare, facebook

BASE = "/api/v1"


def create_app(platform: Platform, hub: Hub) -> ASGIApp:
    """Raises `UndeclaredAccess` when a route does not say who may call it."""
    settings = platform.settings
    limiter = RateLimiter(
        platform.redis, prefix=settings.redis_prefix, per_minute=settings.rate_limit_per_minute
    )
    doorkeeper = Doorkeeper(platform.tokens, platform.session_watch, limiter)
    connections = open_connections(settings)
    app = _application(platform, hub, doorkeeper, connections)
    refuse_undeclared(app.routes, doorkeeper)
    return Edge(
        app,
        origins=settings.allowed_origins,
        secure=_is_secure(settings),
        websockets=open_endpoint(platform, hub, doorkeeper, limiter, connections),
    )


def _application(
    platform: Platform, hub: Hub, doorkeeper: Doorkeeper, connections: Connections
) -> Litestar:
    api = Router(
        BASE,
        route_handlers=[
            *identity.ROUTES,
            *streaming.ROUTES,
            *broadcasts.ROUTES,
            *room.ROUTES,
            *shop.ROUTES,
            *media.ROUTES,
            *log.ROUTES,
            *audit.ROUTES,
            *projections.ROUTES,
            *jobs.ROUTES,
            *operations.ROUTES,
            *cloudflare.ROUTES,
            *facebook.ROUTES,
            *apple.ROUTES,
        ],
    )
    probes = Router("/", route_handlers=operations.PROBES, include_in_schema=False)
    return Litestar(
        route_handlers=[api, probes, *home.ROUTES, *identity.PAGES],
        before_request=doorkeeper.admit,
        exception_handlers={Exception: answer_problem},
        request_class=ApiRequest,
        request_max_body_size=BODY_LIMIT,
        state=State(
            {
                "platform": platform,
                **_room_parts(platform, hub, connections),
                **_identity_parts(platform),
            },
            deep_copy=False,
        ),
        openapi_config=openapi_config(VERSION),
        logging_config=None,
    )


def _room_parts(platform: Platform, hub: Hub, connections: Connections) -> dict[str, Any]:
    return {"hub": hub, "connections": connections, "room_states": RoomStates(platform.log)}


def _identity_parts(platform: Platform) -> dict[str, Any]:
    settings = platform.settings
    return {
        "sign_in_limiter": open_address_limiter(platform.redis, settings),
        "browser_binding": BrowserBinding(secure=_is_secure(settings)),
        "redirects": open_redirects(settings),
        "exports": open_exports(platform.redis, settings),
    }


def _is_secure(settings: Settings) -> bool:
    return settings.public_url.startswith("https://")
