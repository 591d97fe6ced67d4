"""`live processes`: how far each has come, what it set aside, and its deadlines."""

from datetime import timedelta

import click

from domain.shared import EPOCH
from interfaces.cli.opening import operated_platform, run
from interfaces.cli.output import show_table


class NotParked(Exception):
    """The process has set no such stream aside."""


@click.group()
def processes() -> None:
    """See processes and their deadlines, and repair what they set aside.

    \b
    live processes status
    live processes retry NAME            try parked streams now
    live processes release NAME STREAM   give up the one event it fails on
    """


@processes.command()
def status() -> None:
    """Position, events behind, who runs it, parked streams with their errors, deadlines."""
    run(_status())


@processes.command()
@click.argument("name")
@click.option("--stream", help="Left out: every parked stream.")
def retry(name: str, stream: str | None) -> None:
    """Try parked streams now, not at the end of their pause."""
    run(_retry(name, stream))


@processes.command()
@click.argument("name")
@click.argument("stream")
def release(name: str, stream: str) -> None:
    """Give up the event the process fails on. What should follow from it will not happen.

    The events behind it are processed. Fixing the process and `retry` loses nothing instead.
    """
    run(_release(name, stream))


async def _status() -> None:
    async with operated_platform() as platform:
        found = await platform.processes.status()
        rows = [(one.name, one.position, one.behind, one.owner or "-", one.parked) for one in
                found]  # fmt: skip
        show_table(("process", "position", "behind", "runs at", "parked"), rows)
        for one in found:
            for parked in await platform.processes.parked.of(one.name):
                click.echo(f"parked\t{parked.stream}\t{parked.version}\t{parked.error}")
        next_us = await platform.deadlines.next_due_us()
        click.echo(f"deadlines\t{await platform.deadlines.count()}\t{_moment(next_us)}")


async def _retry(name: str, stream: str | None) -> None:
    async with operated_platform() as platform:
        chosen = await platform.processes.parked.retry(name, stream)
    if stream is not None and not chosen:
        raise NotParked(f"{name} has not set {stream} aside")
    click.echo(f"retrying\t{chosen}")


async def _release(name: str, stream: str) -> None:
    async with operated_platform() as platform:
        if not await platform.processes.parked.release(name, stream):
            raise NotParked(f"{name} has not set {stream} aside")
    click.echo("released")


def _moment(micros: int | None) -> str:
    if micros is None:
        return "-"
    return (EPOCH + timedelta(microseconds=micros)).isoformat(timespec="seconds")
