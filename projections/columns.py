"""Columns that views of many rows are found by."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, Table, and_, or_, select
from sqlalchemy.dialects import mysql

from domain.shared import EPOCH

LAST_POSITION = 2**63 - 1
_DAY_SECONDS, _SECOND_US = 86_400, 1_000_000


def ascii_text(length: int) -> String:
    """A character takes one byte, and is compared as one."""
    return String(length).with_variant(
        mysql.VARCHAR(length, charset="ascii", collation="ascii_bin"), "mysql", "mariadb"
    )


def place(owner: str, position: int) -> str:
    """Sorts by owner, then by position. One column: of an index over both MariaDB uses the owner
    alone where it has to count back from a position, and reads all that came since."""
    return f"{owner}/{position:016x}"


def due_first(table: Table, now: datetime, after: tuple[datetime, str] | None) -> Select[Any]:
    """Views by their column `due_us` and key: those due by `now`, beyond the time and key
    `after`."""
    due, key = table.c.due_us, table.c.key
    chosen = select(table.c.view).where(due <= microseconds(now)).order_by(due, key)
    if after is None:
        return chosen
    last_us, last_key = microseconds(after[0]), after[1]
    return chosen.where(or_(due > last_us, and_(due == last_us, key > last_key)))


def microseconds(moment: datetime) -> int:
    """Since 1970, exactly."""
    since = moment - EPOCH
    return (since.days * _DAY_SECONDS + since.seconds) * _SECOND_US + since.microseconds
