"""Misbehaviour of the simulated login providers on demand, and the gate it happens at."""

import asyncio
from typing import Annotated, Literal

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from infrastructure.simulators.identity.state import Provider

_PREFIXES = ("/line/", "/facebook/", "/instagram/", "/google/", "/apple/")


class IdentityFault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Befalls the next `times` calls whose path contains `path`, of one provider or of any.

    status: answered with `status` and nothing done · slow: answered `seconds` late ·
    cut: done, but the connection breaks in the middle of the answer.
    """

    effect: Literal["status", "slow", "cut"]
    provider: Provider | None = None
    path: str = ""
    status: Annotated[int, msgspec.Meta(ge=400, le=599)] = 500
    times: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    seconds: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 1.0


class IdentityFaults:
    """The orders still open, oldest first."""

    def __init__(self) -> None:
        self.open: list[IdentityFault] = []

    def of(self, path: str) -> IdentityFault | None:
        """The fault that befalls this call, consumed."""
        for fault in self.open:
            place = f"/{fault.provider}/" if fault.provider else ""
            if path.startswith(place) and fault.path in path:
                fault.times -= 1
                if fault.times == 0:
                    self.open.remove(fault)
                return fault
        return None


class IdentityGate:
    """Lets everything but the login providers pass untouched."""

    def __init__(self, app: ASGIApp, faults: IdentityFaults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["type"] == ScopeType.HTTP and scope["path"].startswith(_PREFIXES)
        fault = self._faults.of(scope["path"]) if ours else None
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.effect == "status":
            await _fail(send, fault.status)
        elif fault.effect == "slow":
            await asyncio.sleep(fault.seconds)
            await self._app(scope, receive, send)
        else:
            await self._app(scope, receive, _swallow)
            await _break_off(send)


async def _fail(send: Send, status: int) -> None:
    body = b'{"error":"server_error","error_description":"Ordered by the control API"}'
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _break_off(send: Send) -> None:
    """An answer that promises more than it has: the server then closes the connection."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"100")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})


async def _swallow(_: object) -> None:
    """Takes the answer nobody will see."""
