"""A small world to project: a log that tests append to, and projections of both kinds."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import uuid4

import msgspec
from cryptography.fernet import Fernet, MultiFernet
from redis.asyncio import Redis
from sqlalchemy import Column, Integer, String, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.identity.events import PersonalDataErased
from domain.shared import Event, Recorded
from infrastructure.database import METADATA, create_engine
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.keyring import Keyring
from infrastructure.event_store.log import SqlEventLog
from infrastructure.event_store.schema import LOG
from infrastructure.event_store.signal import LogSignal
from infrastructure.read_models.control import ProjectionControl
from infrastructure.read_models.projector import Projector
from infrastructure.read_models.read_models import ReadModels
from projections.projection import (
    Projection,
    ProjectionBehind,
    RedisProjection,
    TableProjection,
)
from tests.support.eventually import eventually


class Scored(Event, frozen=True, kw_only=True):
    """A player made points; `note` may be poisonous."""

    tag: ClassVar[str] = "testing.Scored"
    player: str
    points: int
    note: str = ""


class Left(Event, frozen=True, kw_only=True):
    """A player is gone."""

    tag: ClassVar[str] = "testing.Left"
    player: str


class Signed(Event, frozen=True, kw_only=True):
    """Somebody wrote their name into a guest book."""

    tag: ClassVar[str] = "testing.Signed"
    book: str
    person: str
    name: str


class Noise(Event, frozen=True, kw_only=True):
    """Of no interest to any projection."""

    tag: ClassVar[str] = "testing.Noise"


EVENTS: tuple[type[Event], ...] = (Scored, Left, Signed, Noise, PersonalDataErased)


class Score(msgspec.Struct, frozen=True, kw_only=True):
    player: str
    points: int
    events: int
    history: tuple[int, ...] = ()


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """Whose names stand in a guest book, by person. One that loses its last is thrown away."""

    names: dict[str, str]


POISON = "poison"
_cured: set[str] = set()


def cure(note: str) -> None:
    """From now on the fold takes events with this note, as if its fault were corrected."""
    _cured.add(note)


def player(recorded: Recorded) -> str | None:
    event = recorded.event
    return event.player if isinstance(event, Scored | Left) else None


def tally(view: Score | None, recorded: Recorded) -> Score | None:
    match recorded.event:
        case Scored(player=name, points=points, note=note):
            if note.startswith(POISON) and note not in _cured:
                raise ValueError(f"cannot take '{note}'")
            before = view or Score(player=name, points=0, events=0)
            return Score(
                player=name,
                points=before.points + points,
                events=before.events + 1,
                history=(*before.history, recorded.position)[-50:],
            )
        case _:
            return None


def sign(view: Book | None, recorded: Recorded) -> Book:
    event = recorded.event
    assert isinstance(event, Signed)
    if event.name.startswith(POISON) and event.name not in _cured:
        raise ValueError(f"cannot read {event.name}")
    names = {} if view is None else view.names
    return Book(names={**names, event.person: event.name})


def tear_out(view: Book, person: str) -> Book | None:
    names = {each: name for each, name in view.names.items() if each != person}
    return Book(names=names) if names else None


_BOOKS: dict[str, Any] = {
    "version": 1,
    "view": Book,
    "types": frozenset({Signed.tag}),
    "key": lambda recorded: recorded.event.book,
    "fold": sign,
    "persons": lambda view: view.names.keys(),
    "forget": tear_out,
}


def table_books(**changes: Any) -> TableProjection[Book]:
    return TableProjection(name="books", **_BOOKS | changes)


def redis_books(**changes: Any) -> RedisProjection[Book]:
    size = {"rankings": lambda view: {"size": len(view.names)}}
    return RedisProjection(name="shelf", **_BOOKS | size | changes)


def table_scores(name: str = "scores", version: int = 1) -> TableProjection[Score]:
    return TableProjection(
        name=name,
        version=version,
        view=Score,
        types=frozenset({Scored.tag, Left.tag}),
        key=player,
        fold=tally,
        columns=(
            Column("points", Integer, nullable=False, index=True),
            Column("title", String(40)),
        ),
        row=lambda view: {"points": view.points, "title": f"player {view.player}"},
    )


def redis_scores(name: str = "ranks", version: int = 1) -> RedisProjection[Score]:
    return RedisProjection(
        name=name,
        version=version,
        view=Score,
        types=frozenset({Scored.tag, Left.tag}),
        key=player,
        fold=tally,
        rankings=lambda view: (
            {"points": view.points} if view.points >= 0 else {"debt": view.points}
        ),
    )


@dataclass
class World:
    """A log in a database, and Redis; `append` is what a sequencer would do, but simpler."""

    engine: AsyncEngine
    redis: "Redis"
    prefix: str
    log: SqlEventLog
    signal: LogSignal
    versions: dict[str, int]

    async def append(self, *events: tuple[str, Event]) -> int:
        """Appends (stream, event) pairs in one transaction; the position reached."""
        async with self.engine.begin() as connection:
            locked = select(LOG.log_head.c.position).with_for_update()
            if self.engine.dialect.name == "sqlite":
                await connection.execute(update(LOG.log_head).values(id=1))
            before = int((await connection.execute(locked)).scalar_one())
            rows = [
                self._row(before + number, stream, event)
                for number, (stream, event) in enumerate(events, start=1)
            ]
            await connection.execute(insert(LOG.events), rows)
            await connection.execute(update(LOG.log_head).values(position=before + len(rows)))
        self.signal.notify(before + len(rows))
        return before + len(rows)

    async def score(self, name: str, points: int = 1, note: str = "") -> int:
        return await self.append((f"player-{name}", Scored(player=name, points=points, note=note)))

    async def sign(self, book: str, person: str, name: str) -> int:
        return await self.append((f"book-{book}", Signed(book=book, person=person, name=name)))

    async def erase(self, person: str) -> int:
        erased = PersonalDataErased(user_id=person, subject_key_id=person, method="test")
        return await self.append((f"account-{person}", erased))

    async def corrupt(self, name: str) -> int:
        """Appends an event whose payload does not fit its type."""
        position = await self.score(name)
        async with self.engine.begin() as connection:
            await connection.execute(
                update(LOG.events).where(LOG.events.c.position == position).values(payload=b"{}")
            )
        return position

    def _row(self, position: int, stream: str, event: Event) -> dict[str, Any]:
        self.versions[stream] = version = self.versions.get(stream, 0) + 1
        return {
            "position": position,
            "stream": stream,
            "version": version,
            "type": event.tag,
            "schema_version": 1,
            "payload": msgspec.json.encode(event),
            "recorded_us": time.time_ns() // 1000,
            "event_id": str(uuid4()),
            "command_id": str(uuid4()),
            "correlation_id": "test",
            "causation_id": None,
            "actor": "system:test",
            "trace_id": None,
            "hash": bytes(32),
        }

    def projector(self, *projections: Projection[Any]) -> Projector:
        return Projector(
            projections, log=self.log, engine=self.engine, redis=self.redis, prefix=self.prefix
        )

    def views(self) -> ReadModels:
        return ReadModels(self.engine, self.redis, prefix=self.prefix)

    def control(self, *projections: Projection[Any]) -> ProjectionControl:
        return ProjectionControl(
            projections, log=self.log, engine=self.engine, redis=self.redis, prefix=self.prefix
        )

    @asynccontextmanager
    async def projecting(self, *projections: Projection[Any]) -> AsyncIterator[ReadModels]:
        """A projector at work, and views of what it makes."""
        async with running(self.projector(*projections)), self.views() as views:
            yield views

    async def everything(self, views: ReadModels, projection: Projection[Any]) -> dict[str, Any]:
        """All views by key, once the projection has reached the end of the log."""
        await caught_up(views, projection, await self.log.head())
        if isinstance(projection, TableProjection):
            seen = await views.select(projection, lambda table: select(table.c.view))
            return {view.player: view for view in seen.value}
        assert isinstance(projection, RedisProjection)
        found: list[Any] = []
        for ranking in ("points", "debt"):
            found += (await views.ranked(projection, ranking, limit=5000)).value
        return {view.player: view for view in found}


async def caught_up(views: ReadModels, projection: Projection[Any], position: int) -> None:
    """Waits until `projection` serves and stands at `position`, or fails in the end."""

    async def serves() -> bool:
        try:
            return (await views.get(projection, "-")).position >= position
        except ProjectionBehind:
            return False

    await until(serves, timeout=30)


async def until(check: Callable[[], Awaitable[bool]], *, timeout: float = 10) -> None:
    """`eventually`, for checks that answer yes or no."""
    await eventually(check, timeout=timeout)


@asynccontextmanager
async def running(*projectors: Projector) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(projector.run()) for projector in projectors]
    try:
        yield
    finally:
        await asyncio.gather(*(projector.stop() for projector in projectors))
        await asyncio.gather(*tasks)


@asynccontextmanager
async def world(
    database_url: str, redis_url: str, prefix: str, *, create: bool = True
) -> AsyncIterator[World]:
    """`create` makes the tables and the head; without it, a world that exists is opened."""
    engine = create_engine(database_url)
    redis = Redis.from_url(redis_url)
    signal = LogSignal(redis, prefix=prefix)
    codec = EventCodec(
        [Scored, Left, Signed, Noise, PersonalDataErased], Keyring(engine, _master())
    )
    log = SqlEventLog(engine, codec, signal)
    await signal.start()
    try:
        if create:
            await _create(engine)
        yield World(engine, redis, prefix, log, signal, {})
    finally:
        await signal.stop()
        await redis.aclose()
        await engine.dispose()


async def _create(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
        head = {"id": 1, "position": 0, "hash": bytes(32), "recorded_us": 0}
        await connection.execute(insert(LOG.log_head).values(head))


def _master() -> MultiFernet:
    return MultiFernet([Fernet(Fernet.generate_key())])


def players(*names: str) -> Sequence[tuple[str, Event]]:
    return [(f"player-{name}", Scored(player=name, points=1)) for name in names]
