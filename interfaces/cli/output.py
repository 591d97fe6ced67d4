"""How commands print: tables and progress bars on a terminal, tab-separated lines in a pipe."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table


class Advance(Protocol):
    def __call__(self, done: int) -> None:
        """`done` counts from the start."""
        ...


def show_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """On a terminal a table; otherwise one line a row, a tab between its fields, no heading."""
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(str(field) for field in row))
        return
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(str(field) for field in row))
    Console().print(table)


@contextmanager
def progress(what: str, total: int) -> Iterator[Advance]:
    """A bar on the terminal's standard error, so that output can still be piped; else nothing."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


def show_json(value: object) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
