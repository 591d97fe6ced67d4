"""Columns that views of many rows are found by."""

from datetime import datetime

from sqlalchemy import String
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


def microseconds(moment: datetime) -> int:
    """Since 1970, exactly."""
    since = moment - EPOCH
    return (since.days * _DAY_SECONDS + since.seconds) * _SECOND_US + since.microseconds
