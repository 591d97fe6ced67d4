"""Answers questions from projections, as of a position the client may ask for."""

from typing import Any

from litestar import Response

from interfaces.http.parameters import whole
from interfaces.http.request import ApiRequest
from projections.projection import Seen


def wanted_position(request: ApiRequest) -> int:
    """Of `min_position` or the header Min-Position, the greater; 0 where neither is sent."""
    asked = request.query_params.get("min_position") or "0"
    header = request.exchange.header(b"min-position") or "0"
    return max(whole("min_position", asked), whole("Min-Position", header))


def seen_at(position: int) -> dict[str, str]:
    return {"projection-position": str(position)}


def answer(seen: Seen[Any], body: Any, headers: dict[str, str] | None = None) -> Response[Any]:
    """`body` as JSON, and where its projection stood."""
    return Response(body, headers={**seen_at(seen.position), **(headers or {})})
