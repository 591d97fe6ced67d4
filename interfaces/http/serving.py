"""How uvicorn serves the application."""

import uvicorn
from litestar.types import ASGIApp

from interfaces.realtime.room_socket import RoomSocket

# After the viewers' LIVE_ROOM_DRAIN_SECONDS: with it less than the ten seconds that a container is
# given to end where nothing else is said.
_DRAIN_SECONDS = 4
_BACKLOG = 4096  # reconnect storms: at the usual 100, most of a burst waits for SYN retries
_LARGEST_FRAME = 16 * 1024


def server_config(app: ASGIApp, host: str, port: int) -> uvicorn.Config:
    """uvicorn's own logging stays off: requests are counted and timed, failures logged once."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http="httptools",
        ws=RoomSocket,
        ws_max_size=_LARGEST_FRAME,
        ws_ping_interval=None,  # the room has its own
        ws_per_message_deflate=False,  # doubles the cost of a delivery
        lifespan="off",
        log_config=None,
        log_level="warning",  # below that it logs addresses whole, tokens in them
        access_log=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )
