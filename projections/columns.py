"""Columns that views of many rows are found by."""

from sqlalchemy import String
from sqlalchemy.dialects import mysql

LAST_POSITION = 2**63 - 1


def ascii_text(length: int) -> String:
    """A character takes one byte, and is compared as one."""
    return String(length).with_variant(
        mysql.VARCHAR(length, charset="ascii", collation="ascii_bin"), "mysql", "mariadb"
    )


def place(owner: str, position: int) -> str:
    """Sorts by owner, then by position. One column: of an index over both MariaDB uses the owner
    alone where it has to count back from a position, and reads all that came since."""
    return f"{owner}/{position:016x}"
