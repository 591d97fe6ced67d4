"""Everything the simulated login providers serve, and how their refusals are shown."""

from collections.abc import Callable
from typing import Any

from litestar import Response

from infrastructure.simulators.identity.answers import (
    AnyRequest,
    ApiRefused,
    PageRefused,
    SentBack,
    refused,
    refused_page,
    sent_back,
)
from infrastructure.simulators.identity.apple import apple_routes
from infrastructure.simulators.identity.control import identity_control_routes
from infrastructure.simulators.identity.facebook_graph import facebook_routes
from infrastructure.simulators.identity.google import google_routes
from infrastructure.simulators.identity.instagram import instagram_routes
from infrastructure.simulators.identity.line_api import line_routes


def _refused(_: AnyRequest, problem: ApiRefused) -> Response[bytes]:
    return refused(problem)


def _refused_page(_: AnyRequest, problem: PageRefused) -> Response[str]:
    return refused_page(problem)


def _sent_back(_: AnyRequest, problem: SentBack) -> Response[Any]:
    return sent_back(problem)


identity_routers = (
    identity_control_routes,
    line_routes,
    facebook_routes,
    instagram_routes,
    google_routes,
    apple_routes,
)
identity_refusals: dict[int | type[Exception], Callable[[AnyRequest, Any], Response[Any]]] = {
    ApiRefused: _refused,
    PageRefused: _refused_page,
    SentBack: _sent_back,
}
