"""The SQL database: one engine a process, and the metadata all our tables stand in."""

from sqlalchemy import BigInteger, Integer, LargeBinary, MetaData, String, event
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

METADATA = MetaData()

Bytes = LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")
Digest = LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")
Position = BigInteger().with_variant(Integer(), "sqlite")


def ascii_text(length: int) -> String:
    """Names and ids: compared byte by byte, one byte a character."""
    return String(length).with_variant(
        mysql.VARCHAR(length, charset="ascii", collation="ascii_bin"), "mysql", "mariadb"
    )


def create_engine(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """An engine for MySQL or MariaDB through asyncmy, or an SQLite file through aiosqlite.

    MySQL sessions run READ COMMITTED: a reader tailing the log must see what has been committed
    since, and no statement of ours relies on gap locks.
    """
    if make_url(url).get_backend_name() == "sqlite":
        return _sqlite_engine(url)
    return create_async_engine(
        url,
        isolation_level="READ COMMITTED",
        hide_parameters=True,  # they may be personal data, and errors are logged
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_recycle=1800,
        connect_args={"charset": "utf8mb4", "connect_timeout": 5},
    )


def _sqlite_engine(url: str) -> AsyncEngine:
    engine = create_async_engine(
        url, poolclass=NullPool, hide_parameters=True, connect_args={"timeout": 30}
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _pragmas(connection: object, _record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]  # DB-API, untyped
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA secure_delete=ON")  # what a row held does not stay in the file
        cursor.close()

    return engine
