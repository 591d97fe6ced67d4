"""The simulators inside a test, and our adapters on them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from infrastructure.cloudflare.client import Account, CloudflareClient
from infrastructure.cloudflare.gate import Allowance, CallGate
from infrastructure.settings import Secret
from infrastructure.simulators.config import SimulatorConfig
from infrastructure.simulators.serving import Simulators, running

ANSWER_SECONDS = 1.0


class SimulatedStudio:
    """Drives the simulator by its control API."""

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(base_url=f"{url}/_simulator", trust_env=False)

    async def connect(self, input_uid: str) -> None:
        await self._post(f"/inputs/{input_uid}/connect")

    async def disconnect(self, input_uid: str) -> None:
        await self._post(f"/inputs/{input_uid}/disconnect")

    async def reject(self, input_uid: str, code: str) -> None:
        await self._post(f"/inputs/{input_uid}/error", {"code": code})

    async def finish_recordings(self) -> None:
        await self._post("/advance")

    async def lose_answer(self, method: str, path: str) -> None:
        """For longer than `client_on` waits."""
        fault = {"effect": "timeout_after_success", "method": method, "path": path}
        await self._post("/api/faults", {**fault, "seconds": 1.5 * ANSWER_SECONDS})

    async def budget(self, limit: int, window: float) -> None:
        answer = await self._http.put("/api/budget", json={"limit": limit, "window": window})
        answer.raise_for_status()

    async def status_form(self, form: str) -> None:
        (await self._http.put("/switches", json={"status_form": form})).raise_for_status()

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _post(self, path: str, body: Any = None) -> None:
        (await self._http.post(path, json=body)).raise_for_status()


@asynccontextmanager
async def simulated(
    folder: Path, **chosen: Any
) -> AsyncIterator[tuple[Simulators, SimulatedStudio]]:
    """Recordings are ready when told to be, not by time."""
    config = SimulatorConfig(var_dir=folder, **{"processing_time": 60, **chosen})
    async with running(config) as simulators:
        studio = SimulatedStudio(simulators.url)
        try:
            yield simulators, studio
        finally:
            await studio.aclose()


@asynccontextmanager
async def client_on(simulators: Simulators) -> AsyncIterator[CloudflareClient]:
    config = simulators.config
    account = Account(
        api_url=f"{simulators.url}/client/v4",
        account_id=config.account_id,
        token=Secret(config.api_tokens[0]),
    )
    client = CloudflareClient(
        account,
        CallGate(Allowance(10_000)),
        timeout=httpx.Timeout(ANSWER_SECONDS),
        backoff=0.01,
    )
    try:
        yield client
    finally:
        await client.aclose()
