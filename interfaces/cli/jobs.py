"""`live jobs`: what waits, what was given up, and giving it another chance."""

from datetime import timedelta

import click

from domain.shared import EPOCH
from infrastructure.jobs.dead_jobs import DeadJob
from interfaces.cli.opening import operated_platform, run
from interfaces.cli.output import show_table

_MOST = 100_000


class NoSuchJob(Exception):
    """No dead job has this id."""


@click.group()
def jobs() -> None:
    """See queues and dead jobs, and run those again.

    \b
    live jobs status
    live jobs dead
    live jobs dead ID          with the error of its last try
    live jobs requeue --all
    """


@jobs.command()
def status() -> None:
    """How many jobs wait, run, and are delayed; how many are dead."""
    run(_status())


@jobs.command()
@click.argument("dead_id", metavar="[ID]", required=False)
@click.option("--limit", default=50, show_default=True)
def dead(dead_id: str | None, limit: int) -> None:
    """List the jobs that were given up, the latest first, or show one with its error."""
    run(_show(dead_id) if dead_id else _list(limit))


@jobs.command()
@click.argument("dead_id", metavar="[ID]", required=False)
@click.option("--all", "every", is_flag=True, help="All of them.")
def requeue(dead_id: str | None, *, every: bool) -> None:
    """Run a dead job again, with all its tries."""
    if bool(dead_id) == every:
        raise click.UsageError("name a job, or --all")
    run(_requeue(dead_id))


async def _status() -> None:
    async with operated_platform() as platform:
        rows = [(one.queue, one.waiting, one.running, one.delayed) for one in
                await platform.jobs.sizes()]  # fmt: skip
        show_table(("queue", "waiting", "running", "delayed"), rows)
        click.echo(f"dead\t{await platform.dead_jobs.count()}")


async def _list(limit: int) -> None:
    async with operated_platform() as platform:
        found = await platform.dead_jobs.latest(limit=limit)
    rows = [(one.id, _died(one), one.job, " ".join(one.args), one.tries, _last_line(one)) for one in
            found]  # fmt: skip
    show_table(("id", "given up", "job", "args", "tries", "error"), rows)


async def _show(dead_id: str) -> None:
    async with operated_platform() as platform:
        found = await platform.dead_jobs.get(dead_id)
    if found is None:
        raise NoSuchJob(f"no dead job {dead_id}")
    click.echo(f"{found.job} {' '.join(found.args)}")
    click.echo(f"given up {_died(found)} after {found.tries} tries\n")
    click.echo(found.error)


async def _requeue(dead_id: str | None) -> None:
    async with operated_platform() as platform:
        if dead_id is None:
            chosen = await platform.dead_jobs.latest(limit=_MOST)
        else:
            one = await platform.dead_jobs.get(dead_id)
            if one is None:
                raise NoSuchJob(f"no dead job {dead_id}")
            chosen = [one]
        await platform.dead_jobs.requeue(chosen, platform.jobs)
    click.echo(f"requeued\t{len(chosen)}")


def _died(dead: DeadJob) -> str:
    return (EPOCH + timedelta(microseconds=dead.died_us)).isoformat(timespec="seconds")


def _last_line(dead: DeadJob) -> str:
    return dead.error.strip().rpartition("\n")[2][:120]
