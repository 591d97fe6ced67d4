"""Calls to one login provider: what gave no usable answer is told apart from what said no.

An address and a body here hold codes, tokens and secrets: no error repeats anything of them.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from application.ports import ProviderThrottled, ProviderUnavailable
from domain.identity.values import Provider
from infrastructure.observability.metrics import PROVIDER_CALLS
from infrastructure.observability.traces import span

TIMEOUT = httpx.Timeout(connect=5.0, read=10.0, write=5.0, pool=5.0)
_LONGEST_PAUSE = 300.0


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """`body` is empty where the answer holds no JSON object."""

    status: int
    body: Mapping[str, Any]
    max_age: str = ""

    @property
    def ok(self) -> bool:
        return self.status < httpx.codes.MULTIPLE_CHOICES

    def __repr__(self) -> str:
        return f"Answer(status={self.status})"


class ProviderCalls:
    """With `simulator_url` every address keeps its path, at `<simulator>/<provider>`."""

    def __init__(
        self, provider: Provider, http: httpx.AsyncClient, *, simulator_url: str = ""
    ) -> None:
        self.provider = provider
        self._http = http
        self._simulator = f"{simulator_url}/{provider}" if simulator_url else ""

    def address(self, url: str) -> str:
        """Where the provider's `url` is for us."""
        return f"{self._simulator}{urlsplit(url).path}" if self._simulator else url

    async def send(self, operation: str, method: str, url: str, **parts: Any) -> Answer:
        """2xx and 4xx alike; `parts` as httpx takes them. Raises `ProviderUnavailable`."""
        with span(f"{self.provider}.{operation}"), _counted(self.provider, operation) as outcome:
            answer = await self._answer(method, url, parts)
            outcome.append("ok" if answer.ok else "refused")
            return answer

    async def _answer(self, method: str, url: str, parts: Mapping[str, Any]) -> Answer:
        # `from None`: the frames below hold the request.
        try:
            response = await self._http.request(method, self.address(url), **parts)
        except httpx.HTTPError as problem:
            detail = f"{self.provider} did not answer: {type(problem).__name__}"
            raise ProviderUnavailable(detail) from None
        self._check(response)
        return Answer(
            status=response.status_code,
            body=_object(response.content),
            max_age=response.headers.get("cache-control", ""),
        )

    def _check(self, response: httpx.Response) -> None:
        status = response.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS:
            raise ProviderThrottled(
                f"{self.provider}: too many calls", retry_after=_pause(response)
            )
        if response.is_server_error or response.is_redirect:
            raise ProviderUnavailable(f"{self.provider} answered {status}")


def _object(content: bytes) -> Mapping[str, Any]:
    try:
        read = msgspec.json.decode(content)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def _pause(response: httpx.Response) -> float:
    asked = response.headers.get("retry-after", "")
    return min(float(asked), _LONGEST_PAUSE) if asked.isdecimal() else 30.0


@contextmanager
def _counted(provider: Provider, operation: str) -> Iterator[list[str]]:
    outcome: list[str] = []
    try:
        yield outcome
    except ProviderThrottled:
        outcome.append("throttled")
        raise
    except ProviderUnavailable:
        outcome.append("unavailable")
        raise
    finally:
        PROVIDER_CALLS.labels(provider, operation, (outcome or ["failed"])[0]).inc()
