"""How a role's process starts and ends: logs, traces, signals, a clean drain."""

import asyncio
import resource
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog
import uvloop

from infrastructure.observability.logs import configure_logging
from infrastructure.observability.trace_export import exported_traces
from infrastructure.settings import Settings

Role = Callable[[Settings, asyncio.Event], Awaitable[None]]
_log = structlog.get_logger(__name__)


def run_role(name: str, role: Role, settings: Settings) -> None:
    """Runs `role` until SIGTERM or SIGINT sets the event it is given, and it has drained.

    A second signal ends the process at once.
    """
    configure_logging(level=settings.log_level, style=settings.log_format)
    _allow_open_files()
    with (
        exported_traces(settings.otlp_endpoint, role=name),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_until_signalled(role, settings))


def _allow_open_files() -> None:
    """As many as the machine's administrator lets us have: each viewer of a room is one, and the
    usual 1,024 are kept low for programs that use select(2)."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # macOS says "no limit" and means less
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _until_signalled(role: Role, settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()

    def on_signal() -> None:
        if stop.is_set() and task is not None:
            task.cancel()
        _log.info("stopping")
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    await role(settings, stop)
