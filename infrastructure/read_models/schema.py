"""The tables of the projection engine, and the table each generation of a projection gets.

Position and state of every generation, what is parked, skipped or asked for, and who works on
what. The generations' own tables are disposable and made at run time.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table

from infrastructure.database import METADATA, Bytes, Position, ascii_text
from projections.projection import TableProjection

NAME_LENGTH = 48
KEY_LENGTH = 255
PERSON_LENGTH = 64

GENERATIONS = Table(
    "projections",
    METADATA,
    Column("name", ascii_text(NAME_LENGTH), primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("state", ascii_text(16), nullable=False),
    Column("epoch", ascii_text(36), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("updated_us", BigInteger, nullable=False),
)

PARKED_STREAMS = Table(
    "parked_streams",
    METADATA,
    Column("projection", ascii_text(NAME_LENGTH), primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("stream", ascii_text(255), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("type", ascii_text(255), nullable=False),
    Column("error", String(255), nullable=False),
    Column("parked_us", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
)

SKIPPED_EVENTS = Table(
    "skipped_events",
    METADATA,
    Column("projection", ascii_text(NAME_LENGTH), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("stream", ascii_text(255), nullable=False),
    Column("error", String(255), nullable=False),
    Column("actor", ascii_text(100), nullable=False),
    Column("skipped_us", BigInteger, nullable=False),
)

REQUESTS = Table(
    "projection_requests",
    METADATA,
    Column("projection", ascii_text(NAME_LENGTH), primary_key=True),
    Column("kind", ascii_text(16), primary_key=True),
    Column("stream", ascii_text(255), primary_key=True),
    Column("requested_us", BigInteger, nullable=False),
)

LEASES = Table(
    "projection_leases",
    METADATA,
    Column("projection", ascii_text(NAME_LENGTH), primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("holder", ascii_text(255), nullable=False),
    Column("beat", BigInteger, nullable=False),
)


def generation_table(projection: TableProjection[Any], generation: int) -> Table:
    """`<name>_g<generation>`: key, position of the last event folded, view as JSON, the columns."""
    own = (
        Column(column.name, column.type, nullable=column.nullable, index=column.index)
        for column in projection.columns
    )
    return Table(
        f"{projection.name.replace('.', '_')}_g{generation}",
        MetaData(),
        Column("key", ascii_text(KEY_LENGTH), primary_key=True),
        Column("position", Position, nullable=False),
        Column("view", Bytes, nullable=False),
        *own,
    )


def persons_table(table: Table) -> Table:
    """`<name>_g<generation>_persons`: whose data stands in which view of the generation."""
    return Table(
        f"{table.name}_persons",
        table.metadata,
        Column("person", ascii_text(PERSON_LENGTH), primary_key=True),
        Column("key", ascii_text(KEY_LENGTH), primary_key=True),
    )
