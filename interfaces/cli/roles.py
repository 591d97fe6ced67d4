"""`live serve`, the roles it is made of, and `live health`."""

import asyncio
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

import click

from infrastructure.settings import load_settings
from interfaces.roles import roles
from interfaces.roles.running import Role, run_role

_PATIENCE_SECONDS = 3.0


class NotHealthy(Exception):
    """The role does not answer, or says that it is not ready."""


@click.command()
def serve() -> None:
    """Run everything in one process: API, projections, processes, jobs and scheduler.

    With nothing configured it makes what it needs in VAR_DIR: an SQLite file, a private Redis,
    keys, and simulators of Cloudflare and R2. Ctrl-C ends it cleanly.

    \b
    live serve
    PORT=8123 VAR_DIR=/tmp/live live serve
    """
    _run("serve", roles.serve)


@click.command()
def api() -> None:
    """Run the HTTP and WebSocket interface alone, on HOST and PORT."""
    _run("api", roles.api)


@click.command()
def projector() -> None:
    """Run the projections alone. A second one stands by for the first."""
    _run("projector", roles.projector)


@click.command()
def worker() -> None:
    """Run jobs and processes alone. Any number may run."""
    _run("worker", roles.worker)


@click.command()
def scheduler() -> None:
    """Run deadlines, sweeps, checkpoints and tidying alone."""
    _run("scheduler", roles.scheduler)


@click.command()
@click.option("--port", type=int, help="Left out: LIVE_HEALTH_PORT, else PORT.")
def health(port: int | None) -> None:
    """Ask a role on this machine whether it is ready; ends with 1 when it is not.

    \b
    HEALTHCHECK CMD ["live", "health"]
    """
    settings = load_settings()
    chosen = port or settings.health_port or settings.port
    connection = HTTPConnection("127.0.0.1", chosen, timeout=_PATIENCE_SECONDS)
    try:
        connection.request("GET", "/health/ready")
        answer = connection.getresponse()
        body = answer.read().decode(errors="replace")
    except (OSError, HTTPException) as error:
        raise NotHealthy(f"nothing answers on port {chosen}: {error}") from error
    finally:
        connection.close()
    if answer.status != HTTPStatus.OK:
        raise NotHealthy(body)
    click.echo(body)


def _run(name: str, role: Role) -> None:
    try:
        run_role(name, role, load_settings())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
