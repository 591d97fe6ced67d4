"""Stands before the API: bearer token, account, call budget, and faults that were ordered."""

import asyncio
import secrets
import time

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from infrastructure.simulators.cloudflare.envelope import (
    AUTHENTICATION,
    THROTTLED,
    ApiRefusal,
    refusal_body,
)
from infrastructure.simulators.cloudflare.faults import ApiFault, Faults
from infrastructure.simulators.config import SimulatorConfig

PREFIX = "/client/v4/"
Headers = list[tuple[bytes, bytes]]


class Budget(msgspec.Struct, kw_only=True):
    """Calls of one token in a fixed window; spent, it blocks every call for a whole window
    (facts: 1,200 calls in five minutes, then 429 for five minutes). Seconds, monotonic."""

    limit: int
    window: float
    used: int = 0
    started: float = 0.0
    blocked_until: float = 0.0

    def spend(self, now: float) -> bool:
        """Whether one more call is allowed."""
        if now < self.blocked_until:
            return False
        if now - self.started >= self.window:
            self.used, self.started = 0, now
        if self.used >= self.limit:
            self.blocked_until = now + self.window
            return False
        self.used += 1
        return True

    def headers(self, now: float) -> Headers:
        left = max(0, self.limit - self.used) if now >= self.blocked_until else 0
        resets = max(self.blocked_until, self.started + self.window) - now
        shown = [
            ("ratelimit", f'"default";r={left};t={max(0, round(resets))}'),
            ("ratelimit-policy", f'"default";q={self.limit};w={round(self.window)}'),
        ]
        if now < self.blocked_until:
            shown.append(("retry-after", str(max(1, round(self.blocked_until - now)))))
        return [(name.encode(), value.encode()) for name, value in shown]


class ApiGate:
    """Lets everything outside the API pass untouched."""

    def __init__(self, app: ASGIApp, config: SimulatorConfig, faults: Faults) -> None:
        self._app = app
        self._config = config
        self._faults = faults
        self._limit = config.rate_limit
        self._window = config.rate_window
        self._budgets: dict[str, Budget] = {}

    def set_budget(self, limit: int, window: float) -> None:
        """Every token starts anew with this budget."""
        self._limit, self._window = limit, window
        self._budgets.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        try:
            token = self._token(scope)
            self._check_account(scope["path"])
        except ApiRefusal as refusal:
            await _answer(send, refusal, [])
            return
        await self._budgeted(token, scope, receive, send)

    async def _budgeted(self, token: str, scope: Scope, receive: Receive, send: Send) -> None:
        now = time.monotonic()
        fresh = Budget(limit=self._limit, window=self._window, started=now)
        budget = self._budgets.setdefault(token, fresh)
        allowed = budget.spend(now)
        headers = budget.headers(now)
        if not allowed:
            text = "Please wait and consider throttling your request speed"
            await _answer(send, ApiRefusal(429, THROTTLED, text), headers)
            return
        await self._troubled(scope, receive, _adding(headers, send))

    async def _troubled(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self._faults.call(str(scope.get("method", "")), scope["path"])
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.effect == "status":
            await _refuse_as_ordered(send, fault)
        elif fault.effect == "delay":
            await asyncio.sleep(fault.seconds)
            await self._app(scope, receive, send)
        else:
            await self._app(scope, receive, _swallow)
            await asyncio.sleep(fault.seconds)
            await _answer(send, ApiRefusal(504, 0, "Gateway Timeout"), [])

    def _token(self, scope: Scope) -> str:
        sent = dict(scope["headers"]).get(b"authorization", b"")
        scheme, _, token = sent.partition(b" ")
        known = [one for one in self._config.api_tokens if _same(one.encode(), token)]
        if scheme.lower() != b"bearer" or not known:
            raise ApiRefusal(401, AUTHENTICATION, "Authentication error")
        return known[0]

    def _check_account(self, path: str) -> None:
        account = f"{PREFIX}accounts/{self._config.account_id}/"
        if not path.startswith(account):
            raise ApiRefusal(403, AUTHENTICATION, "Authentication error")


def _same(expected: bytes, sent: bytes) -> bool:
    return secrets.compare_digest(expected, sent)


async def _refuse_as_ordered(send: Send, fault: ApiFault) -> None:
    headers: Headers = []
    if fault.retry_after is not None:
        headers.append((b"retry-after", str(fault.retry_after).encode()))
    code = THROTTLED if fault.status == 429 else fault.status  # noqa: PLR2004 - HTTP's own
    await _answer(send, ApiRefusal(fault.status, code, "Ordered by the control API"), headers)


async def _answer(send: Send, refusal: ApiRefusal, headers: Headers) -> None:
    body = refusal_body(refusal)
    sent = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": refusal.status, "headers": sent + headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _adding(headers: Headers, send: Send) -> Send:
    async def add(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *headers]
        await send(message)

    return add


async def _swallow(_: Message) -> None:
    """Takes the answer nobody will see."""
