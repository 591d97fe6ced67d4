"""`live bench`: prints this machine's figures beside baselines taken in the same run."""

import asyncio
import os
import platform
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from interfaces.bench.measurement import Measurement, Servers
from interfaces.bench.suite import SUITE


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(SUITE)))
@click.option("--seconds", default=4.0, show_default=True, help="How long each load lasts.")
@click.option(
    "--mysql", envvar="TEST_MYSQL_URL", required=True, help="Server address, no database."
)
@click.option("--redis", envvar="TEST_REDIS_URL", required=True, help="Address of a Redis.")
@click.option("--json", "json_file", envvar="BENCH_JSON", type=Path, help="Where to keep figures.")
def bench(
    names: tuple[str, ...], seconds: float, mysql: str, redis: str, json_file: Path | None
) -> None:
    """Measure this machine against baselines of the same run.

    Without NAMES all benchmarks run, in about a quarter of an hour. It needs the development
    packages and a MySQL with innodb_flush_log_at_trx_commit=1 and sync_binlog=1, which `make bench`
    provides, and for the room's baseline node and npm.

    \b
    make bench
    BENCH_JSON=figures.json make bench ARGS="appends reads"
    """
    servers = Servers(mysql_url=mysql, redis_url=redis, seconds=seconds)
    messages = Console(stderr=True)
    figures: list[Measurement] = []
    for name in names or tuple(SUITE):
        figures += asyncio.run(SUITE[name](servers, messages.print))
    Console().print(_table(figures))
    if json_file is not None:
        kept = {figure.name: msgspec.to_builtins(figure) for figure in figures}
        json_file.write_bytes(msgspec.json.format(msgspec.json.encode(kept)))


def _table(figures: list[Measurement]) -> Table:
    table = Table(title=f"{os.cpu_count()} cores, Python {platform.python_version()}")
    for heading in ("benchmark", "value", "unit", "baseline", "ratio", "wanted", "note"):
        table.add_column(heading, justify="right" if heading in _NUMBERS else "left")
    for figure in figures:
        table.add_row(
            figure.name,
            f"{figure.value:,.1f}",
            figure.unit,
            "" if figure.baseline is None else f"{figure.baseline:,.1f}",
            "" if figure.ratio is None else f"{figure.ratio:g}",
            figure.wanted,
            figure.note,
        )
    return table


_NUMBERS = {"value", "baseline", "ratio"}
