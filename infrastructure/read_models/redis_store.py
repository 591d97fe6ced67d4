"""Keeps a generation in Redis: views, rankings, parked streams and position change together.

Keys, all with the projection's name as hash tag, below `<prefix>p:{<name>}:`
  active                  token of the generation that serves: `<generation>-<epoch>`
  <token>:mark            `<position>:<revision>`; without it the generation is lost
  <token>:views           hash: key → view as JSON
  <token>:parked          hash: stream → `Parked` as JSON
  <token>:ranking:<name>  sorted set of keys; <token>:rankings names them
"""

from collections.abc import Collection, Mapping
from math import isnan
from typing import Any, Generic, TypeVar

import msgspec
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import WatchError

from infrastructure.read_models.generations import Generation, Generations
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


def keys_below(prefix: str, name: str) -> str:
    """What every key of a projection begins with; one hash tag, so one cluster slot."""
    return f"{prefix}p:{{{name}}}:"


def mark_of(stored: bytes) -> Mark:
    position, _, revision = stored.partition(b":")
    return Mark(int(position), int(revision))


def bytes_of(answer: bytes | str) -> bytes:
    """Our clients answer bytes; redis-py's types cannot say so."""
    return answer if isinstance(answer, bytes) else answer.encode()


class _Writes(msgspec.Struct, frozen=True):
    """A change in Redis's terms. Rankings: name → member → score, name → members to remove."""

    views: dict[Any, Any]
    removed: list[str]
    ranked: dict[str, dict[str, float]]
    unranked: dict[str, list[str]]


class RedisStore(Generic[V]):
    """One generation of a `RedisProjection`.

    A commit watches the mark: a crash, a second writer or a flush leaves all of it or nothing.
    `redis` must answer bytes (`decode_responses=False`), the instance must evict nothing.
    """

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
        self._named: set[str] = set()

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

    async def commit(self, change: Change[V]) -> Mark:
        writes = self._writes(change)
        try:
            async with self._redis.pipeline(transaction=True) as pipe:
                await pipe.watch(self._mark)
                self._check(await pipe.get(self._mark), change.before)
                pipe.multi()  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
                pipe.set(self._mark, f"{change.after.position}:{change.after.revision}")
                self._queue(pipe, writes)
                self._queue_parked(pipe, change)
                await pipe.execute()
        except WatchError:
            raise Overtaken from None
        self._named.update(writes.ranked)
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
        others = [f"{self._own}{part}" for part in ("views", "parked", "rankings")]
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

    def _check(self, stored: bytes | str | None, expected: Mark) -> None:
        if stored is None:
            raise GenerationGone
        if mark_of(bytes_of(stored)) != expected:
            raise Overtaken

    def _writes(self, change: Change[V]) -> _Writes:
        writes = _Writes({}, [], {}, {})
        try:
            for key, touched in change.views.items():
                before, after = self._ranks(touched.before), self._ranks(touched.after)
                for name in before.keys() - after.keys():
                    writes.unranked.setdefault(name, []).append(key)
                for name, score in after.items():
                    if before.get(name) != score:
                        writes.ranked.setdefault(name, {})[key] = score
                if touched.after is None:
                    writes.removed.append(key)
                else:
                    writes.views[key] = _encode(touched.after)
        except Exception as error:
            raise Unwritable from error
        return writes

    def _ranks(self, view: V | None) -> Mapping[str, float]:
        if view is None:
            return {}
        ranks = {name: float(score) for name, score in self._projection.rankings(view).items()}
        if any(isnan(score) for score in ranks.values()):
            # Redis would refuse it in the middle of the transaction, which it does not undo.
            raise ValueError("a score is not a number")
        return ranks

    def _queue(self, pipe: "Pipeline", writes: _Writes) -> None:
        if writes.views:
            pipe.hset(self._views, mapping=writes.views)
        if writes.removed:
            pipe.hdel(self._views, *writes.removed)
        for name, members in writes.unranked.items():
            pipe.zrem(f"{self._own}ranking:{name}", *members)
        for name, scores in writes.ranked.items():
            pipe.zadd(f"{self._own}ranking:{name}", scores)
        if new := writes.ranked.keys() - self._named:
            pipe.sadd(f"{self._own}rankings", *new)

    def _queue_parked(self, pipe: "Pipeline", change: Change[Any]) -> None:
        if change.unparked:
            pipe.hdel(f"{self._own}parked", *change.unparked)
        if change.parked:
            stored: dict[Any, Any] = {each.stream: _encode(each) for each in change.parked}
            pipe.hset(f"{self._own}parked", mapping=stored)
