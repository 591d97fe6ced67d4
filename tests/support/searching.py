"""Searches everything that is kept for planted texts, in whatever form they may stand there."""

import base64
import json
from collections.abc import AsyncIterator, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncEngine


def forms(text: str) -> set[bytes]:
    """The bytes a text may stand as: plain, base64 at any offset, hex, in URLs, in JSON."""
    raw = text.encode()
    escaped = json.dumps(text)[1:-1]
    found = {raw, text.encode("utf-16-le"), text.encode("utf-16-be")}
    found |= {raw.hex().encode(), raw.hex().upper().encode()}
    found |= {quote(text, safe="").encode(), quote_plus(text).encode(), quote(text).encode()}
    found |= {escaped.encode(), escaped.replace("\\u", "\\\\u").encode(), repr(raw)[2:-1].encode()}
    return found | set(_base64(raw))


def _base64(raw: bytes) -> Iterator[bytes]:
    """Without what depends on the bytes around it."""
    for offset in range(3):
        for encoded in (base64.b64encode, base64.urlsafe_b64encode):
            whole = encoded(bytes(offset) + raw)
            first = -(-offset * 8 // 6)
            last = (offset + len(raw)) * 8 // 6
            yield whole[first:last]


class Search:
    """Where any of the planted texts was found; `texts` are told apart in what it says."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._forms = {text: forms(text) for text in texts}

    def found_in(self, place: str, content: bytes) -> list[str]:
        return [
            f"{text!r} in {place}"
            for text, all_forms in self._forms.items()
            if any(form in content for form in all_forms)
        ]

    async def everywhere(self, places: AsyncIterator[tuple[str, bytes]]) -> list[str]:
        return [hit async for place, content in places for hit in self.found_in(place, content)]

    def files(self, folder: Path, *, but: Collection[str] = ()) -> list[str]:
        """In the names and contents of all files below the folder, save those named `but`."""
        return [
            hit
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name not in but
            for hit in self.found_in(str(path), bytes(path) + path.read_bytes())
        ]


async def rows(
    engine: AsyncEngine, *, but: Collection[str] = ()
) -> AsyncIterator[tuple[str, bytes]]:
    """Every row of every table, all columns."""
    async with engine.connect() as connection:
        tables = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        quoted = engine.dialect.identifier_preparer.quote
        for table in sorted(set(tables) - set(but)):
            found = await connection.exec_driver_sql(f"SELECT * FROM {quoted(table)}")  # noqa: S608 - its own name
            for row in found:
                yield table, b"\n".join(as_bytes(value) for value in row)


async def entries(redis: Any) -> AsyncIterator[tuple[str, bytes]]:
    """Every key of the logical database with all that it holds. `redis`, asynchronous, must
    answer bytes."""
    async for key in redis.scan_iter(count=1000):
        kind = (await redis.type(key)).decode()
        yield key.decode(errors="replace"), b"\n".join([key, *await _held(redis, kind, key)])


async def _held(redis: Any, kind: str, key: bytes) -> list[bytes]:
    match kind:
        case "string":
            return [await redis.get(key) or b""]
        case "hash":
            return [part for pair in (await redis.hgetall(key)).items() for part in pair]
        case "list":
            return list(await redis.lrange(key, 0, -1))
        case "set":
            return list(await redis.smembers(key))
        case "zset":
            return list(await redis.zrange(key, 0, -1))
        case "stream":
            return [as_bytes(entry) for entry in await redis.xrange(key)]
        case _:
            return []  # it ran out meanwhile


def as_bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
