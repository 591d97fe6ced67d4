"""Tables of identity that stand outside the log: sessions, login ids, signing keys."""

from sqlalchemy import Column, Integer, Table, UniqueConstraint

from infrastructure.database import METADATA, Bytes, Digest, Position, ascii_text

# Of the two secrets a refresh token is made of, `family_hash` is of the one that stays.
SESSIONS = Table(
    "sessions",
    METADATA,
    Column("session_id", ascii_text(36), primary_key=True),
    Column("user_id", ascii_text(64), nullable=False, index=True),
    Column("provider", ascii_text(16), nullable=True),
    Column("platform", ascii_text(16), nullable=False),
    Column("family_hash", Digest, nullable=False),
    Column("secret_hash", Digest, nullable=False),
    Column("started_us", Position, nullable=False),
    Column("used_us", Position, nullable=False),
    Column("expires_us", Position, nullable=False),
)

LOGIN_PSEUDONYMS = Table(
    "login_pseudonyms",
    METADATA,
    Column("pseudonym", Digest, primary_key=True),
    Column("login_id", ascii_text(36), nullable=False),
    UniqueConstraint("login_id", name="uq_login_pseudonyms_login_id"),
)

# `number` counts up: of several processes that make the next key at once, one can insert it.
# The private half is destroyed once it signs no more.
SIGNING_KEYS = Table(
    "signing_keys",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kid", ascii_text(43), nullable=False),
    Column("public_key", Digest, nullable=False),
    Column("sealed_private_key", Bytes, nullable=True),
    Column("signs_from_us", Position, nullable=False),
    Column("needed_until_us", Position, nullable=False),
    UniqueConstraint("kid", name="uq_signing_keys_kid"),
)
