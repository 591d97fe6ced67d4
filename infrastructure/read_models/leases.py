"""Who works on which generation, so that two projectors do not both do the work.

Only thrift depends on it: two that do work at once are told apart by the generation's mark.
A lease that its holder has not renewed for `TAKEOVER_SECONDS`, by the watcher's own clock, is
taken over; clocks of different machines are never compared.
"""

import os
import socket
import time
from uuid import uuid4

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.read_models.generations import Generation
from infrastructure.read_models.schema import LEASES

BEAT_SECONDS = 2.0
TAKEOVER_SECONDS = 7.0
_OWN_HOLDERS: set[str] = set()  # of this process

_Lease = tuple[str, int]


class _Held(msgspec.Struct, frozen=True):
    holder: str
    beat: int


class _Observed(msgspec.Struct, frozen=True):
    held: _Held
    since: float


class Leases:
    """This process's leases, one per generation."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.holder = f"{socket.gethostname()[:150]}:{os.getpid()}:{uuid4().hex[:8]}"
        _OWN_HOLDERS.add(self.holder)
        self._observed: dict[_Lease, _Observed] = {}
        self._beaten = 0.0

    async def held(self) -> set[_Lease]:
        """(projection, generation) of every lease that is ours, renewed where due."""
        now = time.monotonic()
        if now - self._beaten >= BEAT_SECONDS:
            renewed = update(LEASES).where(LEASES.c.holder == self.holder)
            async with self._engine.begin() as connection:
                await connection.execute(renewed.values(beat=LEASES.c.beat + 1))
            self._beaten = now
        await self._observe(now)
        return {lease for lease, seen in self._observed.items() if seen.held.holder == self.holder}

    async def claim(self, generation: Generation) -> bool:
        """Whether the lease is ours now. Call after `held`, which looks at the others' beats."""
        lease = (generation.name, generation.generation)
        seen = self._observed.get(lease)
        if seen is None:
            return await self._take_new(lease)
        if seen.held.holder == self.holder:
            return True
        silent = time.monotonic() - seen.since >= TAKEOVER_SECONDS
        if silent or self._is_dead(seen.held.holder):
            return await self._take_over(lease, seen.held)
        return False

    async def release(self) -> None:
        """Gives all leases back; the next projector need not wait."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(LEASES).where(LEASES.c.holder == self.holder))
        _OWN_HOLDERS.discard(self.holder)
        self._observed.clear()

    async def _observe(self, now: float) -> None:
        wanted = select(LEASES.c.projection, LEASES.c.generation, LEASES.c.holder, LEASES.c.beat)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(wanted)).all()
        before, self._observed = self._observed, {}
        for projection, generation, holder, beat in rows:
            held, lease = _Held(holder, beat), (projection, generation)
            seen = before.get(lease)
            same = seen is not None and seen.held == held
            self._observed[lease] = seen if seen and same else _Observed(held, now)

    async def _take_new(self, lease: _Lease) -> bool:
        try:
            async with self._engine.begin() as connection:
                await connection.execute(
                    insert(LEASES).values(
                        projection=lease[0], generation=lease[1], holder=self.holder, beat=0
                    )
                )
        except IntegrityError:
            return False
        return True

    async def _take_over(self, lease: _Lease, held: _Held) -> bool:
        async with self._engine.begin() as connection:
            taken = await connection.execute(
                update(LEASES)
                .where(
                    LEASES.c.projection == lease[0],
                    LEASES.c.generation == lease[1],
                    LEASES.c.holder == held.holder,
                    LEASES.c.beat == held.beat,
                )
                .values(holder=self.holder, beat=held.beat + 1)
            )
        return taken.rowcount == 1

    def _is_dead(self, holder: str) -> bool:
        """A process of this machine that has ended: nobody need wait for it.

        Machines that share a name but not their process table could take one from another here;
        that costs work twice, nothing else.
        """
        host, pid, _ = holder.rsplit(":", 2)
        if host != socket.gethostname()[:150]:
            return False
        if int(pid) == os.getpid():
            return holder not in _OWN_HOLDERS  # containers restart under the same number
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False
