"""Tables of the processes: how far each has come, what it set aside, and its deadlines."""

from sqlalchemy import Column, Integer, Table, Text

from infrastructure.database import METADATA, Position, ascii_text

PROCESS_POSITIONS = Table(
    "process_positions",
    METADATA,
    Column("name", ascii_text(100), primary_key=True),
    Column("position", Position, nullable=False),
    Column("owner", ascii_text(64), nullable=True),
    Column("lease_until_us", Position, nullable=False),
)

PROCESS_PARKED = Table(
    "process_parked",
    METADATA,
    Column("process", ascii_text(100), primary_key=True),
    Column("stream", ascii_text(255), primary_key=True),
    Column("version", Position, nullable=False),
    Column("error", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_try_us", Position, nullable=False),
    Column("parked_us", Position, nullable=False),
)

DEADLINES = Table(
    "deadlines",
    METADATA,
    Column("key", ascii_text(200), primary_key=True),
    Column("due_us", Position, nullable=False, index=True),
    Column("job", ascii_text(100), nullable=False),
    Column("args", Text, nullable=False),
    Column("traceparent", ascii_text(64), nullable=True),
    Column("set_at_position", Position, nullable=False),
)
