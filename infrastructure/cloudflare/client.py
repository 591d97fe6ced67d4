"""The way to Cloudflare's API: one authorised HTTP client, paced, retried and counted.

Knows nothing of live inputs. A call that may have happened is repeated here only when doing it
twice is harmless.
"""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from random import SystemRandom
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec
from redis.asyncio import Redis

from application.ports import (
    ProviderNotFound,
    ProviderRefused,
    ProviderThrottled,
    ProviderUnavailable,
)
from infrastructure.cloudflare.envelope import check_done, result_of, throttled_for
from infrastructure.cloudflare.gate import Allowance, CallGate
from infrastructure.observability.metrics import PROVIDER_CALLS
from infrastructure.observability.traces import span
from infrastructure.settings import Secret, Settings

CLOUDFLARE_API_URL = "https://api.cloudflare.com/client/v4"
TIMEOUT = httpx.Timeout(connect=5.0, read=15.0, write=10.0, pool=10.0)
_ATTEMPTS = 3
_LONGEST_OWN_PAUSE = 5.0
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_UID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_random = SystemRandom()

T = TypeVar("T")


class NotSent(ProviderUnavailable):
    """The call never left: repeating it is harmless."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    api_url: str
    account_id: str
    token: Secret


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request to the account's API. `path` follows `/accounts/<id>`.

    `repeatable`: doing it twice is harmless. `secrets` are values its body holds that no error
    text may show.
    """

    operation: str
    method: str
    path: str
    query: Mapping[str, str] = {}
    body: Mapping[str, Any] | None = None
    idempotency_key: str | None = None
    repeatable: bool = True
    secrets: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Call({self.operation})"


class CloudflareClient:
    """Calls the Stream API of one account. Every method raises `ProviderError`.

    Bound to the event loop it is first used in. `backoff` is the first pause between tries, in
    seconds; it doubles, with jitter.
    """

    def __init__(
        self,
        account: Account,
        gate: CallGate,
        *,
        timeout: httpx.Timeout = TIMEOUT,
        backoff: float = 0.25,
    ) -> None:
        self._gate = gate
        self._token = account.token.text
        self._backoff = backoff
        self._http = httpx.AsyncClient(
            base_url=f"{account.api_url}/accounts/{account.account_id}",
            headers={"Authorization": f"Bearer {self._token}", "Accept": "application/json"},
            timeout=timeout,
            limits=httpx.Limits(max_connections=20, max_keepalive_connections=10),
            trust_env=not _is_local(account.api_url),
        )

    async def fetch(self, call: Call) -> bytes:
        """The `result` of the answer, as JSON."""
        secrets = (self._token, *call.secrets)
        return await self._repeat(call, lambda response: result_of(response, secrets))

    async def do(self, call: Call) -> None:
        """For calls answered without a body: any 2xx is done."""
        await self._repeat(call, check_done)

    async def pause(self, tries: int, problem: ProviderUnavailable) -> None:
        """Waits before another try; raises `problem` when there should be none."""
        throttled = isinstance(problem, ProviderThrottled)
        if tries >= _ATTEMPTS or throttled or problem.retry_after > _LONGEST_OWN_PAUSE:
            raise problem
        longest = min(self._backoff * 2 ** (tries - 1), _LONGEST_OWN_PAUSE)
        await asyncio.sleep(_random.uniform(longest / 2, longest))

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _repeat(self, call: Call, read: Callable[[httpx.Response], T]) -> T:
        tries = 0
        while True:
            try:
                return await self._once(call, read)
            except ProviderUnavailable as problem:
                if not (call.repeatable or isinstance(problem, NotSent)):
                    raise
                tries += 1
                await self.pause(tries, problem)

    async def _once(self, call: Call, read: Callable[[httpx.Response], T]) -> T:
        with span(f"cloudflare.{call.operation}"), _counted(call.operation):
            await self._gate.enter()
            response = await self._send(call)
            held = throttled_for(response)
            if held is not None:
                await self._gate.hold(held)
            return read(response)

    async def _send(self, call: Call) -> httpx.Response:
        # `from None`: the frames below hold the request with its secrets.
        key = call.idempotency_key
        try:
            return await self._http.request(
                call.method,
                call.path,
                params=dict(call.query),
                json=call.body,
                headers={"Idempotency-Key": key} if key else None,
            )
        except _NEVER_SENT as problem:
            raise NotSent(f"Cloudflare is out of reach: {type(problem).__name__}") from None
        except httpx.HTTPError as problem:
            detail = f"Cloudflare did not answer: {type(problem).__name__}"
            raise ProviderUnavailable(detail) from None


def open_client(settings: Settings, redis: "Redis | None" = None) -> CloudflareClient:
    """With `redis`, all processes that share it keep to one budget and one block."""
    account = Account(
        api_url=settings.cloudflare_api_url or CLOUDFLARE_API_URL,
        account_id=settings.cloudflare_account_id,
        token=settings.cloudflare_api_token,
    )
    allowance = Allowance(settings.cloudflare_calls_per_5_minutes)
    gate = CallGate(allowance, redis=redis, prefix=settings.redis_prefix)
    return CloudflareClient(account, gate)


def checked(uid: str) -> str:
    """A uid that may stand in a path; anything else cannot exist at Cloudflare."""
    if not _UID.fullmatch(uid):
        raise ProviderNotFound("that is no Cloudflare uid", status=404, code="not_a_uid")
    return uid


def _is_local(url: str) -> bool:
    """A simulator on this machine is never behind the proxy the environment names."""
    return urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}


@contextmanager
def _counted(operation: str) -> Iterator[None]:
    outcome = "failed"  # such as a call that was cut off
    try:
        yield
    except ProviderThrottled:
        outcome = "throttled"
        raise
    except ProviderUnavailable:
        outcome = "unavailable"
        raise
    except ProviderRefused:
        outcome = "refused"
        raise
    else:
        outcome = "ok"
    finally:
        PROVIDER_CALLS.labels("cloudflare", operation, outcome).inc()
