"""The tables of one application: a log like the product's own, and what the library adds to it."""

import hashlib
import re
from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table
from sqlalchemy.dialects import mysql

from infrastructure.database import Bytes, ascii_text
from infrastructure.event_store.schema import LogTables, log_tables

_LONGEST_PREFIX = 36  # MySQL names have 64 characters at most
_PREFIX = re.compile("[a-z0-9_]{0,36}")
_PURPOSE = re.compile(r"[a-z][a-z0-9_]{0,20}")
_EXACT_NAME = String(255).with_variant(
    mysql.VARCHAR(255, charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb"
)


@dataclass(frozen=True, slots=True)
class ApplicationTables:
    """`prefix` stands before every name; with none, `log` is the product's own log.

    `tracking` has one row for each application that is followed: how far it was processed.
    """

    prefix: str
    metadata: MetaData
    log: LogTables
    tracking: Table


def application_tables(prefix: str) -> ApplicationTables:
    metadata = MetaData()
    return ApplicationTables(
        prefix=prefix,
        metadata=metadata,
        log=log_tables(metadata, prefix),
        tracking=Table(
            f"{prefix}tracking",
            metadata,
            Column("application_name", _EXACT_NAME, primary_key=True),
            Column("notification_id", BigInteger, nullable=False),
        ),
    )


def stored_events_table(tables: ApplicationTables, purpose: str) -> Table:
    """A plain table of stored events, without positions: `snapshots` and the like."""
    if not _PURPOSE.fullmatch(purpose):
        raise ValueError(f"a recorder's purpose is a short lower-case name, not {purpose!r}")
    name = f"{tables.prefix}stored_{purpose}"
    known = tables.metadata.tables.get(name)
    if known is not None:
        return known
    return Table(
        name,
        tables.metadata,
        Column("stream", ascii_text(255), primary_key=True),
        Column("version", Integer, primary_key=True, autoincrement=False),
        Column("type", ascii_text(255), nullable=False),
        Column("payload", Bytes, nullable=False),
    )


def checked_prefix(prefix: str) -> str:
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"up to {_LONGEST_PREFIX} of a-z, 0-9 and _")
    return prefix


def prefix_of(application_name: str) -> str:
    """The tables' prefix for an application: `es_<name>_`, long and foreign names shortened.

    They stay apart from the product's tables, whatever the application is called.
    """
    name = re.sub(r"[^a-z0-9]+", "_", application_name.lower()).strip("_")
    prefix = f"es_{name or 'application'}_"
    if len(prefix) <= _LONGEST_PREFIX and application_name.isascii():
        return prefix
    digest = hashlib.sha256(application_name.encode()).hexdigest()[:8]
    return f"{prefix[: _LONGEST_PREFIX - 9].rstrip('_')}_{digest}"[: _LONGEST_PREFIX - 1] + "_"
