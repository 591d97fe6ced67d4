"""Health and metrics of the roles that serve no requests of their own."""

from litestar import Litestar
from litestar.datastructures import State
from litestar.types import ASGIApp

from interfaces.http.edge import Edge
from interfaces.http.operations import PROBES
from interfaces.http.problems import answer_problem
from interfaces.http.request import ApiRequest
from interfaces.platform import Platform


def create_probes(platform: Platform) -> ASGIApp:
    app = Litestar(
        route_handlers=PROBES,
        exception_handlers={Exception: answer_problem},
        request_class=ApiRequest,
        state=State({"platform": platform}, deep_copy=False),
        openapi_config=None,
        logging_config=None,
    )
    return Edge(app, origins=(), secure=False)
