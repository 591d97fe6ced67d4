"""Keeps a generation in Redis: views, rankings, parked streams and position change together.

Keys, all with the projection's name as hash tag, below `<prefix>p:{<name>}:`
  active                  token of the generation that serves: `<generation>-<epoch>`
  <token>:mark            `<position>:<revision>`; without it the generation is lost
  <token>:views           hash: key → view as JSON
  <token>:parked          hash: stream → `Parked` as JSON
  <token>:ranking:<name>  sorted set of keys; <token>:rankings names them
  <token>:persons         sorted set of `<person>\\0<key>`: whose data stands in which view
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from math import isfinite
from typing import Generic, TypeVar

import msgspec
from redis.asyncio import Redis

from infrastructure.read_models.generations import Generation, Generations
from infrastructure.read_models.persons import Entry, index_change
from infrastructure.read_models.store import (
    Change,
    GenerationGone,
    Mark,
    Overtaken,
    Parked,
    Standing,
    Unwritable,
)
from projections.projection import RedisProjection

V = TypeVar("V", bound=msgspec.Struct)

_KEYS_A_COMMAND = 1000
_VIEWS_AT_A_TIME = 500
_encode = msgspec.json.Encoder().encode
_decode_parked = msgspec.json.Decoder(Parked).decode

# KEYS: active, the candidate's mark, the serving generation's. ARGV: the candidate's token.
# Unless the serving generation is further, lets the candidate serve. -1: the candidate is gone.
# Without its mark the old one can commit, and announce, no more.
_ACTIVATE = """
local mark = redis.call('GET', KEYS[2])
if not mark then return -1 end
local served = redis.call('GET', KEYS[3])
local position = function(text) return tonumber(string.match(text, '^%d+')) end
if served and position(served) > position(mark) then return 0 end
if KEYS[3] ~= KEYS[2] then redis.call('DEL', KEYS[3]) end
redis.call('SET', KEYS[1], ARGV[1])
return 1
"""

# KEYS: what the generation's keys begin with. ARGV: the mark expected, the mark after, `_Aside`
# as JSON, then key, view, key, view … 1: done, 0: the mark is another, -1: there is none.
# A script, since its effects come all or not at all, in one round trip, and since naming some
# ten commands per view one by one would take longer than all the rest of a rebuild.
_COMMIT = """
local own = KEYS[1]
local mark = redis.call('GET', own .. 'mark')
if not mark then return -1 end
if mark ~= ARGV[1] then return 0 end
local call = function(command, key, list, first)
  for at = first, #list, 1000 do
    redis.call(command, own .. key, unpack(list, at, math.min(at + 999, #list)))
  end
end
redis.call('SET', own .. 'mark', ARGV[2])
call('HSET', 'views', ARGV, 4)
local aside = cjson.decode(ARGV[3])
call('HDEL', 'views', aside.removed, 1)
call('HDEL', 'parked', aside.unparked, 1)
call('HSET', 'parked', aside.parked, 1)
call('ZREM', 'persons', aside.unlisted, 1)
call('ZADD', 'persons', aside.listed, 1)
for name, members in pairs(aside.unranked) do call('ZREM', 'ranking:' .. name, members, 1) end
for _, alike in ipairs(aside.ranked) do
  for _, name in ipairs(alike[1]) do call('ZADD', 'ranking:' .. name, alike[2], 1) end
  call('SADD', 'rankings', alike[1], 1)
end
return 1
"""


def keys_below(prefix: str, name: str) -> str:
    """What every key of a projection begins with; one hash tag, so one cluster slot."""
    return f"{prefix}p:{{{name}}}:"


def _text(mark: Mark) -> str:
    return f"{mark.position}:{mark.revision}"


def mark_of(stored: bytes) -> Mark:
    position, _, revision = stored.partition(b":")
    return Mark(int(position), int(revision))


def bytes_of(answer: bytes | str) -> bytes:
    """Our clients answer bytes; redis-py's types cannot say so."""
    return answer if isinstance(answer, bytes) else answer.encode()


def _json(parked: Parked) -> str:
    return _encode(parked).decode()


def _member(entry: Entry) -> str:
    return f"{entry.person}\0{entry.key}"


_Names = tuple[str, ...]


class _Aside(msgspec.Struct, frozen=True):
    """What a commit changes beside the views. `ranked`: names, and what all of those get: score,
    key, score, key …; `unranked`: name → keys; `parked`: stream, `Parked` as JSON …; `listed`: 0,
    person and key …"""

    removed: list[str]
    ranked: list[tuple[_Names, list[str]]]
    unranked: dict[str, list[str]]
    parked: list[str]
    unparked: Sequence[str]
    listed: list[str]
    unlisted: list[str]


class RedisStore(Generic[V]):
    """One generation of a `RedisProjection`.

    A commit checks the mark: a crash, a second writer or a flush leaves all of it or nothing.
    `redis` must answer bytes (`decode_responses=False`), the instance must evict nothing.
    """

    batch_views = 2000  # Redis serves nobody else while it applies them

    def __init__(
        self,
        redis: "Redis",
        prefix: str,
        projection: RedisProjection[V],
        generation: Generation,
        generations: Generations,
    ) -> None:
        self._redis = redis
        self._projection = projection
        self._generation = generation
        self._generations = generations
        self._below = keys_below(prefix, projection.name)
        self._own = f"{self._below}{generation.token}:"
        self._mark = f"{self._own}mark"
        self._views = f"{self._own}views"
        self._apply = redis.register_script(_COMMIT)

    async def create(self) -> None:
        await self._redis.set(self._mark, b"0:0")

    async def open(self) -> Standing:
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.get(self._mark)
            pipe.hvals(f"{self._own}parked")
            mark, parked = await pipe.execute()
        if mark is None:
            raise GenerationGone
        streams = [_decode_parked(stored) for stored in parked]
        return Standing(mark_of(mark), {each.stream: each for each in streams})

    async def load(self, keys: Collection[str]) -> dict[str, bytes]:
        wanted, found = list(keys), dict[str, bytes]()
        for start in range(0, len(wanted), _KEYS_A_COMMAND):
            some = wanted[start : start + _KEYS_A_COMMAND]
            views = await self._redis.hmget(self._views, some)
            found.update(
                (key, bytes_of(view)) for key, view in zip(some, views, strict=True) if view
            )
        return found

    async def holding(self, persons: Collection[str]) -> dict[str, set[str]]:
        listed, held = f"{self._own}persons", dict[str, set[str]]()
        for person in persons:
            first, beyond = f"[{_member(Entry(person, ''))}", f"({person}\x01"
            members = await self._redis.zrangebylex(listed, first, beyond)
            if members:
                held[person] = {bytes_of(each).decode().partition("\0")[2] for each in members}
        return held

    async def commit(self, change: Change[V]) -> Mark:
        try:
            views, aside = await self._writes(change)
        except Exception as error:
            raise Unwritable from error
        marks = [_text(change.before), _text(change.after)]
        outcome = await self._apply(keys=[self._own], args=[*marks, _encode(aside), *views])
        if outcome == -1:
            raise GenerationGone
        if outcome == 0:
            raise Overtaken
        return change.after

    async def probe(self) -> None:
        if not await self._redis.exists(self._mark):
            raise GenerationGone

    async def activate(self) -> bool:
        """The pointer in Redis is what readers follow; the register comes after and may be
        behind it until this is repeated."""
        serving = await self._serving_mark()
        keys = [f"{self._below}active", self._mark, serving]
        outcome = await self._redis.eval(_ACTIVATE, len(keys), *keys, self._generation.token)
        if outcome == -1:
            raise GenerationGone
        return bool(outcome) and await self._generations.activate(self._generation)

    async def drop(self) -> None:
        named = await self._redis.smembers(f"{self._own}rankings")
        rankings = [f"{self._own}ranking:{bytes_of(name).decode()}" for name in named]
        others = [f"{self._own}{part}" for part in ("views", "parked", "rankings", "persons")]
        await self._redis.unlink(self._mark, *others, *rankings)
        await self._unserve_unknown()

    async def _serving_mark(self) -> str:
        token = await self._redis.get(f"{self._below}active")
        serving = bytes_of(token).decode() if token and await self._is_live(token) else None
        return f"{self._below}{serving or self._generation.token}:mark"

    async def _unserve_unknown(self) -> None:
        """A Redis that came back from an old copy may point to a generation long gone."""
        pointer = f"{self._below}active"
        token = await self._redis.get(pointer)
        if token and not await self._is_live(token):
            await self._redis.delete(pointer)

    async def _is_live(self, token: bytes | str) -> bool:
        known = await self._generations.of([self._projection.name])
        return any(each.is_live and each.token == bytes_of(token).decode() for each in known)

    async def _writes(self, change: Change[V]) -> tuple[list[str | bytes], _Aside]:
        """Views as key, JSON, key, JSON …, and the rest."""
        views: list[str | bytes] = []
        removed: list[str] = []
        ranks = _Ranks()
        for number, (key, touched) in enumerate(change.views.items(), start=1):
            ranks.move(key, self._ranks(touched.before), self._ranks(touched.after))
            if touched.after is None:
                removed.append(key)
            else:
                views += (key, _encode(touched.after))
            if number % _VIEWS_AT_A_TIME == 0:
                await asyncio.sleep(0)  # others get their turn in between
        index = index_change(self._projection, change)
        return views, _Aside(
            removed=removed,
            ranked=list(ranks.ranked.items()),
            unranked=ranks.unranked,
            parked=[text for each in change.parked for text in (each.stream, _json(each))],
            unparked=change.unparked,
            listed=[text for entry in index.added for text in ("0", _member(entry))],
            unlisted=[_member(entry) for entry in index.removed],
        )

    def _ranks(self, view: V | None) -> Mapping[str, float]:
        return {} if view is None else self._projection.rankings(view)


class _Ranks:
    """Collects how keys move in rankings. Most views have one score in all of theirs, and views
    of a kind stand in the same ones: they are named once for all of them."""

    def __init__(self) -> None:
        self.ranked: dict[_Names, list[str]] = {}
        self.unranked: dict[str, list[str]] = {}

    def move(self, key: str, before: Mapping[str, float], after: Mapping[str, float]) -> None:
        for name in before.keys() - after.keys():
            self.unranked.setdefault(name, []).append(key)
        if before:
            after = {name: score for name, score in after.items() if before.get(name) != score}
        for score in {*after.values()}:
            # Redis would refuse any other in the middle of the script, and undo nothing.
            if not isfinite(score):
                raise ValueError("a score is not a finite number")
            names = tuple(name for name, its in after.items() if its == score)
            self.ranked.setdefault(names, []).extend((repr(score), key))
