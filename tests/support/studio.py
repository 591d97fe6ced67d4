"""More levers of the simulated provider: outages, lost webhooks, spoilt recordings."""

from typing import Any

from tests.support.simulated_cloudflare import SimulatedStudio


class Studio(SimulatedStudio):
    async def fail(self, method: str, path: str, *, status: int) -> None:
        """Until `clear_faults`, calls to paths that contain `path` are answered with `status`."""
        fault = {"effect": "status", "method": method, "path": path, "status": status}
        await self._post("/api/faults", {**fault, "times": 1000})

    async def clear_faults(self) -> None:
        (await self._http.delete("/faults")).raise_for_status()

    async def spoil(self, video_uid: str) -> None:
        """Ends the processing of a recording with an error."""
        await self._post(f"/videos/{video_uid}/error", {"code": "ERR_UNKNOWN"})

    async def overview(self) -> Any:
        """With `inputs` and `videos`, how many there are."""
        answer = (await self._http.get("/")).raise_for_status()
        return answer.json()["result"]
