"""Migrations make exactly the tables the code describes, on every database."""

from sqlalchemy import insert, inspect, text

from infrastructure.database import create_engine
from infrastructure.migrations.migrating import (
    current_revision,
    difference,
    newest_revision,
    upgrade,
)
from infrastructure.migrations.tables import migrated_tables
from infrastructure.processes.schema import PROCESS_PARKED


async def test_upgrade_makes_the_tables_the_code_describes(database_url: str) -> None:
    engine = create_engine(database_url)
    try:
        await upgrade(engine)
        async with engine.connect() as connection:
            made = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
        assert made - {"alembic_version"} == set(migrated_tables().tables)
        assert await difference(engine) is None
    finally:
        await engine.dispose()


async def test_upgrade_changes_nothing_when_repeated(database_url: str) -> None:
    engine = create_engine(database_url)
    try:
        assert await current_revision(engine) is None
        await upgrade(engine)
        await upgrade(engine)
        assert await current_revision(engine) == newest_revision()
    finally:
        await engine.dispose()


async def test_upgrade_makes_room_for_every_script_whatever_the_database_was_made_for(
    mariadb_url: str,
) -> None:
    engine = create_engine(mariadb_url)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("ALTER DATABASE CHARACTER SET latin1"))
        await upgrade(engine)
        async with engine.begin() as connection:
            await connection.execute(
                insert(PROCESS_PARKED).values(
                    process="p", stream="s", version=1, error="ผิดพลาด 錯誤",
                    tries=1, next_try_us=0, parked_us=0,
                )
            )  # fmt: skip
    finally:
        await engine.dispose()
