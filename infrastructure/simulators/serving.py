"""Runs every simulator in one process: one HTTP port, one RTMP port, one state folder."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from litestar import Litestar, Request, Response, Router
from litestar.config.cors import CORSConfig
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.handlers import ASGIRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send

from infrastructure.simulators.cloudflare.alerting import (
    alerting_routes,
    stream_webhook_handlers,
)
from infrastructure.simulators.cloudflare.control import control_routes
from infrastructure.simulators.cloudflare.encoder import TestEncoders
from infrastructure.simulators.cloudflare.envelope import ApiRefusal, refused
from infrastructure.simulators.cloudflare.gate import ApiGate
from infrastructure.simulators.cloudflare.ingest import IngestServer
from infrastructure.simulators.cloudflare.live_inputs import live_input_routes
from infrastructure.simulators.cloudflare.playback import (
    PlaybackRefused,
    Views,
    playback_handlers,
)
from infrastructure.simulators.cloudflare.simulator import CloudflareSimulator
from infrastructure.simulators.cloudflare.videos import video_handlers
from infrastructure.simulators.config import SimulatorConfig
from infrastructure.simulators.documents import open_documents
from infrastructure.simulators.identity.faults import IdentityGate
from infrastructure.simulators.identity.routes import identity_refusals, identity_routers
from infrastructure.simulators.identity.simulator import IdentitySimulator
from infrastructure.simulators.r2.objects import ObjectShelf
from infrastructure.simulators.r2.serving import Credentials, PublicApp, S3App

_PARENT_CHECK_SECONDS = 0.5
_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - recognised, not chosen
_API_PREFIXES = ("/client/v4/", "/_simulator")

AnyRequest = Request[Any, Any, Any]


class _Server(uvicorn.Server):
    """Leaves signals to its owner and tells when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Simulators:
    """All of them, running between `start` and `stop`. `url` and `rtmp_url` are set by then."""

    def __init__(self, config: SimulatorConfig) -> None:
        self.config = config
        self.url = ""
        self.rtmp_url = ""
        self._database = open_documents(config.var_dir / "simulators.sqlite3")
        self.cloudflare = CloudflareSimulator(config, self._database)
        self.identity = IdentitySimulator(config.identity, self._database)
        self._shelf = ObjectShelf(self._database, config.var_dir / "r2", config.r2_buckets)
        self._encoders = TestEncoders()
        self._ingest = IngestServer(self.cloudflare)
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Raises OSError when a port is taken. Who reaches the HTTP port finds RTMP there too."""
        rtmp_port = await self._ingest.start(self.config.host, self.config.rtmp_port)
        listener = _listen(self.config.host, self.config.port)
        self.url = self.config.public_url or _origin(listener)
        self.rtmp_url = f"rtmp://{self._rtmp_host()}:{rtmp_port}/live/"
        self._server = _Server(self._uvicorn_config())
        self.cloudflare.start(http=self.url, rtmp=self.rtmp_url)
        self.identity.origin = self.url
        self._running = asyncio.create_task(self._server.serve([listener]))
        await self._server.up.wait()

    async def stop(self) -> None:
        await self._ingest.stop()
        await self._encoders.stop_all()
        if self._running is not None:
            self._server.should_exit = True
            await self._running
        await self.cloudflare.stop()
        self._database.close()

    def _rtmp_host(self) -> str:
        return self.config.rtmp_host or urlsplit(self.url).hostname or self.config.host

    def _uvicorn_config(self) -> uvicorn.Config:
        return uvicorn.Config(
            self._application(),
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=2,
        )

    def _application(self) -> ASGIApp:
        views = Views()
        gates: list[ApiGate] = []
        app = Litestar(
            route_handlers=[
                _api_routes(),
                control_routes,
                *identity_routers,
                *self._object_handlers(),
                *playback_handlers,
            ],
            dependencies={
                "simulator": Provide(lambda: self.cloudflare, sync_to_thread=False),
                "identity": Provide(lambda: self.identity, sync_to_thread=False),
                "encoders": Provide(lambda: self._encoders, sync_to_thread=False),
                "views": Provide(lambda: views, sync_to_thread=False),
                "gate": Provide(lambda: gates[0], sync_to_thread=False),
            },
            exception_handlers={
                **identity_refusals,
                ApiRefusal: _refusal,
                PlaybackRefused: _playback_refusal,
                HTTPException: _http_problem,
            },
            cors_config=CORSConfig(expose_headers=["ETag"]),
            openapi_config=None,
            logging_config=None,
            request_max_body_size=None,
        )
        gates.append(ApiGate(app, self.config, self.cloudflare.faults))
        return IdentityGate(gates[0], self.identity.faults)

    def _object_handlers(self) -> list[ASGIRouteHandler]:
        config = self.config
        credentials = Credentials(
            key_id=config.r2_access_key_id, secret=config.r2_secret_access_key
        )
        s3 = S3App(self._shelf, credentials)
        public = PublicApp(self._shelf, config.r2_buckets[0], "/media/")
        return [_mounted("/r2", s3), _mounted("/media", public)]


async def serve_simulators(
    config: SimulatorConfig, *, on_ready: Callable[[Simulators], None] | None = None
) -> None:
    """Until SIGINT or SIGTERM, or until the parent is gone when the config asks for that.

    `on_ready` hears when they answer. Raises OSError when a port is taken.
    """
    parent = config.parent_pid or os.getppid()
    leave = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, leave.set)
    async with running(config) as simulators:
        if on_ready is not None:
            on_ready(simulators)
        watch = (
            asyncio.create_task(_watch_parent(parent, leave)) if config.leave_with_parent else None
        )
        await leave.wait()
        if watch is not None:
            watch.cancel()


@contextlib.asynccontextmanager
async def running(config: SimulatorConfig) -> AsyncIterator[Simulators]:
    """The simulators inside this event loop, for tests."""
    simulators = Simulators(config)
    try:
        await simulators.start()
        yield simulators
    finally:
        await simulators.stop()


async def _watch_parent(parent: int, leave: asyncio.Event) -> None:
    while os.getppid() == parent:  # noqa: ASYNC110 - nothing tells an orphan
        await asyncio.sleep(_PARENT_CHECK_SECONDS)
    leave.set()


def _api_routes() -> Router:
    stream = Router(path="/stream", route_handlers=[live_input_routes, *video_handlers])
    return Router(
        path="/client/v4/accounts/{account:str}",
        route_handlers=[*stream_webhook_handlers, alerting_routes, stream],
    )


def _mounted(path: str, app: ASGIApp) -> ASGIRouteHandler:
    async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)

    return ASGIRouteHandler(path, is_mount=True, copy_scope=True)(mounted)


def _listen(host: str, port: int) -> socket.socket:
    return socket.create_server((host, port), backlog=512)


def _origin(listener: socket.socket) -> str:
    """Where this machine reaches the listener."""
    host, port = listener.getsockname()[:2]
    return f"http://{'127.0.0.1' if host in _EVERYWHERE else host}:{port}"


def _refusal(_: AnyRequest, problem: ApiRefusal) -> Response[bytes]:
    return refused(problem)


def _playback_refusal(_: AnyRequest, problem: PlaybackRefused) -> Response[str]:
    return Response(content=problem.text, status_code=problem.status, media_type="text/plain")


def _http_problem(request: AnyRequest, problem: HTTPException) -> Response[Any]:
    """Unknown addresses, wrong methods and bad query values, in the form of their side."""
    if request.url.path.startswith(_API_PREFIXES):
        code = 7000 if problem.status_code == 404 else 10005  # noqa: PLR2004 - HTTP's own
        return refused(ApiRefusal(problem.status_code, code, problem.detail))
    return Response(
        content=f"{problem.detail}\n", status_code=problem.status_code, media_type="text/plain"
    )
