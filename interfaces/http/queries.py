"""Answers questions from projections, as of a position the client may ask for."""

from typing import Any

from litestar import Response

from interfaces.http.request import ApiRequest
from interfaces.http.validation import FieldError, InvalidInput
from projections.projection import Projection, Seen

_LARGEST_POSITION = 2**63 - 1
_MOST_DIGITS = 19


async def catch_up(request: ApiRequest, projection: Projection[Any]) -> None:
    """Waits until `projection` shows what the client has seen; raises `ProjectionBehind`."""
    wanted = wanted_position(request)
    if wanted:
        await request.platform.views.wait(projection, wanted)


def wanted_position(request: ApiRequest) -> int:
    """Of `min_position` or the header Min-Position, the greater; 0 where neither is sent."""
    asked = request.query_params.get("min_position")
    header = request.exchange.header(b"min-position")
    return max(_position("min_position", asked), _position("Min-Position", header))


def _position(field: str, sent: str | None) -> int:
    if not sent:
        return 0
    if not (sent.isascii() and sent.isdigit()):
        raise InvalidInput(FieldError(field, "wrong_type", expected="int"))
    if len(sent) > _MOST_DIGITS or int(sent) > _LARGEST_POSITION:
        raise InvalidInput(FieldError(field, "too_large", bound=str(_LARGEST_POSITION)))
    return int(sent)


def seen_at(position: int) -> dict[str, str]:
    return {"projection-position": str(position)}


def answer(seen: Seen[Any], body: Any, headers: dict[str, str] | None = None) -> Response[Any]:
    """`body` as JSON, and where its projection stood."""
    return Response(body, headers={**seen_at(seen.position), **(headers or {})})
