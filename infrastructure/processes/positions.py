"""How far a process has come in the log, and which runner may take it further."""

import time
from typing import Literal

import msgspec
from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from infrastructure.processes.schema import PROCESS_POSITIONS

Start = Literal["beginning", "head"]
LEASE_SECONDS = 10.0


class LeaseLost(Exception):
    """Another runner took the process over; what was not committed here is done there."""


class ProcessPosition(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    position: int
    owner: str | None
    lease_until_us: int


class Positions:
    """Positions of processes, held by lease: a runner that dies is followed in seconds.

    The lease only saves double work. Correct is what happens by the position, which moves from
    a known value under the owner's name or not at all.
    """

    def __init__(self, engine: AsyncEngine, owner: str) -> None:
        self._engine = engine
        self._owner = owner

    async def register(self, name: str, position: int) -> None:
        """Gives a process its first position; one that has a position keeps it."""
        row = {"name": name, "position": position, "owner": None, "lease_until_us": 0}
        if await self._get(name) is not None:
            return
        try:
            async with self._engine.begin() as connection:
                await connection.execute(PROCESS_POSITIONS.insert().values(row))
        except IntegrityError:
            return

    async def known(self, name: str) -> bool:
        return await self._get(name) is not None

    async def take(self, name: str) -> int | None:
        """The position, with the lease taken or renewed; None while another runner has it."""
        table = PROCESS_POSITIONS.c
        now_us = _now_us()
        free = or_(table.owner == self._owner, table.owner.is_(None), table.lease_until_us < now_us)
        statement = (
            update(PROCESS_POSITIONS)
            .where(table.name == name, free)
            .values(owner=self._owner, lease_until_us=_lease_until_us())
        )
        async with self._engine.begin() as connection:
            if (await connection.execute(statement)).rowcount != 1:
                return None
            found = await connection.execute(select(table.position).where(table.name == name))
            return int(found.scalar_one())

    async def move(self, connection: AsyncConnection, name: str, old: int, new: int) -> None:
        """Within the caller's transaction. Raises `LeaseLost`, and then it must roll back."""
        table = PROCESS_POSITIONS.c
        statement = (
            update(PROCESS_POSITIONS)
            .where(table.name == name, table.owner == self._owner, table.position == old)
            .values(position=new, lease_until_us=_lease_until_us())
        )
        if (await connection.execute(statement)).rowcount != 1:
            raise LeaseLost(name)

    async def let_go(self, name: str) -> None:
        table = PROCESS_POSITIONS.c
        statement = (
            update(PROCESS_POSITIONS)
            .where(table.name == name, table.owner == self._owner)
            .values(owner=None, lease_until_us=0)
        )
        async with self._engine.begin() as connection:
            await connection.execute(statement)

    async def all(self) -> list[ProcessPosition]:
        statement = select(PROCESS_POSITIONS).order_by(PROCESS_POSITIONS.c.name)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(statement)).mappings()
            return [ProcessPosition(**row) for row in rows]

    async def _get(self, name: str) -> int | None:
        statement = select(PROCESS_POSITIONS.c.position).where(PROCESS_POSITIONS.c.name == name)
        async with self._engine.connect() as connection:
            return (await connection.execute(statement)).scalar_one_or_none()


def _now_us() -> int:
    return time.time_ns() // 1000


def _lease_until_us() -> int:
    return _now_us() + int(LEASE_SECONDS * 1_000_000)
