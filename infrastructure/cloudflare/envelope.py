"""Reads Cloudflare's answers: the envelope, its errors, and what the headers say of the budget.

Envelope: {"result", "success", "errors": [{"code", "message"}], "messages"}. Errors come out as
port errors whose text holds nothing secret.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import msgspec

from application.ports import (
    ProviderError,
    ProviderNotFound,
    ProviderRefused,
    ProviderThrottled,
    ProviderUnavailable,
)

BLOCK_SECONDS = 300.0
_LONGEST_HOLD = 3600.0
_MESSAGE_LENGTH = 200
_SECRET_LOOKING = re.compile(r"[0-9A-Za-z+/=_-]{40,}")
_QUOTA = re.compile(r";\s*r=(\d+)\s*;\s*t=(\d+)")
_TRY_AGAIN = frozenset({408, 425})


class _Problem(msgspec.Struct, frozen=True, kw_only=True):
    code: int | str | None = None
    message: str | None = None


class _Envelope(msgspec.Struct, frozen=True, kw_only=True):
    success: bool = False
    result: msgspec.Raw = msgspec.Raw(b"null")
    errors: list[_Problem] | None = None


def result_of(response: httpx.Response, secrets: tuple[str, ...] = ()) -> bytes:
    """The envelope's `result` as JSON.

    Raises a `ProviderError` for anything but success; no value in `secrets` stands in its text.
    """
    envelope = _envelope(response)
    if response.is_success and envelope is None:
        raise ProviderUnavailable("Cloudflare's answer could not be read")
    if not response.is_success or envelope is None or not envelope.success:
        raise _error(response, envelope, secrets)
    return bytes(envelope.result)


def check_done(response: httpx.Response) -> None:
    """For calls answered without a body. Any 2xx counts; raises as `result_of` does."""
    if not response.is_success:
        raise _error(response, _envelope(response), ())


def throttled_for(response: httpx.Response) -> float | None:
    """How many seconds all calls must stop for, when the answer says so.

    A 429 does, for its `retry-after` (five minutes where it gives none), and so does a
    `Ratelimit: "default";r=0;t=30`: nothing is left for the next 30 s.
    """
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        told = retry_after(response)
        return BLOCK_SECONDS if told is None else min(max(told, 1.0), _LONGEST_HOLD)
    quotas = _QUOTA.findall(response.headers.get("ratelimit", ""))
    spent = [float(reset) for remaining, reset in quotas if int(remaining) == 0]
    return min(max(spent), BLOCK_SECONDS) if spent and max(spent) > 0 else None


def retry_after(response: httpx.Response) -> float | None:
    """RFC 9110 §10.2.3: seconds, or a date."""
    raw = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", raw):
        return float(raw)
    try:
        return max(0.0, (parsedate_to_datetime(raw) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _envelope(response: httpx.Response) -> _Envelope | None:
    try:
        return msgspec.json.decode(response.content, type=_Envelope)
    except (msgspec.MsgspecError, RecursionError):
        return None


def _error(
    response: httpx.Response, envelope: _Envelope | None, secrets: tuple[str, ...]
) -> ProviderError:
    status = response.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS:
        held = throttled_for(response) or BLOCK_SECONDS
        return ProviderThrottled("Cloudflare's call budget is spent", retry_after=held)
    code, message = _first_problem(envelope)
    detail = f"Cloudflare answered {status} {code}: {_without(secrets, message)}"
    if response.is_server_error or response.is_redirect or status in _TRY_AGAIN:
        pause = min(retry_after(response) or 5.0, _LONGEST_HOLD)
        return ProviderUnavailable(detail, retry_after=pause)
    if status == httpx.codes.NOT_FOUND:
        return ProviderNotFound(detail, status=status, code=code)
    return ProviderRefused(detail, status=status, code=code)


def _first_problem(envelope: _Envelope | None) -> tuple[str, str]:
    if envelope is None or not envelope.errors:
        return "", "no reason given"
    problem = envelope.errors[0]
    code = "" if problem.code is None else str(problem.code)
    return code[:64], problem.message or "no reason given"


def _without(secrets: tuple[str, ...], message: str) -> str:
    for secret in filter(None, secrets):
        message = message.replace(secret, "…")
    return _SECRET_LOOKING.sub("…", message)[:_MESSAGE_LENGTH]
