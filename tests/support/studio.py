"""More levers of the simulated provider: outages, lost webhooks, spoilt recordings."""

from typing import Any

from infrastructure.simulators.serving import Simulators
from tests.support.simulated_cloudflare import SimulatedStudio
from tests.support.simulators import api_client


class Studio(SimulatedStudio):
    def __init__(self, simulators: Simulators) -> None:
        super().__init__(simulators.url)
        self._api = api_client(simulators)

    async def aclose(self) -> None:
        await self._api.aclose()
        await super().aclose()

    async def fail(self, method: str, path: str, *, status: int) -> None:
        """Until `clear_faults`, calls to paths that contain `path` are answered with `status`."""
        fault = {"effect": "status", "method": method, "path": path, "status": status}
        await self._post("/api/faults", {**fault, "times": 1000})

    async def hide_videos(self) -> None:
        """As before the provider has bound a video to the broadcast."""
        await self.fail("GET", "/videos", status=404)

    async def clear_faults(self) -> None:
        (await self._http.delete("/faults")).raise_for_status()

    async def spoil(self, video_uid: str) -> None:
        """Ends the processing of a recording with an error."""
        await self._post(f"/videos/{video_uid}/error", {"code": "ERR_UNKNOWN"})

    async def overview(self) -> Any:
        """With `inputs` and `videos`, how many there are."""
        answer = (await self._http.get("/")).raise_for_status()
        return answer.json()["result"]

    async def outputs(self, input_uid: str) -> Any:
        """As the provider lists them."""
        answer = await self._api.get(f"/live_inputs/{input_uid}/outputs")
        return answer.raise_for_status().json()["result"]
