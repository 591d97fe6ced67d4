"""The register of generations: which there are of each projection, and which one serves.

A projection is read from its one active generation. A new one is built beside it and takes its
place in a single transaction; the old one is retired, and dropped after a grace time.
"""

import time
from collections.abc import Collection
from typing import Literal
from uuid import uuid4

import msgspec
from sqlalchemy import Update, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.read_models.schema import GENERATIONS, LEASES, PARKED_STREAMS

State = Literal["planned", "building", "active", "retired"]


class Generation(msgspec.Struct, frozen=True, kw_only=True):
    """One build of a projection, by code of `version`.

    `planned` until its store is made by the process that registered it, then `building`.
    `position` counts for those kept in SQL; Redis keeps its own beside its views. `epoch` is
    part of the Redis keys: data of another build never passes for this one's.
    """

    name: str
    generation: int
    version: int
    state: State
    epoch: str
    position: int
    updated_us: int

    @property
    def token(self) -> str:
        return f"{self.generation}-{self.epoch}"

    @property
    def is_live(self) -> bool:
        return self.state in {"building", "active"}


_COLUMNS = [GENERATIONS.c[field] for field in Generation.__struct_fields__]


class Generations:
    """Reads and changes the register."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of(self, names: Collection[str]) -> list[Generation]:
        """By name, newest first."""
        wanted = select(*_COLUMNS).where(GENERATIONS.c.name.in_(names))
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                wanted.order_by(GENERATIONS.c.name, GENERATIONS.c.generation.desc())
            )
            return [Generation(**row._asdict()) for row in rows]

    @staticmethod
    def draft(name: str, version: int, generation: int) -> Generation:
        return Generation(
            name=name,
            generation=generation,
            version=version,
            state="planned",
            epoch=uuid4().hex[:12],
            position=0,
            updated_us=_now_us(),
        )

    async def add(self, draft: Generation) -> bool:
        """Whether it is ours to make; False: another process has planned one of this number."""
        try:
            async with self._engine.begin() as connection:
                values = {**msgspec.structs.asdict(draft), "revision": 0}
                await connection.execute(insert(GENERATIONS).values(values))
        except IntegrityError:
            return False
        return True

    async def activate(self, chosen: Generation) -> bool:
        """Lets `chosen` serve and retires all older ones.

        False: it is retired, or the serving one is further, so that taking over would take
        readers back. Repeatable.
        """
        wanted = select(*_COLUMNS).where(GENERATIONS.c.name == chosen.name)
        async with self._engine.begin() as connection:
            # Locked in key order, and any commit to them waits: positions cannot move meanwhile.
            rows = await connection.execute(
                wanted.order_by(GENERATIONS.c.generation).with_for_update()
            )
            found = [Generation(**row._asdict()) for row in rows]
            own = next((each for each in found if each.generation == chosen.generation), None)
            if own is None or not own.is_live:
                return False
            if any(each.state == "active" and each.position > own.position for each in found):
                return False
            for each in found:
                if each.generation < own.generation and each.is_live:
                    await connection.execute(_set_state(each, "retired"))
            await connection.execute(_set_state(own, "active"))
        return True

    async def began(self, generation: Generation) -> None:
        """Its store is made: whoever gets the lease may build it."""
        async with self._engine.begin() as connection:
            await connection.execute(_set_state(generation, "building"))

    async def retire(self, generation: Generation) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(_set_state(generation, "retired"))

    async def forget(self, generation: Generation) -> None:
        """Removes what the register holds on a generation whose data is dropped."""
        async with self._engine.begin() as connection:
            for table in (PARKED_STREAMS, LEASES):
                await connection.execute(
                    delete(table).where(
                        table.c.projection == generation.name,
                        table.c.generation == generation.generation,
                    )
                )
            await connection.execute(
                delete(GENERATIONS).where(
                    GENERATIONS.c.name == generation.name,
                    GENERATIONS.c.generation == generation.generation,
                    GENERATIONS.c.state == "retired",
                )
            )


def _set_state(generation: Generation, state: State) -> Update:
    return (
        update(GENERATIONS)
        .where(
            GENERATIONS.c.name == generation.name,
            GENERATIONS.c.generation == generation.generation,
        )
        .values(state=state, updated_us=_now_us())
    )


def _now_us() -> int:
    return time.time_ns() // 1000
