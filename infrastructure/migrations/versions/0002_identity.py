"""Identity: sessions, login ids, signing keys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BYTES = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")
DIGEST = sa.LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")
POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def ascii_text(length: int) -> sa.String:
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset="ascii", collation="ascii_bin"), "mysql", "mariadb"
    )


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("session_id", ascii_text(36), nullable=False),
        sa.Column("user_id", ascii_text(64), nullable=False),
        sa.Column("provider", ascii_text(16), nullable=True),
        sa.Column("platform", ascii_text(16), nullable=False),
        sa.Column("family_hash", DIGEST, nullable=False),
        sa.Column("secret_hash", DIGEST, nullable=False),
        sa.Column("started_us", POSITION, nullable=False),
        sa.Column("used_us", POSITION, nullable=False),
        sa.Column("expires_us", POSITION, nullable=False),
        sa.PrimaryKeyConstraint("session_id"),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"], unique=False)
    op.create_table(
        "login_pseudonyms",
        sa.Column("pseudonym", DIGEST, nullable=False),
        sa.Column("login_id", ascii_text(36), nullable=False),
        sa.PrimaryKeyConstraint("pseudonym"),
        sa.UniqueConstraint("login_id", name="uq_login_pseudonyms_login_id"),
    )
    op.create_table(
        "signing_keys",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kid", ascii_text(43), nullable=False),
        sa.Column("public_key", DIGEST, nullable=False),
        sa.Column("sealed_private_key", BYTES, nullable=True),
        sa.Column("signs_from_us", POSITION, nullable=False),
        sa.Column("needed_until_us", POSITION, nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("kid", name="uq_signing_keys_kid"),
    )
