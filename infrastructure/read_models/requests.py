"""What operators ask of projections: rebuild, retry, release. The projector carries it out.

Requests are rows, so they survive a restart and reach whichever process does the work.
"""

import time
from collections.abc import Collection
from typing import Literal

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from infrastructure.read_models.schema import REQUESTS, SKIPPED_EVENTS
from infrastructure.read_models.store import Parked
from infrastructure.read_models.upserting import upsert

Kind = Literal["rebuild", "retry"]
ALL_STREAMS = ""


class Request(msgspec.Struct, frozen=True):
    """`stream` is `ALL_STREAMS` for all of them."""

    projection: str
    kind: Kind
    stream: str


class Requests:
    """The requests that are still open, and the events operators have released."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def open(self) -> list[Request]:
        wanted = select(REQUESTS.c.projection, REQUESTS.c.kind, REQUESTS.c.stream)
        async with self._engine.connect() as connection:
            rows = await connection.execute(wanted)
            return [Request(**row._asdict()) for row in rows]

    async def ask(self, request: Request) -> None:
        async with self._engine.begin() as connection:
            await self._ask(connection, request)

    async def done(self, request: Request) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                delete(REQUESTS).where(
                    REQUESTS.c.projection == request.projection,
                    REQUESTS.c.kind == request.kind,
                    REQUESTS.c.stream == request.stream,
                )
            )

    async def skip(self, projection: str, version: int, parked: Parked, actor: str) -> None:
        """Lets code of `version` pass over the event for good, and asks for the rest."""
        skipped = {
            "projection": projection,
            "version": version,
            "position": parked.position,
            "stream": parked.stream,
            "error": parked.error,
            "actor": actor,
            "skipped_us": time.time_ns() // 1000,
        }
        async with self._engine.begin() as connection:
            await upsert(connection, SKIPPED_EVENTS, [skipped])
            await self._ask(connection, Request(projection, "retry", parked.stream))

    async def skipped(self, projection: str, version: int) -> Collection[int]:
        """Positions of the events released."""
        wanted = select(SKIPPED_EVENTS.c.position).where(
            SKIPPED_EVENTS.c.projection == projection, SKIPPED_EVENTS.c.version == version
        )
        async with self._engine.connect() as connection:
            return frozenset((await connection.execute(wanted)).scalars())

    async def _ask(self, connection: AsyncConnection, request: Request) -> None:
        row = {**msgspec.structs.asdict(request), "requested_us": time.time_ns() // 1000}
        await upsert(connection, REQUESTS, [row])
