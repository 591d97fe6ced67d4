"""The first shape: log, projections' book-keeping, processes, jobs, inbox, vault."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BYTES = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")
DIGEST = sa.LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")
SIGNATURE = sa.LargeBinary(64).with_variant(mysql.BINARY(64), "mysql", "mariadb")
LONG_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(charset="utf8mb4"), "mysql", "mariadb")
POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def ascii_text(length: int) -> sa.String:
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset="ascii", collation="ascii_bin"), "mysql", "mariadb"
    )


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        # MariaDB before 11.6 makes databases of latin1: what failed in Thai could not be kept.
        op.execute("ALTER DATABASE CHARACTER SET utf8mb4")
    op.create_table(
        "checkpoints",
        sa.Column("position", POSITION, autoincrement=False, nullable=False),
        sa.Column("hash", DIGEST, nullable=False),
        sa.Column("signed_us", sa.BigInteger(), nullable=False),
        sa.Column("key_id", ascii_text(32), nullable=False),
        sa.Column("signature", SIGNATURE, nullable=False),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_index("ix_checkpoints_signed", "checkpoints", ["signed_us"], unique=False)
    op.create_table(
        "commands",
        sa.Column("command_id", ascii_text(36), nullable=False),
        sa.Column("fingerprint", DIGEST, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("answer", BYTES, nullable=False),
        sa.Column("recorded_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("command_id"),
    )
    op.create_table(
        "dead_jobs",
        sa.Column("id", ascii_text(64), nullable=False),
        sa.Column("job", ascii_text(100), nullable=False),
        sa.Column("args", LONG_TEXT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", LONG_TEXT, nullable=False),
        sa.Column("traceparent", ascii_text(64), nullable=True),
        sa.Column("died_us", POSITION, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(("ix_dead_jobs_died_us"), "dead_jobs", ["died_us"], unique=False)
    op.create_table(
        "deadlines",
        sa.Column("key", ascii_text(200), nullable=False),
        sa.Column("due_us", POSITION, nullable=False),
        sa.Column("job", ascii_text(100), nullable=False),
        sa.Column("args", sa.Text(), nullable=False),
        sa.Column("traceparent", ascii_text(64), nullable=True),
        sa.Column("set_at_position", POSITION, nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index(("ix_deadlines_due_us"), "deadlines", ["due_us"], unique=False)
    op.create_table(
        "events",
        sa.Column("position", POSITION, autoincrement=False, nullable=False),
        sa.Column("stream", ascii_text(255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("type", ascii_text(255), nullable=False),
        sa.Column("schema_version", sa.SmallInteger(), nullable=False),
        sa.Column("payload", BYTES, nullable=False),
        sa.Column("recorded_us", sa.BigInteger(), nullable=False),
        sa.Column("event_id", ascii_text(36), nullable=False),
        sa.Column("command_id", ascii_text(36), nullable=False),
        sa.Column("correlation_id", ascii_text(64), nullable=False),
        sa.Column("causation_id", ascii_text(64), nullable=True),
        sa.Column("actor", ascii_text(100), nullable=False),
        sa.Column("trace_id", ascii_text(55), nullable=True),
        sa.Column("hash", DIGEST, nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("stream", "version", name="uq_events_stream_version"),
    )
    op.create_table(
        "log_head",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("hash", DIGEST, nullable=False),
        sa.Column("recorded_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "parked_streams",
        sa.Column("projection", ascii_text(48), nullable=False),
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stream", ascii_text(255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("type", ascii_text(255), nullable=False),
        sa.Column("error", sa.String(length=255), nullable=False),
        sa.Column("parked_us", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("projection", "generation", "stream"),
    )
    op.create_table(
        "person_keys",
        sa.Column("person", ascii_text(64), nullable=False),
        sa.Column("wrapped_key", BYTES, nullable=True),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("erased_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("person"),
    )
    op.create_table(
        "process_parked",
        sa.Column("process", ascii_text(100), nullable=False),
        sa.Column("stream", ascii_text(255), nullable=False),
        sa.Column("version", POSITION, nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_us", POSITION, nullable=False),
        sa.Column("parked_us", POSITION, nullable=False),
        sa.PrimaryKeyConstraint("process", "stream"),
    )
    op.create_table(
        "process_positions",
        sa.Column("name", ascii_text(100), nullable=False),
        sa.Column("position", POSITION, nullable=False),
        sa.Column("owner", ascii_text(64), nullable=True),
        sa.Column("lease_until_us", POSITION, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "projection_leases",
        sa.Column("projection", ascii_text(48), nullable=False),
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder", ascii_text(255), nullable=False),
        sa.Column("beat", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("projection", "generation"),
    )
    op.create_table(
        "projection_requests",
        sa.Column("projection", ascii_text(48), nullable=False),
        sa.Column("kind", ascii_text(16), nullable=False),
        sa.Column("stream", ascii_text(255), nullable=False),
        sa.Column("requested_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("projection", "kind", "stream"),
    )
    op.create_table(
        "projections",
        sa.Column("name", ascii_text(48), nullable=False),
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", ascii_text(16), nullable=False),
        sa.Column("epoch", ascii_text(36), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("updated_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "generation"),
    )
    op.create_table(
        "skipped_events",
        sa.Column("projection", ascii_text(48), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stream", ascii_text(255), nullable=False),
        sa.Column("error", sa.String(length=255), nullable=False),
        sa.Column("actor", ascii_text(100), nullable=False),
        sa.Column("skipped_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("projection", "version", "position"),
    )
    op.create_table(
        "snapshots",
        sa.Column("stream", ascii_text(255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", BYTES, nullable=False),
        sa.Column("taken_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stream"),
    )
    op.create_table(
        "vault_secrets",
        sa.Column("name", ascii_text(200), nullable=False),
        sa.Column("sealed", BYTES, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "webhook_inbox",
        sa.Column("id", ascii_text(36), nullable=False),
        sa.Column("source", ascii_text(64), nullable=False),
        sa.Column("dedupe_key", ascii_text(200), nullable=False),
        sa.Column("body", BYTES, nullable=False),
        sa.Column("received_us", POSITION, nullable=False),
        sa.Column("status", ascii_text(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "dedupe_key", name="webhook_inbox_once"),
    )
    op.create_index(
        "webhook_inbox_unfinished", "webhook_inbox", ["status", "received_us"], unique=False
    )
