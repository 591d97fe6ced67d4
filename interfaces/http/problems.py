"""Every failure as `application/problem+json` (RFC 9457), in the reader's language.

Which status each refusal of the domain has stands in `statuses`; the catalogue has the words.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from redis.exceptions import RedisError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from application.identity.ports import (
    ProviderNotAvailable,
    RefreshRefused,
    SignInRefused,
    TooManyAttempts,
)
from application.ports import (
    CommandIdReused,
    JobsUnavailable,
    LogUnavailable,
    Overloaded,
    ProviderError,
    ProviderNotFound,
    ProviderRefused,
    ProviderThrottled,
    ProviderUnavailable,
    StaleVersion,
)
from domain.shared import DomainError, Language
from infrastructure.observability.sparing import Sparing
from interfaces.amounts import in_words
from interfaces.http.exchange import Exchange, RawHeaders, exchange_of
from interfaces.http.i18n import Catalogue, catalogue
from interfaces.http.refusals import Refusal
from interfaces.http.statuses import DOMAIN_STATUS
from interfaces.http.validation import FieldError, InvalidInput, MalformedJson, field_error
from projections.projection import ProjectionBehind

CONFLICT = 409
INVALID = 422
TOO_FAST = 429
INTERNAL = 500

HTTP_CODES: dict[int, str] = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
    429: "rate_limited",
}

_OUTAGES = (
    InterfaceError,
    OperationalError,
    PoolTimeout,
    RedisError,
    JobsUnavailable,
    ConnectionError,
    TimeoutError,
)

_sparing = Sparing()
_log = structlog.get_logger("live.http")


class Failure(NamedTuple):
    """What went wrong, before it is put into words. `fields` fill the texts' placeholders."""

    status: int
    code: str
    fields: Mapping[str, Any] = {}
    headers: Mapping[str, str] = {}
    errors: tuple[FieldError, ...] = ()


_INTERNAL = Failure(INTERNAL, "internal_error")


class FieldProblem(msgspec.Struct, frozen=True):
    """`field` is the path of what is wrong, empty for the whole body."""

    field: str
    code: str
    message: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem as RFC 9457 has it; `code` is stable, the words follow Accept-Language."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
    errors: list[FieldProblem] = []


class Rendered(NamedTuple):
    """A whole answer, ready to be sent."""

    status: int
    headers: RawHeaders
    body: bytes


def answer_problem(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """For litestar, which would put an error it does not know into words of its own."""
    rendered = render(exchange_of(request.scope), error)
    headers = {name.decode(): value.decode("latin-1") for name, value in rendered.headers}
    media_type = headers.pop("content-type")
    return Response(
        rendered.body, status_code=rendered.status, headers=headers, media_type=media_type
    )


def render(exchange: Exchange, error: Exception) -> Rendered:
    failure = failure_of(error)
    if failure.status >= INTERNAL:
        _report(exchange, failure, error)
    language = exchange.language
    texts = catalogue()
    problem = Problem(
        type=f"/schema#problem-{failure.code}",
        title=_say(texts, language, f"problem_{failure.code}_title", failure.fields),
        status=failure.status,
        detail=_say(texts, language, f"problem_{failure.code}_detail", failure.fields),
        code=failure.code,
        instance=exchange.path,
        errors=_field_problems(texts, language, failure),
    )
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-language", language.encode()),
        (b"vary", b"Accept-Language"),
        (b"cache-control", b"no-store"),
        *((name.encode(), value.encode("latin-1")) for name, value in failure.headers.items()),
    ]
    return Rendered(failure.status, headers, msgspec.json.encode(problem))


def failure_of(error: BaseException) -> Failure:
    match error:
        case DomainError():
            return _of_domain(error)
        case Refusal():
            return Failure(error.status, error.code, error.fields, error.headers, error.errors)
        case InvalidInput():
            return Failure(INVALID, "invalid_input", errors=error.errors)
        case MalformedJson():
            return Failure(400, "malformed_json")
        case HTTPException():
            return _of_framework(error)
        case _:
            return _of_application(error) or _of_sign_in(error) or _of_outage(error) or _INTERNAL


def _of_domain(error: DomainError) -> Failure:
    """A refusal of one field's content also stands in `errors`, where forms look for it. One that
    time alone lifts says in how many `seconds`."""
    status = DOMAIN_STATUS.get(error.code, CONFLICT)
    field = error.fields.get("field")
    errors = (FieldError(str(field), error.code),) if field and status == INVALID else ()
    headers = retry_after(error.fields.get("seconds", 1)) if status == TOO_FAST else {}
    return Failure(status, error.code, in_words(error.fields), headers, errors)


def _of_application(error: BaseException) -> Failure | None:
    match error:
        case CommandIdReused():
            return Failure(422, "idempotency_key_reused")
        case StaleVersion():
            versions = {"expected": error.expected, "actual": error.actual}
            return Failure(412, "stale_version", versions)
        case Overloaded():
            return Failure(503, "overloaded", headers=retry_after(error.retry_after))
        case LogUnavailable():
            return Failure(503, "log_unavailable", headers=retry_after(error.retry_after))
        case ProjectionBehind():
            position = {"position": error.wanted}
            return Failure(503, "projection_behind", position, retry_after(error.retry_after))
        case ProviderError():
            return _of_provider(error)
        case _:
            return None


def _of_sign_in(error: BaseException) -> Failure | None:
    """Which of a proof's faults it was is told to nobody outside."""
    match error:
        case SignInRefused():
            return Failure(401, "sign_in_refused")
        case RefreshRefused():
            return Failure(401, "invalid_refresh_token")
        case ProviderNotAvailable():
            return Failure(CONFLICT, "provider_not_available", {"reason": error.reason})
        case TooManyAttempts():
            seconds = {"seconds": math.ceil(error.retry_after)}
            return Failure(TOO_FAST, "rate_limited", seconds, retry_after(error.retry_after))
        case _:
            return None


def _of_provider(error: ProviderError) -> Failure:
    match error:
        case ProviderThrottled():
            return Failure(503, "provider_throttled", headers=retry_after(error.retry_after))
        case ProviderUnavailable():
            return Failure(503, "provider_unavailable", headers=retry_after(error.retry_after))
        case ProviderNotFound():
            return Failure(404, "not_found")
        case ProviderRefused():
            return Failure(502, "provider_refused")
        case _:
            return Failure(502, "provider_refused")


def _of_outage(error: BaseException) -> Failure | None:
    """A database or Redis that does not answer is an outage, not a bug of the request's."""
    if isinstance(error, _OUTAGES):
        return Failure(503, "unavailable", headers=retry_after(1.0))
    return None


def _of_framework(error: HTTPException) -> Failure:
    if isinstance(error, ValidationException):
        return Failure(INVALID, "invalid_input", errors=_parameter_errors(error.extra))
    code = HTTP_CODES.get(error.status_code)
    if code is None:
        return _INTERNAL if error.status_code >= INTERNAL else Failure(400, "bad_request")
    headers = {name: value for name, value in (error.headers or {}).items() if name == "Allow"}
    return Failure(error.status_code, code, headers=headers)


def _parameter_errors(extra: Any) -> tuple[FieldError, ...]:
    """Of query and path parameters, as litestar lists them: {message, key, source}."""
    if not isinstance(extra, list):
        return ()
    return tuple(field_error(str(item.get("message", "")), _parameter(item)) for item in extra)


def _parameter(item: Mapping[str, Any]) -> str:
    key = str(item.get("key", ""))
    return "" if key == "data" else key


def retry_after(seconds: float) -> dict[str, str]:
    return {"retry-after": str(max(1, math.ceil(seconds)))}


def _field_problems(texts: Catalogue, language: Language, failure: Failure) -> list[FieldProblem]:
    return [
        FieldProblem(error.field, error.code, _field_message(texts, language, failure, error))
        for error in failure.errors
    ]


def _field_message(
    texts: Catalogue, language: Language, failure: Failure, error: FieldError
) -> str:
    expected = texts.text(language, f"type_{error.expected}", {})
    fields = {
        "bound": error.bound,
        "expected": expected or _say(texts, language, "type_other", {}),
    }
    message = texts.text(language, f"field_{error.code}", fields)
    return message or _say(texts, language, f"problem_{error.code}_detail", failure.fields)


def _say(texts: Catalogue, language: Language, key: str, fields: Mapping[str, Any]) -> str:
    return texts.text(language, key, fields) or key


def _report(exchange: Exchange, failure: Failure, error: BaseException) -> None:
    """Outages are known by name, and one line a second of each is enough; of what we did not
    foresee the whole trace is wanted, every time."""
    if failure.status == INTERNAL:
        _log.error(
            "request failed", request_id=exchange.request_id, path=exchange.path, exc_info=error
        )
        return
    if not _sparing.may_tell(failure.code):
        return
    _log.warning(
        "requests cannot be served",
        code=failure.code,
        request_id=exchange.request_id,
        path=exchange.path,
        error=type(error).__name__,
    )
