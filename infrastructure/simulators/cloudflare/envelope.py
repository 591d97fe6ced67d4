"""Cloudflare's reply envelope, its refusals, and reading of request bodies."""

from typing import Any, TypeVar

import msgspec
from litestar import Request, Response

T = TypeVar("T")

BAD_REQUEST = 10005
NOT_FOUND = 10003
AUTHENTICATION = 10000
LIVE_IN_PROGRESS = 10046
THROTTLED = 971


class ApiRefusal(Exception):
    """What the API answers with `success: false`. `status` is HTTP's, `code` Cloudflare's."""

    def __init__(self, status: int, code: int, message: str, pointer: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.pointer = pointer


def not_found(what: str) -> ApiRefusal:
    return ApiRefusal(404, NOT_FOUND, f"Not Found: {what} could not be found")


def bad_request(message: str, pointer: str | None = None) -> ApiRefusal:
    return ApiRefusal(400, BAD_REQUEST, f"Bad Request: {message}", pointer)


def ok(result: Any, **beside: Any) -> Response[bytes]:
    """`beside` stands next to `result`, as `total` and `range` of the video list do."""
    envelope = {"result": result, "success": True, "errors": [], "messages": []} | beside
    return _json(envelope, 200)


def done() -> Response[bytes]:
    """A deletion: 200 with nothing in it."""
    return Response(content=b"", status_code=200, media_type="application/json")


def refusal_body(refusal: ApiRefusal) -> bytes:
    error: dict[str, Any] = {"code": refusal.code, "message": refusal.message}
    if refusal.pointer is not None:
        error["source"] = {"pointer": refusal.pointer}
    return msgspec.json.encode(
        {"result": None, "success": False, "errors": [error], "messages": []}
    )


def refused(refusal: ApiRefusal) -> Response[bytes]:
    return Response(
        content=refusal_body(refusal), status_code=refusal.status, media_type="application/json"
    )


async def read_body(request: Request[Any, Any, Any], shape: type[T]) -> T:
    """The JSON body as `shape`; unknown fields are ignored as the provider does."""
    body = await request.body()
    try:
        return msgspec.json.decode(body or b"{}", type=shape)
    except msgspec.ValidationError as problem:
        message, _, where = str(problem).partition(" - at ")
        raise bad_request(message, _pointer(where)) from None
    except msgspec.DecodeError as problem:
        raise bad_request(f"could not decode JSON: {problem}") from None


def _pointer(where: str) -> str | None:
    path = where.strip("`").removeprefix("$")
    return path.replace(".", "/") or None


def _json(content: Any, status: int) -> Response[bytes]:
    return Response(
        content=msgspec.json.encode(content), status_code=status, media_type="application/json"
    )
