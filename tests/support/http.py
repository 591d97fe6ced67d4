"""The HTTP application on a real socket, with a real log, database, Redis and projector."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import uvicorn

from application.ports import Dispatch
from domain.identity.values import Role
from domain.shared import Command
from infrastructure.database import METADATA
from infrastructure.embedded.surroundings import completed
from infrastructure.event_store.opening import lay_head
from infrastructure.ids import new_id
from infrastructure.settings import Settings, load_settings
from interfaces.bootstrap.platform import open_platform
from interfaces.http.app import create_app
from interfaces.http.serving import server_config
from interfaces.platform import Platform
from interfaces.realtime.hub import Hub
from interfaces.realtime.opening import open_hub
from interfaces.roles import background
from tests.support.eventually import eventually

BASE = "/api/v1"
ORIGIN = "https://shop.example"
LIVE_SECRET = "live-webhook-secret"
VIDEO_SECRET = "video-webhook-secret"


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """pytest handles signals."""
        yield


@dataclass(frozen=True, kw_only=True)
class Api:
    """A client of the running server, and the platform behind it."""

    platform: Platform
    hub: Hub
    client: httpx.AsyncClient
    url: str

    async def token(self, name: str, *roles: Role, language: str = "en") -> str:
        body = {"name": name, "roles": list(roles), "language": language}
        answer = await self.client.post(f"{BASE}/auth/dev", json=body)
        token: str = answer.json()["access_token"]
        return token

    async def announced(self, headers: dict[str, str], **show: object) -> tuple[str, int]:
        """A new show's id, and the position it stands in the log at."""
        body = {"title": "Test Stream", "description": "Testing", **show}
        answer = await self.client.post(f"{BASE}/streams", json=body, headers=headers)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        return answer.json()["id"], answer.json()["position"]

    async def reported(self, command: Command) -> int:
        """Has a job's report decided; the position it reached."""
        outcome = await self.platform.bus.execute(
            Dispatch(
                command=command, command_id=new_id(), actor="system:test", now=datetime.now(UTC)
            )
        )
        return outcome.position

    async def headers(self, name: str, *roles: Role, **more: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {await self.token(name, *roles)}", **more}


def api_settings(
    folder: Path, *, database_url: str, redis_url: str, prefix: str, **more: str
) -> Settings:
    environ = {
        "VAR_DIR": str(folder),
        "LIVE_DATABASE_URL": database_url,
        "LIVE_REDIS_URL": redis_url,
        "LIVE_JOBS_REDIS_URL": redis_url,
        "LIVE_REDIS_PREFIX": prefix,
        "LIVE_ALLOWED_ORIGINS": ORIGIN,
        "LIVE_CLOUDFLARE_API_URL": "http://127.0.0.1:9/client/v4",
        "LIVE_CLOUDFLARE_ACCOUNT_ID": "0123456789abcdef0123456789abcdef",
        "LIVE_CLOUDFLARE_API_TOKEN": "an invented token",
        "LIVE_CLOUDFLARE_LIVE_WEBHOOK_SECRET": LIVE_SECRET,
        "LIVE_CLOUDFLARE_VIDEO_WEBHOOK_SECRET": VIDEO_SECRET,
        "LIVE_R2_ENDPOINT_URL": "http://127.0.0.1:9/r2",
        "LIVE_R2_ACCESS_KEY_ID": "invented",
        "LIVE_R2_SECRET_ACCESS_KEY": "invented",
        "LIVE_R2_PUBLIC_URL": "https://media.example",
        **more,
    }
    return completed(load_settings(environ))


@asynccontextmanager
async def running_api(settings: Settings, *, projecting: bool = True) -> AsyncIterator[Api]:
    async with open_platform(settings, alone=True) as platform:
        async with platform.engine.begin() as connection:
            await connection.run_sync(METADATA.create_all)
        await lay_head(platform.engine)
        async with (
            background.projecting(platform) if projecting else nullcontext(),
            open_hub(platform) as hub,
            _listening(platform, hub) as url,
            httpx.AsyncClient(base_url=url) as client,
        ):
            if projecting:
                await _lists(client)
            yield Api(platform=platform, hub=hub, client=client, url=url)


async def _lists(client: httpx.AsyncClient) -> None:
    """Returns once the projections serve."""

    async def answers() -> bool:
        return (await client.get(f"{BASE}/streams")).status_code == httpx.codes.OK

    await eventually(answers)


@asynccontextmanager
async def _listening(platform: Platform, hub: Hub) -> AsyncIterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        server = _Server(server_config(create_app(platform, hub), "127.0.0.1", port))
        serving = asyncio.create_task(server.serve([listening]))
        try:
            await eventually(lambda: server.started)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            await serving


def problem(answer: httpx.Response) -> Mapping[str, object]:
    """The problem an answer holds, with everything a problem must have."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["request-id"]
    found: dict[str, object] = answer.json()
    assert {"type", "title", "status", "detail", "code", "instance"} <= found.keys()
    assert found["status"] == answer.status_code
    return found
