"""The tables of an event log. One set under the plain names is the product's log."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    SmallInteger,
    Table,
    UniqueConstraint,
    and_,
    or_,
    select,
)
from sqlalchemy.dialects import mysql

from infrastructure.database import METADATA, Bytes, Digest, Position, ascii_text

Signature = LargeBinary(64).with_variant(mysql.BINARY(64), "mysql", "mariadb")
GENESIS_HASH = bytes(32)

Row = tuple[
    int, str, int, str, int, bytes, int, str, str, str, str | None, str, str | None, bytes
]  # a row of `events`, its columns in the table's order
POSITION, STREAM, VERSION, TYPE, SCHEMA_VERSION, PAYLOAD, RECORDED_US = range(7)


@dataclass(frozen=True, slots=True)
class LogTables:
    """`log_head` has the one row, locked by whoever appends; positions are counted in it.

    `commands` remembers what each command came to; `snapshots` are a cache and may be dropped.
    """

    events: Table
    log_head: Table
    commands: Table
    snapshots: Table


def log_tables(metadata: MetaData, prefix: str = "") -> LogTables:
    return LogTables(
        events=_events(metadata, prefix),
        log_head=Table(
            f"{prefix}log_head",
            metadata,
            Column("id", SmallInteger, primary_key=True, autoincrement=False),
            Column("position", BigInteger, nullable=False),
            Column("hash", Digest, nullable=False),
            Column("recorded_us", BigInteger, nullable=False),
        ),
        commands=Table(
            f"{prefix}commands",
            metadata,
            Column("command_id", ascii_text(36), primary_key=True),
            Column("fingerprint", Digest, nullable=False),
            Column("position", BigInteger, nullable=False),
            Column("version", Integer, nullable=False),
            Column("answer", Bytes, nullable=False),
            Column("recorded_us", BigInteger, nullable=False),
        ),
        snapshots=Table(
            f"{prefix}snapshots",
            metadata,
            Column("stream", ascii_text(255), primary_key=True),
            Column("version", Integer, nullable=False),
            Column("revision", Integer, nullable=False),
            Column("state", Bytes, nullable=False),
            Column("taken_us", BigInteger, nullable=False),
        ),
    )


def _events(metadata: MetaData, prefix: str) -> Table:
    return Table(
        f"{prefix}events",
        metadata,
        Column("position", Position, primary_key=True, autoincrement=False),
        Column("stream", ascii_text(255), nullable=False),
        Column("version", Integer, nullable=False),
        Column("type", ascii_text(255), nullable=False),
        Column("schema_version", SmallInteger, nullable=False),
        Column("payload", Bytes, nullable=False),
        Column("recorded_us", BigInteger, nullable=False),
        Column("event_id", ascii_text(36), nullable=False),
        Column("command_id", ascii_text(36), nullable=False),
        Column("correlation_id", ascii_text(64), nullable=False),
        Column("causation_id", ascii_text(64)),
        Column("actor", ascii_text(100), nullable=False),
        Column("trace_id", ascii_text(55)),
        Column("hash", Digest, nullable=False),
        UniqueConstraint("stream", "version", name=f"uq_{prefix}events_stream_version"),
    )


def newer_events(tables: LogTables, versions: Mapping[str, int]) -> Select[Any]:
    """Selects what each stream has beyond its version: the first six columns of `Row`."""
    events = tables.events.c
    columns = (events.position, events.stream, events.version, events.type,
               events.schema_version, events.payload)  # fmt: skip
    beyond = (
        and_(events.stream == stream, events.version > version)
        for stream, version in versions.items()
    )
    return select(*columns).where(or_(*beyond)).order_by(events.stream, events.version)


LOG = log_tables(METADATA)

PERSON_KEYS = Table(
    "person_keys",
    METADATA,
    Column("person", ascii_text(64), primary_key=True),
    Column("wrapped_key", Bytes),
    Column("created_us", BigInteger, nullable=False),
    Column("erased_us", BigInteger),
)

CHECKPOINTS = Table(
    "checkpoints",
    METADATA,
    Column("position", Position, primary_key=True, autoincrement=False),
    Column("hash", Digest, nullable=False),
    Column("signed_us", BigInteger, nullable=False),
    Column("key_id", ascii_text(32), nullable=False),
    Column("signature", Signature, nullable=False),
    Index("ix_checkpoints_signed", "signed_us"),
)
