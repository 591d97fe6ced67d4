"""Inserts rows, or replaces them where they exist: one statement for many, on every database.

As the driver takes it: SQLAlchemy compiles its own upserts anew every time, and turning a row's
names into places takes longer than the driver needs for the row.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Dialect, Table
from sqlalchemy.ext.asyncio import AsyncConnection

Row = Mapping[str, Any]


class _Upsert(NamedTuple):
    """A statement, and what makes its parameters of a row."""

    statement: str
    parameters: Callable[[Row], tuple[Any, ...]]


async def upsert(connection: AsyncConnection, table: Table, rows: Sequence[Row]) -> None:
    """Replaces all but the primary key of rows that exist, if there is more to them.

    Raises `LookupError` for a row that lacks a column.
    """
    made = _made(connection.dialect, table)
    await connection.exec_driver_sql(made.statement, [made.parameters(row) for row in rows])


@cache
def _made(dialect: Dialect, table: Table) -> _Upsert:
    quoted = dialect.identifier_preparer.quote
    keys = ", ".join(quoted(column.name) for column in table.primary_key)
    new, tail = _new_value(dialect)
    replaced = [column for column in table.c if not column.primary_key] or [*table.primary_key]
    changes = ", ".join(
        f"{quoted(column.name)} = {new.format(quoted(column.name))}" for column in replaced
    )
    names = ", ".join(quoted(column.name) for column in table.c)
    mark = "%s" if dialect.paramstyle == "format" else "?"
    values = ", ".join(mark for _ in table.c)
    statement = f"INSERT INTO {quoted(table.name)} ({names}) VALUES ({values})"  # noqa: S608 - names of our own
    return _Upsert(f"{statement} {tail.format(keys)} {changes}", _parameters(dialect, table))


def _parameters(dialect: Dialect, table: Table) -> Callable[[Row], tuple[Any, ...]]:
    """Only few types need more done than handing the value on."""
    in_order = itemgetter(*(column.name for column in table.c))
    processors = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.c]
    if not any(processors):
        return in_order

    def processed(row: Row) -> tuple[Any, ...]:
        return tuple(
            value if process is None else process(value)
            for process, value in zip(processors, in_order(row), strict=True)
        )

    return processed


def _new_value(dialect: Dialect) -> tuple[str, str]:
    """How an upsert names the value it would have inserted, and what leads to its changes."""
    if dialect.name == "sqlite":
        return "excluded.{}", "ON CONFLICT ({}) DO UPDATE SET"
    if getattr(dialect, "is_mariadb", False):
        return "VALUES({})", "ON DUPLICATE KEY UPDATE"
    return "new.{}", "AS new ON DUPLICATE KEY UPDATE"
