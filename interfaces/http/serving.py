"""How uvicorn serves the application."""

import uvicorn
from litestar.types import ASGIApp

from infrastructure.settings import Settings

_DRAIN_SECONDS = 10
_BACKLOG = 4096  # reconnect storms: at the usual 100, most of a burst waits for SYN retries


def server_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """uvicorn's own logging stays off: requests are counted and timed, failures logged once."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="auto",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=16 * 1024,
        ws_ping_interval=25,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )
