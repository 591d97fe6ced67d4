"""What operators see of projections, and ask of them."""

from collections.abc import Sequence
from typing import Any, Literal

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from application.ports import EventLog
from domain.identity.events import PersonalDataErased
from infrastructure.read_models.generations import Generation, Generations
from infrastructure.read_models.requests import ALL_STREAMS, Request, Requests
from infrastructure.read_models.status import ProjectionStatus, lag
from infrastructure.read_models.store import GenerationGone, Parked, Standing
from infrastructure.read_models.stores import Stores
from projections.projection import Projection, RedisProjection


class UnknownProjection(Exception):
    """There is no projection of this name."""


class NotParked(Exception):
    """The projection has not set this stream aside."""


class ErasureNotReleasable(Exception):
    """The stream is parked at somebody's erasure. Given up, it would leave the person in the views
    with nothing parked to tell of it."""

    def __init__(self, stream: str) -> None:
        super().__init__(f"{stream} is parked at an erasure: retry it, or rebuild the projection")


class ProjectionControl:
    """Status at once; rebuilds and retries are asked for here and done by the projector.

    Every method that takes a name raises `UnknownProjection`.
    """

    def __init__(
        self,
        projections: Sequence[Projection[Any]],
        *,
        log: EventLog,
        engine: AsyncEngine,
        redis: "Redis",
        prefix: str = "live:",
    ) -> None:
        self._projections = {each.name: each for each in projections}
        self._log = log
        self._stores = Stores(engine, redis, prefix)
        self._generations = Generations(engine)
        self._requests = Requests(engine)

    async def status(self) -> list[ProjectionStatus]:
        """Every generation there is, by projection, newest first."""
        head = await self._log.head()
        found = await self._generations.of(self._projections)
        statuses = []
        for projection in self._projections.values():
            own = [each for each in found if each.name == projection.name]
            statuses += [await self._status(projection, each, head) for each in own]
            if not own:
                statuses.append(await self._status(projection, None, head))
        return statuses

    async def parked(self, name: str) -> list[Parked]:
        """The streams the serving generation has set aside, or else the one being built; first
        the one that is longest behind."""
        standing = await self._serving(self._known(name))
        return sorted(standing.parked.values(), key=lambda each: each.position) if standing else []

    async def rebuild(self, name: str) -> None:
        """Asks for a new generation, filled from the start, to take the place of the old."""
        await self._requests.ask(Request(self._known(name).name, "rebuild", ""))

    async def retry(self, name: str, stream: str | None = None) -> None:
        """Asks to fold parked streams again, from their first parked events.

        Raises `NotParked`. A stream that fails again stays parked, with one attempt more.
        """
        projection = self._known(name)
        if stream is not None:
            await self._parked(projection, stream)
        await self._requests.ask(Request(projection.name, "retry", stream or ALL_STREAMS))

    async def release(self, name: str, stream: str, *, actor: str) -> None:
        """Gives up the stream's first parked event for this version of the projection, and asks
        for the rest of the stream to be folded. Who did it is kept.

        Raises `NotParked` and `ErasureNotReleasable`.
        """
        projection = self._known(name)
        parked = await self._parked(projection, stream)
        if parked.type == PersonalDataErased.tag:
            raise ErasureNotReleasable(stream)
        await self._requests.skip(projection.name, projection.version, parked, actor)

    async def pending(self, name: str) -> list[Request]:
        """What has been asked for and is not done yet."""
        return [each for each in await self._requests.open() if each.projection == name]

    async def _status(
        self, projection: Projection[Any], generation: Generation | None, head: int
    ) -> ProjectionStatus:
        standing = await self._standing(projection, generation) if generation else None
        position = standing.mark.position if standing else 0
        behind = await lag(self._log, head, position)
        state: Any = generation.state if generation else "missing"
        if generation is not None and generation.is_live and standing is None:
            state = "lost"
        return ProjectionStatus(
            name=projection.name,
            store=_kind(projection),
            version=generation.version if generation else projection.version,
            generation=generation.generation if generation else 0,
            state=state,
            position=position,
            lag_events=behind.events,
            lag_seconds=behind.seconds,
            parked_streams=len(standing.parked) if standing else 0,
        )

    async def _serving(self, projection: Projection[Any]) -> Standing | None:
        found = await self._generations.of([projection.name])
        by_state = {each.state: each for each in reversed(found)}
        chosen = by_state.get("active") or by_state.get("building")
        return await self._standing(projection, chosen) if chosen else None

    async def _standing(
        self, projection: Projection[Any], generation: Generation
    ) -> Standing | None:
        try:
            return await self._stores.of(projection, generation).open()
        except GenerationGone:
            return None

    async def _parked(self, projection: Projection[Any], stream: str) -> Parked:
        standing = await self._serving(projection)
        if standing is None or stream not in standing.parked:
            raise NotParked(stream)
        return standing.parked[stream]

    def _known(self, name: str) -> Projection[Any]:
        if name not in self._projections:
            raise UnknownProjection(name)
        return self._projections[name]


def _kind(projection: Projection[Any]) -> Literal["sql", "redis"]:
    return "redis" if isinstance(projection, RedisProjection) else "sql"
