"""What the edge itself refuses, before or around a command. Texts stand in the catalogue."""

from typing import Any, ClassVar

from interfaces.http.validation import FieldError

BODY_LIMIT = 256 * 1024


class Refusal(Exception):
    """Like a `DomainError`, but of HTTP's own making: it knows its status."""

    code: ClassVar[str]
    status: ClassVar[int]

    def __init__(
        self,
        headers: dict[str, str] | None = None,
        *,
        errors: tuple[FieldError, ...] = (),
        **fields: Any,
    ) -> None:
        super().__init__(self.code)
        self.headers = headers or {}
        self.errors = errors
        self.fields = fields


class BadRequest(Refusal):
    code = "bad_request"
    status = 400


class DuplicateHeader(Refusal):
    code = "duplicate_header"
    status = 400


class Unauthenticated(Refusal):
    code = "unauthenticated"
    status = 401

    def __init__(self, **fields: Any) -> None:
        super().__init__({"www-authenticate": 'Bearer realm="live"'}, **fields)


class TokenInvalid(Refusal):
    code = "invalid_token"
    status = 401

    def __init__(self, **fields: Any) -> None:
        challenge = f'Bearer realm="live", error="invalid_token", error_description="{self.code}"'
        super().__init__({"www-authenticate": challenge}, **fields)


class TokenExpired(TokenInvalid):
    code = "token_expired"


class InvalidSignature(Refusal):
    code = "invalid_signature"
    status = 401


class Forbidden(Refusal):
    code = "forbidden"
    status = 403


class NotFound(Refusal):
    code = "not_found"
    status = 404


class MethodNotAllowed(Refusal):
    code = "method_not_allowed"
    status = 405


class ClientGone(BadRequest):
    """The client left before its request was read to the end; nobody reads the answer."""


class BodyTooLarge(Refusal):
    code = "body_too_large"
    status = 413


class UnsupportedMediaType(Refusal):
    code = "unsupported_media_type"
    status = 415


class RateLimited(Refusal):
    code = "rate_limited"
    status = 429
