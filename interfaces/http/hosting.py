"""What the routes of a show's host have in common."""

from typing import Any

import msgspec
from litestar import Response

from domain.streaming.commands import HostCommand
from interfaces.http.auth import only
from interfaces.http.commands import Accepted, execute
from interfaces.http.request import ApiRequest

HOST = only("host")
HOST_OR_ADMIN = only("host", "admin")
TAGS = ["Live streams"]
_ADMIN = "admin"


async def ask_as_host(
    request: ApiRequest,
    command: type[HostCommand],
    stream_id: str,
    body: msgspec.Struct | None = None,
    **asked: Any,
) -> Response[Accepted]:
    return await execute(request, command(**as_host(request, stream_id), **asked), body)


def as_host(request: ApiRequest, stream_id: str) -> dict[str, Any]:
    """Who asks. Whether the show is theirs is for the domain to say."""
    caller = request.caller
    return {"stream_id": stream_id, "by": caller.user_id, "as_admin": _ADMIN in caller.roles}


def may_run(request: ApiRequest, host_id: str) -> bool:
    """Whether the caller, if there is one, is that host or an admin."""
    caller = request.exchange.caller
    return caller is not None and (caller.user_id == host_id or _ADMIN in caller.roles)
