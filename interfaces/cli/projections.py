"""`live projections`: how far they are, rebuilding them, and what they set aside."""

import asyncio
import getpass
import time

import click

from infrastructure.read_models.control import UnknownProjection
from infrastructure.read_models.status import ProjectionStatus
from interfaces.cli.opening import operated_platform, run
from interfaces.cli.output import progress, show_table
from interfaces.platform import Platform

_POLL_SECONDS = 0.5
_PATIENCE_SECONDS = 30.0


class NoProjector(Exception):
    """Nothing takes the rebuild up. The text is one line."""


@click.group()
def projections() -> None:
    """See, rebuild and repair projections. The work is done by the projector.

    \b
    live projections status
    live projections rebuild live_streams --wait
    live projections retry live_streams
    """


@projections.command()
def status() -> None:
    """Every generation: its position, how far it is behind, and its parked streams."""
    run(_status())


@projections.command()
@click.argument("name")
@click.option("--wait", is_flag=True, help="Until the new generation serves.")
def rebuild(name: str, *, wait: bool) -> None:
    """Build a projection anew beside the one that serves, which it then replaces."""
    run(_rebuild(name, wait=wait))


@projections.command()
@click.argument("name")
@click.option("--stream", help="Left out: every parked stream.")
def retry(name: str, stream: str | None) -> None:
    """Fold parked streams again, from their first parked events."""
    run(_retry(name, stream))


@projections.command()
@click.argument("name")
@click.argument("stream")
def release(name: str, stream: str) -> None:
    """Give up a stream's first parked event, unless it erases somebody; who did it is kept."""
    run(_release(name, stream))


async def _status() -> None:
    async with operated_platform() as platform:
        found = await platform.projections.status()
        show_table(
            (
                "projection",
                "store",
                "generation",
                "state",
                "position",
                "behind",
                "seconds",
                "parked",
            ),
            [_row(one) for one in found],
        )
        for name in sorted({one.name for one in found}):
            for parked in await platform.projections.parked(name):
                fields = (name, parked.stream, parked.version, parked.type, parked.error)
                click.echo("parked\t" + "\t".join(map(str, fields)))


def _row(one: ProjectionStatus) -> tuple[object, ...]:
    generation = f"{one.generation} (v{one.version})"
    seconds = f"{one.lag_seconds:.1f}"
    return (one.name, one.store, generation, one.state, one.position, one.lag_events, seconds,
            one.parked_streams)  # fmt: skip


async def _rebuild(name: str, *, wait: bool) -> None:
    async with operated_platform() as platform:
        before = await _newest(platform, name)
        await platform.projections.rebuild(name)
        if not wait:
            click.echo("asked for")
            return
        with progress(f"rebuilding {name}", await platform.log.head()) as advance:
            patience = time.monotonic() + _PATIENCE_SECONDS
            while True:
                newest = await _newest(platform, name)
                advance(newest.position if newest.generation > before.generation else 0)
                if newest.generation > before.generation and newest.state == "active":
                    break
                if newest.generation == before.generation and time.monotonic() > patience:
                    raise NoProjector("nothing takes it up: does `live projector` run?")
                await asyncio.sleep(_POLL_SECONDS)
        click.echo(f"generation {newest.generation} serves at position {newest.position}")


async def _newest(platform: Platform, name: str) -> ProjectionStatus:
    for one in await platform.projections.status():
        if one.name == name:
            return one
    raise UnknownProjection(name)


async def _retry(name: str, stream: str | None) -> None:
    async with operated_platform() as platform:
        await platform.projections.retry(name, stream)
    click.echo("asked for")


async def _release(name: str, stream: str) -> None:
    async with operated_platform() as platform:
        await platform.projections.release(name, stream, actor=f"operator:{getpass.getuser()}")
    click.echo("released")
