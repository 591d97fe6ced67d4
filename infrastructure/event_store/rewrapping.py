"""Wraps persons' keys anew after the master key has changed. The log is not touched by it."""

from collections.abc import Sequence

from cryptography.fernet import InvalidToken, MultiFernet
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.event_store.keyring import KeysUnreadable
from infrastructure.event_store.schema import PERSON_KEYS

_PAGE = 500


async def rewrap_person_keys(engine: AsyncEngine, master: MultiFernet) -> int:
    """Wraps every key with the present master key, so that previous ones can be let go; how many.

    A person who is erased meanwhile stays erased. Repeating it is harmless. Raises
    `KeysUnreadable`.
    """
    count, last = 0, ""
    while rows := await _page_after(engine, last):
        async with engine.begin() as connection:
            for person, wrapped in rows:
                unchanged = (PERSON_KEYS.c.person == person) & (
                    PERSON_KEYS.c.wrapped_key == wrapped
                )
                rewrapped = _rewrapped(master, person, wrapped)
                await connection.execute(
                    update(PERSON_KEYS).where(unchanged).values(wrapped_key=rewrapped)
                )
        count += len(rows)
        last = rows[-1][0]
    return count


async def _page_after(engine: AsyncEngine, last: str) -> Sequence[tuple[str, bytes]]:
    table = PERSON_KEYS.c
    wanted = select(table.person, table.wrapped_key).where(
        table.person > last, table.wrapped_key.is_not(None)
    )
    async with engine.connect() as connection:
        rows = await connection.execute(wanted.order_by(table.person).limit(_PAGE))
        return [(row.person, bytes(row.wrapped_key)) for row in rows]


def _rewrapped(master: MultiFernet, person: str, wrapped: bytes) -> bytes:
    try:
        return master.rotate(wrapped)
    except InvalidToken:
        raise KeysUnreadable(f"no master key opens the key of {person}") from None
