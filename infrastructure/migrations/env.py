"""Alembic's entry: runs the migrations on the connection it is handed."""

from alembic import context
from sqlalchemy import Connection

from infrastructure.migrations.tables import migrated_tables


def _migrate(connection: Connection) -> None:
    tables = migrated_tables()
    context.configure(
        connection=connection,
        target_metadata=tables,
        include_name=lambda name, kind, _parents: kind != "table" or name in tables.tables,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


_migrate(context.config.attributes["connection"])
